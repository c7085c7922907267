"""Dates as people in Cambodia read them, from the dates that registers hold."""

from datetime import UTC, datetime

import pytest

from core.pages import dates


@pytest.mark.parametrize(
    ("lang", "value", "read"),
    [
        ("km", "1998-04-14", "ថ្ងៃទី១៤ ខែមេសា ឆ្នាំ១៩៩៨"),
        ("en", "1998-04-14", "14 April 1998"),
        ("km", "0000-12-01", "ថ្ងៃទី១ ខែធ្នូ"),
        ("en", "0000-12-01", "1 December"),
        ("km", "1957", "ឆ្នាំ១៩៥៧"),
        ("en", "1957", "1957"),
        ("km", "not a date", "not a date"),
        ("en", "1998-13-01", "1998-13-01"),
        ("en", "1998-04", "1998-04"),
        ("en", "", ""),
    ],
)
def test_a_day_may_lack_its_year_or_its_month(lang: str, value: str, read: str) -> None:
    assert dates.day(lang, value) == read


def test_a_moment_is_told_by_the_clocks_of_cambodia_and_kept_in_utc_for_machines() -> None:
    at = datetime(2026, 4, 13, 17, 5, tzinfo=UTC)
    assert dates.moment("en", at) == (
        '<time datetime="2026-04-13T17:05:00Z">14 April 2026, 00:05</time>'
    )
    assert dates.moment("km", int(at.timestamp())) == (
        '<time datetime="2026-04-13T17:05:00Z">ថ្ងៃទី១៤ ខែមេសា ឆ្នាំ២០២៦ ម៉ោង ០០:០៥</time>'
    )


@pytest.mark.parametrize(
    ("at", "told"),
    [(-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z")],
)
def test_the_first_and_the_last_moment_that_there_are_can_be_told(at: int, told: str) -> None:
    """A certificate without an end has the last one (RFC 5280 §4.1.2.5)."""
    for lang in ("km", "en"):
        assert f'datetime="{told}"' in dates.moment(lang, at)


def test_a_year_is_never_written_with_a_separator_of_thousands() -> None:
    assert dates.number("km", 2026) == "២០២៦"
    assert dates.number("en", 2026) == "2026"
