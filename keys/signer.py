"""One small interface in front of every private key, in software or in a PKCS#11 token."""

from enum import StrEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Algorithm(StrEnum):
    """Signature algorithms, by their JOSE names (RFC 7518 §3.1)."""

    ES256 = "ES256"  # ECDSA P-256 SHA-256: what we sign with unless asked otherwise
    RS256 = "RS256"  # RSA PKCS#1 v1.5 SHA-256: for readers that know nothing newer
    PS256 = "PS256"  # RSA-PSS SHA-256


RSA_BITS: Final = 3072
"""For what must hold for decades; tokens live for minutes and their keys are rotated."""

RSA_TOKEN_BITS: Final = 2048

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""n of P-256 (SEC 2 §2.4.2)."""

_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
_PKCS1: Final = padding.PKCS1v15()
_PSS: Final = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=padding.PSS.DIGEST_LENGTH)


class Key(Protocol):
    """A key of which it is known how it signs."""

    @property
    def algorithm(self) -> Algorithm: ...


class Signer(Key, Protocol):
    """A private key that can be used and not read."""

    @property
    def public_key(self) -> PublicKey: ...

    def sign(self, message: bytes) -> bytes:
        """Hash and sign. ECDSA signatures are DER (RFC 3279 §2.2.3), as X.509 and CMS want
        them; of the two values that verify it is always the lower (`is_lower`)."""
        ...


class LintFailed(Exception):
    """Not signed: the linter's findings (keys.linting), one to a line."""


class SoftwareSigner:
    """A private key in this process's memory, parsed once."""

    def __init__(self, private_key: PrivateKey, algorithm: Algorithm) -> None:
        _check_fits(private_key, algorithm)
        self.algorithm = algorithm
        self.public_key = private_key.public_key()
        self._private_key = private_key

    def sign(self, message: bytes) -> bytes:
        if isinstance(self._private_key, ec.EllipticCurvePrivateKey):
            return encode_ecdsa(*decode_dss_signature(self._private_key.sign(message, _ECDSA)))
        return self._private_key.sign(message, _rsa_padding(self.algorithm), _SHA256)

    @classmethod
    def generate(cls, algorithm: Algorithm, rsa_bits: int = RSA_BITS) -> "SoftwareSigner":
        """A fresh key: P-256, or RSA (3072 bits take about a second)."""
        if algorithm is Algorithm.ES256:
            return cls(ec.generate_private_key(ec.SECP256R1()), algorithm)
        return cls(rsa.generate_private_key(65537, rsa_bits), algorithm)

    def export(self) -> bytes:
        """The private key (PKCS #8), for its keeper to seal."""
        return self._private_key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @classmethod
    def load(cls, exported: bytes, algorithm: Algorithm) -> "SoftwareSigner":
        """Load a key that `export` made and whose seal was whole."""
        # The seal authenticates the bytes as our own, so the slow RSA consistency check
        # (52 ms) has nothing left to find.
        private_key = serialization.load_der_private_key(
            exported, None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(private_key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("not a key of a kind that we use")
        return cls(private_key, algorithm)


def encode_ecdsa(r: int, s: int) -> bytes:
    """A P-256 signature: of (r, s) and (r, n − s), which both verify (SEC 1 §4.1), the lower."""
    return encode_dss_signature(r, min(s, _ORDER - s))


def is_lower(signature: bytes) -> bool:
    """Whether a P-256 signature (DER) is the one of its two values that ours have; raises
    ValueError."""
    _, s = decode_dss_signature(signature)
    return 2 * s < _ORDER


def verify(public_key: PublicKey, algorithm: Algorithm, signature: bytes, message: bytes) -> None:
    """Check a signature in the form that `Signer.sign` returns; raises InvalidSignature."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if algorithm is not Algorithm.ES256:
            raise InvalidSignature
        public_key.verify(signature, message, _ECDSA)
    elif algorithm is Algorithm.ES256:
        raise InvalidSignature
    else:
        public_key.verify(signature, message, _rsa_padding(algorithm), _SHA256)


def load_public_key(der: bytes) -> PublicKey:
    """A SubjectPublicKeyInfo of a kind that we sign with; raises ValueError."""
    key = serialization.load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("not a kind of key that we use")
    return key


def _rsa_padding(algorithm: Algorithm) -> padding.AsymmetricPadding:
    return _PSS if algorithm is Algorithm.PS256 else _PKCS1


def _check_fits(key: PrivateKey, algorithm: Algorithm) -> None:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        fits = algorithm is Algorithm.ES256 and isinstance(key.curve, ec.SECP256R1)
    else:
        fits = algorithm is not Algorithm.ES256 and key.key_size >= 2048
    if not fits:
        raise ValueError(f"{algorithm} does not go with this key")
