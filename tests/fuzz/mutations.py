"""Sealed documents of every format, hurt in every way that a machine thinks of: none may pass.

`python -m tests.fuzz COUNT [SEED]` runs many over all cores (`make fuzz`); the suite runs a few
hundred. The same seed gives the same mutations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from signing import policies
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.register import Registered
from signing.rules.report import Indication
from signing.rules.validation import validate
from tests.fuzz.allowed import earlier_states
from tests.fuzz.ways import WAYS, Way

_CANNOT = (LookupError, ValueError, TypeError, AssertionError, OverflowError, AttributeError)
"""Raised by a way that is none for a document."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that passes, and what it passes by. `kind` says in which ways it is hurt;
    `register`: fingerprints that we issued; `content`: what was sealed, where it is elsewhere."""

    format: str
    name: str
    kind: str
    document: bytes
    anchors: Anchors
    register: frozenset[str]
    at: int
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was done, and what came of it."""

    way: str
    said: str
    document: bytes


def passes(sample: Sample, document: bytes) -> bool:
    """The verdict as the service gives it, register and all."""
    evidence = gather(document, sample.anchors, detached=Detached.of(sample.content))
    register = {fingerprint: Registered() for fingerprint in sample.register}
    report = validate(evidence, register, sample.at, policies.default())
    return report.indication is Indication.TOTAL_PASSED


def mutations(sample: Sample, count: int, seed: int) -> Iterator[Mutation]:
    """Different documents, each by one mutation of the sample."""
    dice = Random(f"{sample.format} {sample.name} {seed}")
    made, no_mutation = 0, earlier_states(sample.kind, sample.document)
    while made < count:
        way = dice.choice(WAYS[sample.kind])
        mutation = _mutation(sample, way, dice)
        if mutation is not None and mutation.document not in no_mutation:
            made += 1
            yield mutation


def survivors(sample: Sample, count: int, seed: int) -> list[str]:
    """What was done to those that pass all the same."""
    return [
        f"{sample.format} ({sample.name}): {mutation.way} {mutation.said}"
        for mutation in mutations(sample, count, seed)
        if passes(sample, mutation.document)
    ]


def _mutation(sample: Sample, way: Way, dice: Random) -> Mutation | None:
    try:
        said, document = way(sample.document, dice)
    except _CANNOT:
        return None
    return Mutation(way.__name__, said, document)
