"""Envelope encryption: what the database must keep secret is sealed under the master key.

Each value has a data key of its own (AES-256-GCM), wrapped by the master key (AES key wrap,
RFC 3394). The context (what the value is, and whose) is authenticated: a sealed value moved to
another row does not open.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from keys.handles import new_bytes

MASTER_KEY_BYTES: Final = 32

_LAYOUT: Final = struct.Struct(">B4s40s12s")  # version, master key id, wrapped data key, nonce
_VERSION: Final = 1


class SealBroken(Exception):
    """The value was changed, belongs to another context, or to a master key that we don't hold."""


class Sealer:
    """Seals under the first master key; opens under any of them, so that it can be rotated."""

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        if not master_keys or any(len(key) != MASTER_KEY_BYTES for key in master_keys):
            raise ValueError(f"a master key is {MASTER_KEY_BYTES} bytes")
        self._by_id = {_key_id(key): key for key in master_keys}
        self._current = _key_id(master_keys[0])

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for that purpose alone, from the master key (HKDF, RFC 5869)."""
        return HKDF(SHA256(), 32, None, f"tra {purpose}".encode()).derive(
            self._by_id[self._current]
        )

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt; about 85 bytes longer than the secret."""
        data_key, nonce = new_bytes(32), new_bytes(12)
        wrapped = aes_key_wrap(self._by_id[self._current], data_key)
        head = _LAYOUT.pack(_VERSION, self._current, wrapped, nonce)
        return head + AESGCM(data_key).encrypt(nonce, secret, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt; raises SealBroken."""
        try:
            head = sealed[: _LAYOUT.size]
            version, key_id, wrapped, nonce = _LAYOUT.unpack(head)
            if version != _VERSION:
                raise SealBroken(f"version {version} is not known")
            data_key = aes_key_unwrap(self._by_id[key_id], wrapped)
            body = sealed[_LAYOUT.size :]
            return AESGCM(data_key).decrypt(nonce, body, head + context.encode())
        except (struct.error, KeyError, InvalidUnwrap, InvalidTag) as error:
            raise SealBroken(f"{context} does not open") from error


def parse_master_key(text: str) -> bytes:
    """A master key as settings carry it: 32 bytes in base64url, padding optional."""
    bare = text.strip().rstrip("=")
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("a master key is base64url") from error
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError(f"a master key is {MASTER_KEY_BYTES} bytes in base64url")
    return key


def new_master_key() -> str:
    """A fresh master key in base64url."""
    return base64.urlsafe_b64encode(new_bytes(MASTER_KEY_BYTES)).decode().rstrip("=")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"tra master key id" + key).digest()[:4]
