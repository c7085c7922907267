"""Reduced hash trees: whoever is in one can be followed to its root, and nobody else."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.rules.hash_tree import node, renewed, root

Lists = list[list[bytes]]


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=24, unique=True).map(
    lambda contents: [digest(one) for one in contents]
)


def reduced(groups: Sequence[Sequence[bytes]], arity: int, member: bytes) -> tuple[Lists, bytes]:
    """The lists for one member of a tree with so many children, and its root."""
    row = [node(group, digest) for group in groups]
    [own] = [group for group in groups if member in group]
    lists, reached = [list(own)], node(own, digest)
    while len(row) > 1:
        parents = [row[at : at + arity] for at in range(0, len(row), arity)]
        [around] = [one for one in parents if reached in one]
        lists.append([one for one in around if one != reached])
        row = [node(one, digest) for one in parents]
        reached = node(around, digest)
    return [one for one in lists if one], row[0]


trees = st.tuples(leaves, st.integers(2, 5), st.integers(1, 4), st.randoms(use_true_random=False))


@given(trees)
def test_every_member_leads_to_the_root_and_no_other_hash_does(
    tree: tuple[list[bytes], int, int, object],
) -> None:
    hashes, arity, size, _ = tree
    groups = [hashes[at : at + size] for at in range(0, len(hashes), size)]
    for member in hashes:
        lists, top = reduced(groups, arity, member)
        assert root(lists, [member], digest) == top
        with pytest.raises(ValueError, match="not in the first list"):
            root(lists, [digest(b"another" + member)], digest)


@given(trees, st.data())
def test_a_list_that_was_changed_leads_to_another_root(
    tree: tuple[list[bytes], int, int, object], data: st.DataObject
) -> None:
    hashes, arity, size, _ = tree
    groups = [hashes[at : at + size] for at in range(0, len(hashes), size)]
    member = data.draw(st.sampled_from(hashes))
    lists, top = reduced(groups, arity, member)
    number = data.draw(st.integers(0, len(lists) - 1))
    place = data.draw(st.integers(0, len(lists[number]) - 1))
    old = lists[number][place]
    lists[number][place] = bytes((old[0] ^ 1,)) + old[1:]
    try:
        assert root(lists, [member], digest) != top
    except ValueError:
        assert old == member


@given(leaves, st.randoms(use_true_random=False))
def test_the_order_within_a_list_says_nothing(hashes: list[bytes], dice: object) -> None:
    mixed = list(hashes)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert node(mixed, digest) == node(hashes, digest)
    assert root([mixed], hashes, digest) == root([hashes], hashes[:1], digest)


def test_one_alone_is_its_own_root() -> None:
    only = digest(b"only")
    assert root([], [only], digest) == root([[only]], [only], digest) == only
    assert root([], [only, digest(b"b")], digest) == node([only, digest(b"b")], digest)


@pytest.mark.parametrize("lists", [[[]], [[digest(b"b")]], [[digest(b"b")], [digest(b"a")]]])
def test_what_is_not_in_the_first_list_is_in_no_tree(lists: Lists) -> None:
    with pytest.raises(ValueError, match="not in the first list"):
        root(lists, [digest(b"a")], digest)


def test_of_nothing_there_is_no_proof() -> None:
    with pytest.raises(ValueError, match="not in the first list"):
        root([[digest(b"a")]], [], digest)
    with pytest.raises(ValueError, match="a list of nothing"):
        root([], [], digest)


def test_a_renewed_tree_is_over_the_object_and_all_that_was_before() -> None:
    member = digest(b"object")
    assert renewed(member, b"before", digest) == digest(member + digest(b"before"))
    assert renewed(member, b"before", digest) != renewed(member, b"after", digest)
