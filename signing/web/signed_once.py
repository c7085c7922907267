"""OCSP answers that are signed once for all who ask the same (RFC 5019): kept for a moment, and
forgotten as soon as anything was revoked."""

from dataclasses import dataclass, field
from typing import Final

KEPT_SECONDS: Final = 30
"""No longer, whatever happens: with as long again in the caches between, a minute."""

KEPT_AT_MOST: Final = 20_000
"""Answers of a kilobyte each."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An OCSPResponse, when it was signed, and whether others may have it too."""

    encoded: bytes
    at: int
    shared: bool


@dataclass
class SignedOnce:
    """The answers of this process, by the bytes of the request. `revision` is how far it has
    followed what was revoked (`crls.find_revision`)."""

    revision: int = 0
    _kept: dict[bytes, Answered] = field(default_factory=dict)

    def find(self, asked: bytes, now: int) -> Answered | None:
        """The answer that was given to the same request a moment ago."""
        found = self._kept.get(asked)
        return found if found is not None and 0 <= now - found.at < KEPT_SECONDS else None

    def keep(self, asked: bytes, answered: Answered, revision: int) -> None:
        """Keep an answer that was right at a revision, unless more is known by now."""
        self.follow(revision)
        if revision == self.revision and answered.shared:
            if len(self._kept) >= KEPT_AT_MOST:
                self._kept.clear()
            self._kept[asked] = answered

    def follow(self, revision: int) -> None:
        """Something may have been revoked: nothing that was said before is said again."""
        if revision > self.revision:
            self._kept.clear()
            self.revision = revision
