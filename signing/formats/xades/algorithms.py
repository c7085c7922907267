"""XML Signature's names of algorithms (RFC 9231), in X.509's."""

from typing import Final

from asn1crypto import algos

from keys import der
from signing.formats.xades.parsing import Malformed

_DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_DS_11: Final = "http://www.w3.org/2009/xmldsig11#"
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021: Final = "http://www.w3.org/2021/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"

_SHA3: Final = ("sha3_224", "sha3_256", "sha3_384", "sha3_512")

DIGESTS: Final = {
    f"{_DS}sha1": "sha1",
    f"{_MORE}md5": "md5",
    f"{_MORE}sha224": "sha224",
    f"{_ENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_ENC}sha512": "sha512",
    f"{_ENC}ripemd160": "ripemd160",
    **{f"{_MORE_2007}{name.replace('_', '-')}": name for name in _SHA3},
}

_HASHES: Final = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha3_224": "2.16.840.1.101.3.4.2.7",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "sha3_384": "2.16.840.1.101.3.4.2.9",
    "sha3_512": "2.16.840.1.101.3.4.2.10",
}
_BYTES: Final = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}

_RSA: Final = {
    f"{_DS}rsa-sha1": "1.2.840.113549.1.1.5",
    f"{_MORE}rsa-md5": "1.2.840.113549.1.1.4",
    f"{_MORE}rsa-sha224": "1.2.840.113549.1.1.14",
    f"{_MORE}rsa-sha256": "1.2.840.113549.1.1.11",
    f"{_MORE}rsa-sha384": "1.2.840.113549.1.1.12",
    f"{_MORE}rsa-sha512": "1.2.840.113549.1.1.13",
    f"{_MORE}rsa-ripemd160": "1.3.36.3.3.1.2",
    f"{_MORE.removesuffix('#')}/rsa-ripemd160": "1.3.36.3.3.1.2",  # as in RFC 4051
}
_PSS: Final = {f"{_MORE_2007}{name.replace('_', '-')}-rsa-MGF1": name for name in _HASHES}
_TWO_NUMBERS: Final = {
    f"{_DS}dsa-sha1": "1.2.840.10040.4.3",
    f"{_DS_11}dsa-sha256": "2.16.840.1.101.3.4.3.2",
    f"{_MORE}ecdsa-sha1": "1.2.840.10045.4.1",
    f"{_MORE}ecdsa-sha224": "1.2.840.10045.4.3.1",
    f"{_MORE}ecdsa-sha256": "1.2.840.10045.4.3.2",
    f"{_MORE}ecdsa-sha384": "1.2.840.10045.4.3.3",
    f"{_MORE}ecdsa-sha512": "1.2.840.10045.4.3.4",
    **{
        f"{_MORE_2021}ecdsa-{name.replace('_', '-')}": f"2.16.840.1.101.3.4.3.{last}"
        for last, name in enumerate(_SHA3, start=9)
    },
}
"""Whose values are two numbers, side by side."""

_ITSELF: Final = {
    f"{_MORE_2021}eddsa-ed25519": "1.3.101.112",
    f"{_MORE_2021}eddsa-ed448": "1.3.101.113",
}


class Unknown(Malformed):
    """An algorithm that nobody here can compute."""


def needs_secret(name: str) -> bool:
    """Whether only those can verify it who could also have made it."""
    return "#hmac-" in name


def signature_algorithm(name: str, value: bytes) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    """The algorithm and the signature value in X.509's terms; raises Malformed, or Unknown, as for
    all that need a shared secret."""
    if name in _RSA:
        return _loaded(der.sequence(der.oid(_RSA[name]), der.NULL)), value
    if name in _PSS:
        return _loaded(_pss(_PSS[name])), value
    if name in _ITSELF:
        return _loaded(der.sequence(der.oid(_ITSELF[name]))), value
    if name not in _TWO_NUMBERS:
        raise Unknown(f"signed by {name}")
    algorithm = _loaded(der.sequence(der.oid(_TWO_NUMBERS[name])))
    half, odd = divmod(len(value), 2)
    if odd:  # it is no such value, and verifies nothing
        return algorithm, der.octet_string(value)
    numbers = (int.from_bytes(part) for part in (value[:half], value[half:]))
    return algorithm, der.sequence(*map(der.integer, numbers))


def digest_name(uri: str | None) -> str:
    """The hash function by its URI, which is its name where it isn't known; raises Malformed."""
    if not uri:
        raise Malformed("a digest by nobody knows what")
    return DIGESTS.get(uri, uri)


def _pss(name: str) -> bytes:
    """RFC 9231 §2.3.9: the salt is as long as the hash."""
    size = _BYTES.get(name) or int(name.rpartition("_")[2]) // 8
    return der.rsassa_pss(_HASHES[name], size)


def _loaded(encoded: bytes) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm.load(encoded)
