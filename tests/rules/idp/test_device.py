"""User codes (RFC 8628 §6.1)."""

import math

import pytest

from idp.rules.device import parse_user_code, shown
from keys.handles import USER_CODE_LENGTH, USER_CODE_LETTERS, new_user_code


@pytest.mark.rule("other.device")
@pytest.mark.rule("other.device")
def test_user_code_has_at_least_34_bits() -> None:
    assert USER_CODE_LENGTH * math.log2(len(set(USER_CODE_LETTERS))) >= 34


def test_user_code_has_no_vowel_to_make_a_word_with() -> None:
    assert not set(USER_CODE_LETTERS) & set("AEIOUY")


@pytest.mark.parametrize(
    "typed", ["WDJBMJHT", "WDJB-MJHT", "wdjb mjht", " w d j b – m j h t ", "wdjb\u200b-mjht"]
)
def test_case_spaces_and_dashes_do_not_matter(typed: str) -> None:
    assert parse_user_code(typed) == "WDJBMJHT"


@pytest.mark.parametrize("typed", ["", "WDJBMJH", "WDJBMJHTT", "WDJBMJHA", "ខ្មែរ", "ВСХВСХВС"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert parse_user_code(typed) is None


def test_every_fresh_code_is_read_back_as_it_is_shown() -> None:
    for code in (new_user_code() for _ in range(100)):
        assert parse_user_code(shown(code)) == code
        assert shown(code)[4] == "-"
