"""Which algorithms could not be relied on (ETSI TS 119 102-2 §4.3.12, EN 319 102-1 table 6)."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from signing.formats.validation_objects import VR
from signing.formats.xades.parsing import Element
from signing.formats.xades.writing import add, xml_time
from signing.rules.algorithms import NEVER, Algorithm, Suites

_W3: Final = "http://www.w3.org/"
_MORE: Final = f"{_W3}2001/04/xmldsig-more#"
_FIRST: Final = f"{_W3}2000/09/xmldsig#"
_HASHES: Final = {
    "md5": f"{_MORE}md5",
    "sha1": f"{_FIRST}sha1",
    "sha224": f"{_MORE}sha224",
    "sha256": f"{_W3}2001/04/xmlenc#sha256",
    "sha384": f"{_MORE}sha384",
    "sha512": f"{_W3}2001/04/xmlenc#sha512",
}
_KEYS: Final = {"rsa": "rsa", "ec": "ecdsa"}
_OURS: Final = "urn:x-tra:algorithm"


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
        add(parameters, VR, "Type", _OURS)
        add(parameters, VR, "Value", str(algorithm))
        add(told, VR, "SecureAlgorithm", "false")
        if until != NEVER:
            add(told, VR, "NotAfter", xml_time(until))


def uri(algorithm: Algorithm | str) -> str:
    """As XML signatures name it (RFC 9231), or else by a name of ours."""
    if isinstance(algorithm, str):
        return _HASHES.get(algorithm, f"{_OURS}:{quote(algorithm)}")
    key, hashed = _KEYS.get(algorithm.key), algorithm.hash
    if key is None or hashed is None or hashed not in _HASHES:
        return f"{_OURS}:{quote(str(algorithm).replace(' ', '-'))}"
    return f"{_FIRST if (key, hashed) == ('rsa', 'sha1') else _MORE}{key}-{hashed}"
