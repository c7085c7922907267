"""Which algorithms could not be relied on (ETSI TS 119 102-2, CryptoInformation; EN 319 102-1 table
6)."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from signing.formats.validation_objects import OUR_ALGORITHM, VR, digest_uri
from signing.formats.xades.parsing import Element
from signing.formats.xades.writing import add, xml_time
from signing.rules.algorithms import NEVER, Algorithm, Suites

_W3: Final = "http://www.w3.org/"
_MORE: Final = f"{_W3}2001/04/xmldsig-more#"
_FIRST: Final = f"{_W3}2000/09/xmldsig#"
_HASHES: Final = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
_KEYS: Final = {"rsa": "rsa", "ec": "ecdsa"}


def tell(
    status: Element, used: Iterable[tuple[str, Algorithm | str]], suites: Suites, at: int
) -> None:
    """Those of `used` (by the XML id of what was made with each) that a policy does not accept any
    more at that moment, and until when it did."""
    for made, algorithm in dict.fromkeys(used):
        if isinstance(algorithm, Algorithm):
            until = suites.until(algorithm)
        else:
            until = suites.hash_until(algorithm)
        if at < until:
            continue
        data = add(status, VR, "AssociatedValidationReportData")
        told = add(data, VR, "CryptoInformation")
        add(told, VR, "ValidationObjectId", VOReference=made)
        add(told, VR, "Algorithm", uri(algorithm))
        parameters = add(told, VR, "AlgorithmParameters")
        add(parameters, VR, "Type", OUR_ALGORITHM)
        add(parameters, VR, "Value", str(algorithm))
        add(told, VR, "SecureAlgorithm", "false")
        if until != NEVER:
            add(told, VR, "NotAfter", xml_time(until))


def uri(algorithm: Algorithm | str) -> str:
    """As XML signatures name it (RFC 9231), or else by a name of ours."""
    if isinstance(algorithm, str):
        return digest_uri(algorithm)
    key, hashed = _KEYS.get(algorithm.key), algorithm.hash
    if key is None or hashed is None or hashed not in _HASHES:
        return f"{OUR_ALGORITHM}:{quote(str(algorithm).replace(' ', '-'))}"
    return f"{_FIRST if (key, hashed) == ('rsa', 'sha1') else _MORE}{key}-{hashed}"
