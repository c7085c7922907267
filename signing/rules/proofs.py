"""Since when things are known to exist (proofs of existence, ETSI EN 319 102-1 §5.6.2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from signing.rules.evidence import TimeStampEvidence


@dataclass(frozen=True, slots=True)
class Proofs:
    """Objects by their ids, and the earliest time that each is proven to have existed at. What
    nobody vouches for exists now."""

    now: int
    earliest: Mapping[str, int] = field(default_factory=dict)

    def since(self, name: str) -> int:
        return self.earliest.get(name, self.now)

    def extracted(self, stamp: TimeStampEvidence) -> "Proofs":
        """§5.6.2.3: with what a time-stamp that passed was made over."""
        covered = {name: min(stamp.at, self.since(name)) for name in stamp.covers}
        return replace(self, earliest={**self.earliest, **covered})
