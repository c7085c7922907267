"""What people remember, hashed with argon2id (OWASP: 19 MiB, two passes; 26 ms on one core)."""

from typing import Final

from passlib.hash import argon2

_HASHER: Final = argon2.using(type="ID", memory_cost=19_456, time_cost=2, parallelism=1)

_NOBODY: Final = str(_HASHER.hash("nobody has this password")).encode()


def hash_password(password: str) -> bytes:
    """The hash as it is stored."""
    return str(_HASHER.hash(password)).encode()


def fits(password: str, known: bytes | None) -> bool:
    """Whether the password is the one. Where none is known it takes as long to say no."""
    return bool(_HASHER.verify(password, (known or _NOBODY).decode())) and known is not None
