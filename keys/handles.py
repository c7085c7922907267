"""The only dice. Opaque handles, identifiers and nonces; handles are stored as digests alone."""

import hashlib
import hmac
import secrets
from typing import Final

HANDLE_BYTES: Final = 32  # 256 bits; RFC 6749 §10.10 asks for 128

_READABLE: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS: Final = tuple(first + second for first in _READABLE for second in _READABLE)

USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words
USER_CODE_LENGTH: Final = 8


def new_handle() -> str:
    """A bearer secret (code, refresh token, session): 256 bits, base64url, 43 characters."""
    return secrets.token_urlsafe(HANDLE_BYTES)


def digest(handle: str) -> bytes:
    """What the database keeps of a handle: SHA-256, 32 bytes."""
    return hashlib.sha256(handle.encode()).digest()


def new_id() -> str:
    """An identifier that says nothing: 130 bits, 26 characters of Crockford's base 32."""
    bits = secrets.randbits(130)
    return "".join([_PAIRS[bits >> place & 1023] for place in range(0, 130, 10)])


def new_user_code() -> str:
    """A code that people type from another screen: 34.5 bits (RFC 8628 §6.1)."""
    return "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))


def new_serial() -> int:
    """A certificate serial number: positive, 159 random bits at most (RFC 5280 §4.1.2.2)."""
    return secrets.randbits(158) | (1 << 158)


def new_bytes(length: int) -> bytes:
    """Random bytes: salts, nonces, data keys."""
    return secrets.token_bytes(length)


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare two secrets in constant time."""
    one = one.encode() if isinstance(one, str) else one
    other = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(one, other)


def mac(secret: str, purpose: str) -> str:
    """A token derived from a handle for one purpose (a form's CSRF token): HMAC-SHA-256, hex."""
    return hmac.digest(secret.encode(), purpose.encode(), "sha256").hex()
