"""Signature values, verified. Keys and algorithms are taken as they occur in the field, also where
their encoding is not what it should be: whether they are good enough, a policy says."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from asn1crypto import algos, core, keys, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)

from keys import der
from signing.formats import certificates
from signing.rules.evidence import Digest

_KEPT: Final = 1_024

_RSA: Final = "1.2.840.113549.1.1"
_NIST: Final = "2.16.840.1.101.3.4"
_PLAIN: Final = "0.4.0.127.0.7.1.1.4.1"  # BSI TR-03111 §5.2.1: r and s, side by side

_DIGESTS: Final = {
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "1.3.36.3.2.1": "ripemd160",
    **{
        f"{_NIST}.2.{last}": name
        for last, name in enumerate(
            (
                *("sha256", "sha384", "sha512", "sha224", "sha512_224", "sha512_256"),
                *("sha3_224", "sha3_256", "sha3_384", "sha3_512", "shake128", "shake256"),
            ),
            start=1,
        )
    },
    f"{_NIST}.2.18": "shake256",  # with its length beside it
}

_SCHEMES: Final = {
    f"{_RSA}.1": ("pkcs1", None),
    f"{_RSA}.2": ("pkcs1", "md2"),
    f"{_RSA}.4": ("pkcs1", "md5"),
    f"{_RSA}.5": ("pkcs1", "sha1"),
    f"{_RSA}.10": ("pss", None),
    f"{_RSA}.11": ("pkcs1", "sha256"),
    f"{_RSA}.12": ("pkcs1", "sha384"),
    f"{_RSA}.13": ("pkcs1", "sha512"),
    f"{_RSA}.14": ("pkcs1", "sha224"),
    f"{_RSA}.15": ("pkcs1", "sha512_224"),
    f"{_RSA}.16": ("pkcs1", "sha512_256"),
    "1.3.14.3.2.29": ("pkcs1", "sha1"),
    "1.3.36.3.3.1.2": ("pkcs1", "ripemd160"),
    "1.2.840.10040.4.1": ("dsa", None),
    "1.2.840.10040.4.3": ("dsa", "sha1"),
    "1.3.14.3.2.27": ("dsa", "sha1"),
    "1.2.840.10045.2.1": ("ecdsa", None),  # the key's own name, where its algorithm's should be
    "1.2.840.10045.4": ("ecdsa", None),
    "1.2.840.10045.4.1": ("ecdsa", "sha1"),
    **{
        f"1.2.840.10045.4.3.{last}": ("ecdsa", name)
        for last, name in enumerate(("sha224", "sha256", "sha384", "sha512"), start=1)
    },
    **{
        f"{_NIST}.3.{last}": (scheme, name)
        for last, (scheme, name) in enumerate(
            (
                *(("dsa", f"sha{bits}") for bits in (224, 256, 384, 512)),
                *(("dsa", f"sha3_{bits}") for bits in (224, 256, 384, 512)),
                *(("ecdsa", f"sha3_{bits}") for bits in (224, 256, 384, 512)),
                *(("pkcs1", f"sha3_{bits}") for bits in (224, 256, 384, 512)),
            ),
            start=1,
        )
    },
    **{
        f"{_PLAIN}.{last}": ("plain", name)
        for last, name in enumerate(
            (*("sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160"),), start=1
        )
    },
    "1.3.6.1.5.5.7.6.32": ("ecdsa", "shake128"),  # RFC 8692 §3
    "1.3.6.1.5.5.7.6.33": ("ecdsa", "shake256"),
    "1.3.101.112": ("itself", None),
    "1.3.101.113": ("itself", None),
    **{f"{_NIST}.3.{last}": ("itself", None) for last in (17, 18, 19)},
}
"""By OID: how a signature is made, and the hash where the OID says it."""


class UnknownAlgorithm(InvalidSignature):
    """Nobody here can verify it."""


class Validator(SignatureValidator):
    """The same for certificates, CRLs and OCSP answers, which pyhanko-certvalidator asks about."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        check(
            signature,
            signed_data,
            public_key_info,
            signature_algorithm,
            context.contextual_md_algorithm,
        )


def digest_name(algorithm: algos.DigestAlgorithm) -> str | None:
    """A hash function by its OID, or by that of a signature algorithm with it; None: unknown."""
    dotted = algorithm["algorithm"].dotted
    return _DIGESTS.get(dotted) or _SCHEMES.get(dotted, ("", None))[1]


def signature_digest(algorithm: algos.SignedDigestAlgorithm) -> str | None:
    """The hash function that a signature algorithm names, if it does."""
    dotted = algorithm["algorithm"].dotted
    if dotted == f"{_RSA}.10":
        return digest_name(algorithm["parameters"]["hash_algorithm"])
    return _SCHEMES.get(dotted, ("", None))[1]


def computable(
    algorithm: algos.SignedDigestAlgorithm, hashed_by: str | None, names: Iterable[str]
) -> bool:
    """Whether a signature by these, over what was hashed by `names`, can be verified here."""
    scheme, _ = _SCHEMES.get(algorithm["algorithm"].dotted, (None, None))
    if scheme is None:
        return False
    used = [] if scheme == "itself" else [signature_digest(algorithm) or hashed_by or ""]
    return all(_is_hash(name) for name in (*used, *names))


def is_whole(key: keys.PublicKeyInfo) -> bool:
    """Whether a key brings its parameters. Those of DSA may be its issuer's (RFC 3279 §2.3.2),
    which nobody here asks for."""
    parameters = key["algorithm"]["parameters"]
    return key.algorithm not in {"dsa", "ec"} or not isinstance(parameters, core.Void)


def _is_hash(name: str) -> bool:
    try:
        digest(name)
    except ValueError:
        return False
    return True


def digest(name: str, *parts: bytes | memoryview) -> bytes:
    """The hash of what the parts are together; raises ValueError for an unknown function."""
    made = hasher(name)
    for part in parts:
        made.update(part)
    return finish(name, made)


def hasher(name: str) -> "hashlib._Hash":
    """A hash that has taken nothing yet; raises ValueError for an unknown function."""
    return hashlib.new(_BY_PYTHON.get(name, name), usedforsecurity=False)


def finish(name: str, made: "hashlib._Hash") -> bytes:
    """The digest by that function."""
    size = _SHAKE_BYTES.get(name)
    return made.digest() if size is None else made.digest(size)  # type: ignore[call-arg]


def digested(name: str | None, *parts: bytes | memoryview) -> Digest | None:
    """The same as evidence; None for an unknown function."""
    try:
        return None if name is None else Digest(name, digest(name, *parts).hex())
    except ValueError:
        return None


def hashes_to(expected: bytes, name: str, *parts: bytes | memoryview) -> bool:
    """Whether that is the hash of what the parts are together; not by an unknown function."""
    try:
        return digest(name, *parts) == expected
    except ValueError:
        return False


def verifies(
    signature: bytes,
    data: bytes,
    key: keys.PublicKeyInfo,
    algorithm: algos.SignedDigestAlgorithm,
    hashed_by: str | None = None,
) -> bool:
    """Whether a signature was made over the data by the key."""
    try:
        check(signature, data, key, algorithm, hashed_by)
    except InvalidSignature:
        return False
    return True


def check(
    signature: bytes,
    data: bytes,
    key: keys.PublicKeyInfo,
    algorithm: algos.SignedDigestAlgorithm,
    hashed_by: str | None = None,
) -> None:
    """Raises InvalidSignature. `hashed_by`: the hash where the algorithm names none."""
    scheme, named = _SCHEMES.get(algorithm["algorithm"].dotted, (None, None))
    if scheme is None:
        raise UnknownAlgorithm(algorithm["algorithm"].dotted)
    try:
        _CHECKS[scheme](public_key(key), signature, data, named or hashed_by or "", algorithm)
    except (ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm) as error:
        raise InvalidSignature(str(error)) from error


def public_key(info: keys.PublicKeyInfo) -> Any:
    """The key of a certificate; an RSA key may be marked for PSS alone, and its modulus may have
    been encoded as if it were negative."""
    if info["algorithm"]["algorithm"].dotted in {f"{_RSA}.1", f"{_RSA}.10"}:
        numbers = info["public_key"].parsed
        modulus = int.from_bytes(numbers["modulus"].contents)
        exponent = int.from_bytes(numbers["public_exponent"].contents)
        if exponent < _LEAST_EXPONENT:
            return _OddKey(modulus, exponent)
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return load_der_public_key(info.dump())


def issued(one: x509.Certificate, above: x509.Certificate) -> bool:
    """Whether a certificate was signed by the key of another that is named as its issuer."""
    return _issued(one.dump(), above.dump())


@lru_cache(_KEPT)
def _issued(one: bytes, other: bytes) -> bool:
    certificate, above = certificates.load(one), certificates.load(other)
    if certificate.issuer.dump() != above.subject.dump() and certificate.issuer != above.subject:
        return False
    return verifies(
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
        above.public_key,
        certificate["signature_algorithm"],
    )


class _OddKey:
    """RSA with an exponent that no library takes (1): what it verifies is worth nothing, but is
    not for that reason a changed document."""

    def __init__(self, modulus: int, exponent: int) -> None:
        self._modulus, self._exponent = modulus, exponent
        self._size = (modulus.bit_length() + 7) // 8

    def check(self, signature: bytes, infos: Iterable[bytes]) -> None:
        """RFC 8017 §8.2.2, over one of these; raises InvalidSignature."""
        opened = pow(int.from_bytes(signature), self._exponent, self._modulus).to_bytes(self._size)
        ends = (b"\x00" + info for info in infos)
        padded = (b"\x00\x01" + b"\xff" * (self._size - len(end) - 2) + end for end in ends)
        if opened not in padded or len(signature) != self._size:
            raise InvalidSignature


def _check_pkcs1(key: Any, signature: bytes, data: bytes, name: str, _: Any) -> None:
    """RFC 8017 §8.2. The NULL beside a hash's name may be missing (RFC 4055 §2.1)."""
    if isinstance(key, rsa.RSAPublicKey):
        if (known := getattr(hashes, name.upper(), None)) is not None:
            with suppress(InvalidSignature):
                key.verify(signature, data, padding.PKCS1v15(), known())
                return
        key = _OddKey(key.public_numbers().n, key.public_numbers().e)
    dotted = next((dotted for dotted, found in _DIGESTS.items() if found == name), None)
    if dotted is None:
        raise UnknownAlgorithm(name)
    algorithms = (der.sequence(der.oid(dotted), *one) for one in ((der.NULL,), ()))
    hashed = der.octet_string(digest(name, data))
    key.check(signature, [der.sequence(one, hashed) for one in algorithms])


def _check_pss(key: Any, signature: bytes, data: bytes, _: str, algorithm: Any) -> None:
    """RFC 8017 §8.1, with the parameters of RFC 4055 §3.1."""
    said = algorithm["parameters"]
    if not isinstance(said, algos.RSASSAPSSParams):
        said = algos.RSASSAPSSParams()
    generator = said["mask_gen_algorithm"]["parameters"]
    padded = padding.PSS(padding.MGF1(_hash(digest_name(generator))), said["salt_length"].native)
    key.verify(signature, data, padded, _hash(digest_name(said["hash_algorithm"])))


def _check_ecdsa(key: Any, signature: bytes, data: bytes, name: str, _: Any) -> None:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature
    key.verify(signature, data, ec.ECDSA(_hash(name)))


def _check_plain(key: Any, signature: bytes, data: bytes, name: str, algorithm: Any) -> None:
    half = len(signature) // 2
    one, other = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    _check_ecdsa(key, encode_dss_signature(one, other), data, name, algorithm)


def _check_dsa(key: Any, signature: bytes, data: bytes, name: str, _: Any) -> None:
    if not isinstance(key, dsa.DSAPublicKey):
        raise InvalidSignature
    key.verify(signature, data, _hash(name))


def _check_itself(key: Any, signature: bytes, data: bytes, _: str, __: Any) -> None:
    """Ed25519, Ed448 (RFC 8032), ML-DSA (FIPS 204): nothing is left to choose."""
    key.verify(signature, data)


def _hash(name: str | None) -> hashes.HashAlgorithm:
    if name is None:
        raise InvalidSignature
    if name in _SHAKE_BYTES:
        made: hashes.HashAlgorithm = getattr(hashes, name.upper())(_SHAKE_BYTES[name])
        return made
    found: hashes.HashAlgorithm = getattr(hashes, name.upper())()
    return found


_CHECKS: Final[dict[str, Callable[[Any, bytes, bytes, str, Any], None]]] = {
    "pkcs1": _check_pkcs1,
    "pss": _check_pss,
    "dsa": _check_dsa,
    "ecdsa": _check_ecdsa,
    "plain": _check_plain,
    "itself": _check_itself,
}
_SHAKE_BYTES: Final = {"shake128": 32, "shake256": 64}  # in CMS (RFC 8702 §3.1)
_BY_PYTHON: Final = {"shake128": "shake_128", "shake256": "shake_256"}
_LEAST_EXPONENT: Final = 3
