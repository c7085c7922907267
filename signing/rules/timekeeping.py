"""Whether this machine's clock may be believed (ETSI EN 319 421 §7.7.2): what its sources said, and
how sure that is by now."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ACCURACY: Final = 1.0
"""Seconds by which a time-stamp may be off, as it says itself (EN 319 422 §5.2.2)."""

BELIEVED_SECONDS: Final = 900
"""How long what a source said counts."""

DRIFT: Final = 100e-6
"""Seconds a second by which a clock that nobody keeps right may go wrong."""


class Standing(StrEnum):
    RIGHT = "right"
    OFF = "off"  # most sources say that it is wrong by more than the accuracy
    UNKNOWN = "unknown"  # too few sources were heard for too long, or they disagree
    UNWATCHED = "unwatched"  # no source is configured: development alone


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by the clock that tells the time, and by one that nobody sets (seconds)."""

    wall: float
    steady: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source said: its time less the steady clock's, give or take a margin, at a moment of
    the steady clock."""

    source: str
    less_steady: float
    margin: float
    at: float

    def offset(self, now: Moment) -> float:
        """How far ahead of our clock it is now. A clock that was set meanwhile is seen at once:
        the steady one went on."""
        return self.less_steady + now.steady - now.wall

    def doubt(self, now: Moment) -> float:
        """How far that may be off by now."""
        return self.margin + DRIFT * (now.steady - self.at)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The clock's standing; how far ahead of it the sources are (their median), and how many of
    those that are configured call it right."""

    standing: Standing
    offset: float | None = None
    agreeing: int = 0
    sources: int = 0

    @property
    def may_stamp(self) -> bool:
        return self.standing in (Standing.RIGHT, Standing.UNWATCHED)


def judge(readings: Collection[Reading], sources: int, now: Moment) -> Judgement:
    """The judgement of most of the sources that are configured, so that one which lies, or is
    silent, changes nothing where there are three."""
    if not sources:
        return Judgement(Standing.UNWATCHED)
    heard = [one for one in readings if 0 <= now.steady - one.at <= BELIEVED_SECONDS]
    right = sum(abs(one.offset(now)) + one.doubt(now) <= ACCURACY for one in heard)
    wrong = sum(abs(one.offset(now)) - one.doubt(now) > ACCURACY for one in heard)
    most = sources // 2 + 1
    if right >= most:
        standing = Standing.RIGHT
    else:
        standing = Standing.OFF if wrong >= most else Standing.UNKNOWN
    offsets = sorted(one.offset(now) for one in heard)
    median = offsets[len(offsets) // 2] if offsets else None
    return Judgement(standing, median, right, sources)
