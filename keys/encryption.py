"""Encrypted answers (RFC 7516, RFC 7518 §4.3 and §5.3): RSA-OAEP-256 with A256GCM, for one reader.

Beside keys.jose the only import of python-jose. We encrypt, and decrypt nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwe

from keys.jose import parse_jwk
from keys.segments import JoseError

KEY_ENCRYPTION: Final = "RSA-OAEP-256"
CONTENT_ENCRYPTION: Final = "A256GCM"

_FOR_US: Final = [("enc", KEY_ENCRYPTION), ("enc", None), (None, KEY_ENCRYPTION)]
"""`use` and `alg` of keys that we can encrypt for (RFC 7517 §4.2, §4.4)."""


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A public key that a peer published to be encrypted for."""

    kid: str | None
    public_key: rsa.RSAPublicKey


def parse_encryption_keys(document: object) -> tuple[EncryptionKey, ...]:
    """The keys of a JWK Set that we can encrypt for, in its order; all others are left out."""
    members = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(members, Sequence) or isinstance(members, str):
        raise JoseError("the document is not a JWK Set")
    found = (_parse(member) for member in members)
    return tuple(key for key in found if key is not None)


def encrypt(plaintext: str | bytes, key: EncryptionKey, *, nested: bool) -> str:
    """A compact JWE. `nested` tells that a JWT is inside (RFC 7519 §5.2)."""
    encrypted = jwe.encrypt(
        plaintext,
        key.public_key,  # type: ignore[arg-type]  # its stubs leave parsed keys out
        encryption=CONTENT_ENCRYPTION,
        algorithm=KEY_ENCRYPTION,
        cty="JWT" if nested else None,
        kid=key.kid,
    )
    return str(encrypted, "ascii")


def _parse(member: object) -> EncryptionKey | None:
    if not isinstance(member, Mapping):
        return None
    if (member.get("use"), member.get("alg")) not in _FOR_US:
        return None
    bare = {name: member[name] for name in member if name not in {"use", "alg"}}
    try:
        key = parse_jwk(bare)
    except JoseError:
        return None
    if not isinstance(key.public_key, rsa.RSAPublicKey):
        return None
    return EncryptionKey(key.kid, key.public_key)
