"""Whether the clock may be believed: most of the sources decide, and not for ever."""

import pytest

from signing.rules.timekeeping import (
    ACCURACY,
    BELIEVED_SECONDS,
    Moment,
    Reading,
    Standing,
    judge,
)

NOW = Moment(wall=1_776_132_000.0, steady=500.0)


def said(*offsets: float, margin: float = 0.01, at: float = NOW.steady) -> list[Reading]:
    """What sources say that are so far ahead of our clock."""
    less = NOW.wall - NOW.steady
    return [Reading(f"s{n}", less + ahead, margin, at) for n, ahead in enumerate(offsets)]


@pytest.mark.parametrize(
    ("offsets", "sources", "standing"),
    [
        ((), 0, Standing.UNWATCHED),
        ((), 1, Standing.UNKNOWN),
        ((0.2,), 1, Standing.RIGHT),
        ((-0.98,), 1, Standing.RIGHT),
        ((1.5,), 1, Standing.OFF),
        ((-1.5,), 1, Standing.OFF),
        ((0.0, 0.0, 60.0), 3, Standing.RIGHT),  # one lies
        ((60.0, 60.0, 0.0), 3, Standing.OFF),
        ((0.0, 0.0), 3, Standing.RIGHT),  # one is silent
        ((0.0,), 3, Standing.UNKNOWN),
        ((0.0, 60.0), 2, Standing.UNKNOWN),  # who lies?
        ((0.0, 0.0, 60.0, 60.0), 4, Standing.UNKNOWN),
        ((1.005,), 1, Standing.UNKNOWN),  # so close that nobody can tell
    ],
)
def test_most_of_the_sources_decide(
    offsets: tuple[float, ...], sources: int, standing: Standing
) -> None:
    assert judge(said(*offsets), sources, NOW).standing is standing


def test_only_a_clock_that_is_right_or_not_watched_stamps() -> None:
    stamping = {standing for standing in Standing if _judged(standing).may_stamp}
    assert stamping == {Standing.RIGHT, Standing.UNWATCHED}


def _judged(standing: Standing) -> object:
    return type(judge([], 0, NOW))(standing)


def test_what_was_said_counts_for_a_quarter_of_an_hour() -> None:
    readings = said(0.0, at=NOW.steady - BELIEVED_SECONDS)
    assert judge(readings, 1, NOW).standing is Standing.RIGHT
    later = Moment(NOW.wall + 1, NOW.steady + 1)
    assert judge(readings, 1, later).standing is Standing.UNKNOWN


def test_a_clock_that_is_set_meanwhile_is_seen_at_once() -> None:
    for step in (5.0, -5.0):
        stepped = Moment(NOW.wall + step, NOW.steady)
        assert judge(said(0.0), 1, stepped).standing is Standing.OFF
        mended = judge(said(step), 1, stepped)
        assert mended.standing is Standing.RIGHT
        assert mended.offset == 0


def test_doubt_grows_with_time() -> None:
    then = NOW.steady - 800
    assert judge(said(0.95), 1, NOW).standing is Standing.RIGHT
    assert judge(said(0.95, at=then), 1, NOW).standing is Standing.UNKNOWN
    assert judge(said(0.0, margin=ACCURACY + 0.1), 1, NOW).standing is Standing.UNKNOWN


def test_the_judgement_tells_the_median_and_who_agrees() -> None:
    found = judge(said(0.1, 0.2, 9.0), 3, NOW)
    assert found.offset == pytest.approx(0.2)
    assert (found.agreeing, found.sources) == (2, 3)
    assert judge([], 3, NOW).offset is None
