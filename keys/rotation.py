"""When keys change: pure decisions, written down by the store."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from keys.ring import KeyRecord, Purpose, State
from keys.signer import Algorithm


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """Seconds. A key is published `publish_before` its first use, no shorter than verifiers cache
    a JWKS, and stays published `keep_after` its last, no shorter than what it signed lives
    (OIDC Core 10.1.1)."""

    publish_before: int
    keep_after: int
    lifetime: int | None = None  # None: rotated by command alone


def succeed(
    old: KeyRecord, new: KeyRecord, policy: RotationPolicy, now: int
) -> tuple[KeyRecord, KeyRecord]:
    """The old key's record with its end, and its successor's with its beginning."""
    begins = now + policy.publish_before
    ended = replace(old, retired_from=begins, gone_from=begins + policy.keep_after)
    return ended, replace(new, active_from=begins)


def overdue(
    records: Iterable[KeyRecord], purpose: Purpose, policy: RotationPolicy, now: int
) -> list[KeyRecord]:
    """The keys of that purpose whose successor has to be made now: of each owner and algorithm the
    newest that signs."""
    newest: dict[tuple[str, Algorithm], KeyRecord] = {}
    successors: dict[tuple[str, Algorithm], KeyRecord] = {}
    for record in sorted(records, key=lambda record: (record.active_from, record.kid)):
        if record.purpose is purpose:
            known = newest if record.state(now) is State.ACTIVE else successors
            known[record.owner, record.algorithm] = record
    return [
        record
        for whose, record in newest.items()
        if due(record, successors.get(whose), policy, now)
    ]


def due(active: KeyRecord, successor: KeyRecord | None, policy: RotationPolicy, now: int) -> bool:
    """Whether a successor has to be made now, so that the key's lifetime is not exceeded."""
    if policy.lifetime is None or (successor is not None and successor.state(now) is State.NEXT):
        return False
    return now >= active.active_from + policy.lifetime - policy.publish_before
