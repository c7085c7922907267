"""The key ring: which keys exist, which one signs now, which ones are published.

A key's state is a function of time alone: `next` (published, not used), `active`, `retired`
(published, not used) and `gone`. Every process that has read the same records switches at the
same second, with nobody to tell it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Protocol

from keys.signer import Algorithm, Signer


class Purpose(StrEnum):
    """What a key is for. A key has one purpose and is refused for any other."""

    TOKEN = "token"  # ID tokens, access tokens, logout tokens
    AUDIT = "audit"  # heads of the audit log
    ROOT = "root"  # the root certificate authority
    ISSUING = "issuing"  # the issuing certificate authority
    SEAL = "seal"  # an agency's electronic seals
    SIGNATURE = "signature"  # a person's electronic signatures
    SHORT_SIGNATURE = "short-signature"  # the same, of half a day
    TIMESTAMP = "timestamp"  # RFC 3161 time-stamps
    OCSP = "ocsp"  # OCSP answers
    LIST = "list"  # the trusted list of our services
    REPORT = "report"  # reports on the validation of documents


class State(StrEnum):
    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is stored. `kid` is the RFC 7638 thumbprint; times are NumericDates."""

    kid: str
    purpose: Purpose
    owner: str  # an agency's id; empty for the service's own keys
    algorithm: Algorithm
    public: bytes  # SubjectPublicKeyInfo, DER
    sealed: bytes  # the private key, sealed
    created_at: int
    active_from: int
    retired_from: int | None = None
    gone_from: int | None = None

    @property
    def context(self) -> str:
        """What the sealed private key is bound to."""
        return f"key {self.purpose} {self.owner} {self.kid}"

    def state(self, now: int) -> State:
        if self.gone_from is not None and now >= self.gone_from:
            return State.GONE
        if self.retired_from is not None and now >= self.retired_from:
            return State.RETIRED
        return State.ACTIVE if now >= self.active_from else State.NEXT


class NoActiveKey(Exception):
    """The ring has no key for that purpose and algorithm: run `tra keys rotate`."""


class Opener(Protocol):
    """What opens private keys: `keys.custody.Custody`."""

    def open(self, record: KeyRecord) -> Signer: ...


class Ring:
    """An immutable set of key records; private keys are opened at first use and kept."""

    def __init__(self, records: Iterable[KeyRecord], custody: Opener) -> None:
        self.records = tuple(sorted(records, key=lambda record: (record.active_from, record.kid)))
        self._custody = custody
        self._opened: dict[str, Signer] = {}
        self._opening = Lock()

    def active(
        self, purpose: Purpose, algorithm: Algorithm | None, now: int, owner: str = ""
    ) -> KeyRecord:
        """The newest key that may sign now; raises NoActiveKey."""
        for record in reversed(self.records):
            if (
                record.purpose is purpose
                and record.owner == owner
                and algorithm in (None, record.algorithm)
                and record.state(now) is State.ACTIVE
            ):
                return record
        raise NoActiveKey(f"{purpose} {algorithm or ''} {owner}".strip())

    def find(self, kid: str) -> KeyRecord:
        """The key of that thumbprint; raises NoActiveKey."""
        for record in self.records:
            if record.kid == kid:
                return record
        raise NoActiveKey(kid)

    def published(self, purpose: Purpose, now: int) -> tuple[KeyRecord, ...]:
        """The keys that verifiers must know: next, active and retired."""
        return tuple(
            record
            for record in self.records
            if record.purpose is purpose and record.state(now) is not State.GONE
        )

    def signer(self, record: KeyRecord) -> Signer:
        """The private key of a record of this ring."""
        with self._opening:
            if record.kid not in self._opened:
                self._opened[record.kid] = self._custody.open(record)
            return self._opened[record.kid]
