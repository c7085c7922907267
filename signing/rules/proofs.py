"""Since when things are known to exist (proofs of existence, ETSI EN 319 102-1 §5.6.2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from signing.rules.evidence import DocumentEvidence, TimeStampEvidence
from signing.rules.report import Indication, Report


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


def witnesses(evidence: DocumentEvidence, report: Report) -> dict[str, TimeStampEvidence]:
    """§5.6.2.3: objects by their ids, and the earliest time-stamp that passed and was made over
    each. The report is the one on that evidence."""
    passed = [
        stamp
        for found, said in zip(evidence.signatures, report.signatures, strict=True)
        for stamp, told in zip(found.time_stamps, said.time_stamps, strict=True)
        if told.indication is Indication.TOTAL_PASSED
    ]
    latest_first = sorted(passed, key=lambda stamp: stamp.at, reverse=True)
    return {name: stamp for stamp in latest_first for name in stamp.covers}
