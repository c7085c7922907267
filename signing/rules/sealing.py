"""A seal's way from reservation to evidence. One row for each document and idempotency key."""

import re
from dataclasses import dataclass
from typing import Final

from core.errors import Refusal
from signing.rules.reasons import IDEMPOTENCY_KEY_INVALID

LEASE_SECONDS: Final = 60
"""How long one attempt has the reservation to itself; much longer than a seal takes."""

RETRY_SECONDS: Final = 86_400
"""How long an answered seal can be fetched again with its idempotency key."""

_KEY: Final = re.compile(r"[\x21\x23-\x7e]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Reserved:
    """This attempt may sign, until its lease ends."""

    seal_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class AlreadySealed:
    """Answered before. `appended` is what the seal adds; None once it was forgotten."""

    seal_id: str
    appended: bytes | None


@dataclass(frozen=True, slots=True)
class InProgress:
    """Another attempt is at work, or died less than a lease ago."""

    seconds: int


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key belongs to another document, or to another kind of seal."""


Reservation = Reserved | AlreadySealed | InProgress | KeyReused


@dataclass(frozen=True, slots=True)
class SealEvidence:
    """What is kept of a seal. Digests are SHA-256; `appended` is what the seal adds to what it is
    over; `time_stamped_at` is None at level B-B."""

    certificate_serial: int
    time_stamped_at: int | None
    signature_digest: bytes
    sealed_digest: bytes
    appended: bytes


def check_idempotency_key(asked: str | None) -> str | None:
    """An Idempotency-Key of 1 to 128 visible ASCII characters, quotes optional."""
    if asked is None:
        return None
    key = asked[1:-1] if len(asked) > 1 and asked[0] == asked[-1] == '"' else asked
    if not _KEY.match(key):
        raise Refusal(IDEMPOTENCY_KEY_INVALID, "not 1 to 128 visible characters")
    return key
