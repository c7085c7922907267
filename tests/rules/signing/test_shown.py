"""Names that somebody else wrote are shown so that none of them passes for another."""

import pytest

from signing.rules.shown import shown


@pytest.mark.parametrize(
    "text",
    [
        "Ministry of Commerce",
        "ក្រសួង\u200bពាណិជ្ជកម្ម",  # a space that Khmer has between words
        "ស្ត្រី",
        "Électricité du Cambodge",
        "柬埔寨",
        "",
    ],
)
def test_a_plain_name_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("invoice\u202efdp.exe", "invoice\\u{202e}fdp.exe"),
        ("Minis\u200btry", "Minis\\u{200b}try"),
        ("Ministry\u00ad", "Ministry\\u{ad}"),
        ("two\nlines\x00\x1b[2J", "two\\u{a}lines\\u{0}\\u{1b}[2J"),
        ("\ud800\ufffe\ue000", "\\u{d800}\\u{fffe}\\u{e000}"),
        ("a\u2028b\u2066", "a\\u{2028}b\\u{2066}"),
    ],
)
def test_what_cannot_be_seen_or_turns_the_order_is_spelled_out(text: str, told: str) -> None:
    assert shown(text) == told


def test_marks_piled_on_one_letter_are_spelled_out() -> None:
    assert shown("e" + "\u0301" * 9) == "e" + "\u0301" * 8 + "\\u{301}"


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert shown("x" * 10, 10) == "x" * 10
    assert shown("x" * 11, 10) == "x" * 9 + "…"
