"""Secrets shared among custodians."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.shares import SharesWrong, _multiply, combine, parse, split

SECRET = bytes(range(32))


@given(st.binary(min_size=1, max_size=40), st.data())
@settings(max_examples=40, deadline=None)
def test_any_threshold_of_the_shares_makes_the_secret(secret: bytes, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(2, 6))
    shares = split(secret, threshold, data.draw(st.integers(threshold, 9)))
    chosen = data.draw(st.permutations(shares))[:threshold]
    assert combine(chosen) == secret


def test_every_three_of_five_make_the_secret_and_no_two_do() -> None:
    shares = split(SECRET, 3, 5)
    for chosen in combinations(shares, 3):
        assert combine(chosen) == SECRET
    for chosen in combinations(shares, 2):
        with pytest.raises(SharesWrong, match="few"):
            combine(chosen)


def test_multiplication_is_that_of_the_aes_standard() -> None:
    assert _multiply(0x57, 0x83) == 0xC1  # FIPS 197 §4.2
    assert _multiply(0x57, 0x13) == 0xFE  # FIPS 197 §4.2.1


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_the_field_is_a_field(a: int, b: int, c: int) -> None:
    assert _multiply(a, b) == _multiply(b, a)
    assert _multiply(a, b ^ c) == _multiply(a, b) ^ _multiply(a, c)
    assert _multiply(a, _multiply(b, c)) == _multiply(_multiply(a, b), c)


def test_shares_of_two_secrets_are_not_mixed() -> None:
    one, other = split(SECRET, 2, 3), split(bytes(32), 2, 3)
    with pytest.raises(SharesWrong, match="different"):
        combine([one[0], other[1]])
    with pytest.raises(SharesWrong, match="twice"):
        combine([one[0], one[0]])


def test_a_share_is_typed_as_it_is_printed_and_a_slip_is_noticed() -> None:
    for share in split(SECRET, 3, 5):
        line = str(share)
        assert parse(line) == share
        assert parse(line.upper().replace("TRA-SHARE-1", "tra-share-1")) == share
        for at in range(len("tra-share-1 "), len(line)):
            wrong = "a" if line[at] != "a" else "b"
            if line[at] != " ":
                with pytest.raises(SharesWrong):
                    parse(line[:at] + wrong + line[at + 1 :])


@pytest.mark.parametrize(("threshold", "shares"), [(1, 3), (4, 3), (2, 256), (0, 0)])
def test_numbers_that_make_no_sense_are_refused(threshold: int, shares: int) -> None:
    with pytest.raises(ValueError, match="custodians"):
        split(SECRET, threshold, shares)


@pytest.mark.parametrize("line", ["", "  ", "\u2028", "tra-share-1", "tra-share-1 ក"])
def test_a_line_that_is_no_share_is_mistyped(line: str) -> None:
    with pytest.raises(SharesWrong, match="mistyped"):
        parse(line)
