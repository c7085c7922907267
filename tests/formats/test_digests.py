"""What begins alike is hashed once, and its hashes are as if it were hashed each time."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.formats import primitives
from signing.formats.digests import Covered, Digests, Hashed

DOCUMENT = bytes(range(256)) * 4
NAMES = ("sha1", "sha256", "sha512", "sha3_256", "shake256", "ripemd160")

places = st.integers(0, len(DOCUMENT) + 9)
ranges = st.tuples(st.sampled_from((0, 0, 0, 5)), places, places, places)
asked = st.lists(st.tuples(st.sampled_from(NAMES[:4]), ranges), max_size=6)


@given(asked, st.none() | places)
def test_in_whatever_order_they_are_asked_for(
    of: list[tuple[str, tuple[int, int, int, int]]], begun: int | None
) -> None:
    digests = Digests(DOCUMENT, None if begun is None else Hashed(DOCUMENT[:begun]))
    for name, (start, before, after, rest) in of:
        covered = DOCUMENT[start : start + before] + DOCUMENT[after : after + rest]
        found = Covered(digests, (start, before, after, rest))
        assert found.digest(name) == hashlib.new(name, covered).digest()
        assert found.whole() == covered
    assert digests.whole() == hashlib.sha256(DOCUMENT).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_by_every_function(name: str) -> None:
    digests = Digests(DOCUMENT)
    for before in (700, 300, 900):
        found = Covered(digests, (0, before, 950, 40)).digest(name)
        assert found == primitives.digest(name, DOCUMENT[:before], DOCUMENT[950:990])


def test_not_by_one_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="unsupported hash type"):
        Covered(Digests(DOCUMENT), (0, 1, 2, 3)).digest("sha257")


def test_a_part_is_put_behind_them_once() -> None:
    hashed = Hashed(DOCUMENT)
    first = hashed.followed_by(b"part")
    assert first == DOCUMENT + b"part"
    assert hashed.followed_by(b"part") is first
    assert hashed.followed_by(b"another") == DOCUMENT + b"another"
    assert hashed.followed_by(b"") == DOCUMENT
