"""When keys change: pure decisions, written down by the store."""

from dataclasses import dataclass, replace

from keys.ring import KeyRecord, State


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


def due(active: KeyRecord, successor: KeyRecord | None, policy: RotationPolicy, now: int) -> bool:
    """Whether a successor has to be made now, so that the key's lifetime is not exceeded."""
    if policy.lifetime is None or (successor is not None and successor.state(now) is State.NEXT):
        return False
    return now >= active.active_from + policy.lifetime - policy.publish_before
