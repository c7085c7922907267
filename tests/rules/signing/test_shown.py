"""Names that somebody else wrote are shown so that none of them passes for another."""

from typing import Final
from unicodedata import bidirectional

import pytest
from hypothesis import given
from hypothesis.strategies import characters, integers, text
from lxml import etree

from signing.rules.shown import shown

TURNING: Final = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    "name",
    [
        "Ministry of Commerce",
        "ក្រសួង\u200bពាណិជ្ជកម្ម",  # a space that Khmer has between words
        "ស្ត្រី",
        "Électricité du Cambodge",
        "柬埔寨",
        "Министерство торговли",
        "Υπουργείο Εμπορίου (Greece)",
        "10 µm",
        "",
    ],
)
def test_a_plain_name_is_shown_as_it_is(name: str) -> None:
    assert shown(name) == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("invoice\u202efdp.exe", "invoice\\u{202e}fdp.exe"),
        ("Minis\u200btry", "Minis\\u{200b}try"),
        ("Ministry\u00ad", "Ministry\\u{ad}"),
        ("two\nlines\x00\x1b[2J", "two\\u{a}lines\\u{0}\\u{1b}[2J"),
        ("\ud800\ufffe\ue000", "\\u{d800}\\u{fffe}\\u{e000}"),
        ("a\u2028b\u2066", "a\\u{2028}b\\u{2066}"),
    ],
)
@pytest.mark.rule("attacks.names")
def test_what_cannot_be_seen_or_turns_the_order_is_spelled_out(name: str, told: str) -> None:
    assert shown(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Min\u0456stry", "Min\\u{456}stry"),
        ("\u041cinistry of \u0421ommerce", "\\u{41c}inistry of \\u{421}ommerce"),
        ("C\u03bfmmerce", "C\\u{3bf}mmerce"),
    ],
)
@pytest.mark.rule("attacks.names")
def test_a_letter_that_passes_for_one_of_the_word_s_is_spelled_out(name: str, told: str) -> None:
    assert shown(name) == told


@given(text(characters(), max_size=60), integers(0, 30))
def test_whatever_is_shown_can_be_written_as_xml_and_turns_nothing(name: str, most: int) -> None:
    told = shown(name, most)
    held = etree.Element("name")
    held.text = told
    assert etree.fromstring(etree.tostring(held)).text == (told or None)
    assert not {bidirectional(one) for one in told} & TURNING
    assert not most or len(told) <= most


def test_marks_piled_on_one_letter_are_spelled_out() -> None:
    assert shown("e" + "\u0301" * 9) == "e" + "\u0301" * 8 + "\\u{301}"


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert shown("x" * 10, 10) == "x" * 10
    assert shown("x" * 11, 10) == "x" * 9 + "…"
