"""How sure we are of a person: identity and authenticator apart, the lower of both is the level."""

from collections.abc import Iterable
from typing import Final

_PREFIX: Final = "urn:tra:loa:"

LEVELS: Final = (1, 2, 3)
"""1: self-declared. 2: checked against the register. 3: vouched for in person, or by chip."""

ACR_VALUES: Final = tuple(f"{_PREFIX}{level}" for level in LEVELS)

PASSWORD: Final = "pwd"
ONE_TIME_CODE: Final = "otp"
SEVERAL: Final = "mfa"


def acr(level: int) -> str:
    """The Authentication Context Class Reference of a level (OIDC Core 2)."""
    return f"{_PREFIX}{level}"


def level_of(acr_value: str) -> int | None:
    """The level that an acr value asks for; None for one that we don't know."""
    return ACR_VALUES.index(acr_value) + 1 if acr_value in ACR_VALUES else None


def reached(identity_level: int, amr: Iterable[str]) -> int:
    """The level of a sign-in: a password alone carries 1, with a one-time code 2."""
    return min(identity_level, 2 if SEVERAL in amr else 1)


def amr_of(methods: Iterable[str]) -> tuple[str, ...]:
    """Authentication Methods References (RFC 8176 §2) of the factors that were used."""
    used = tuple(dict.fromkeys(methods))
    return (*used, SEVERAL) if len(used) > 1 else used
