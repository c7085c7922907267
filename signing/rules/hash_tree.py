"""Reduced hash trees (RFC 4998 §4.2, §4.3): what one time-stamp over many objects is over."""

from collections.abc import Callable, Collection, Sequence

Digest = Callable[[bytes], bytes]


def root(lists: Sequence[Sequence[bytes]], members: Collection[bytes], digest: Digest) -> bytes:
    """The hash that is stamped, from the lists of a reduced tree, where the hashes `members` are in
    the first; without lists, it is their own. Raises ValueError where one is not in it."""
    if not lists:
        return node(tuple(members), digest)
    first, *rest = lists
    if not members or not set(members) <= set(first):
        raise ValueError("not in the first list")
    reached = node(first, digest)
    for siblings in rest:
        reached = node((*siblings, reached), digest)
    return reached


def node(hashes: Sequence[bytes], digest: Digest) -> bytes:
    """The hash over some, in ascending order; of one alone it is that. Raises ValueError for
    none."""
    if not hashes:
        raise ValueError("a list of nothing")
    return hashes[0] if len(hashes) == 1 else digest(b"".join(sorted(hashes)))


def renewed(member: bytes, sequence: bytes, digest: Digest) -> bytes:
    """What a tree by another hash function is over (§5.2): an object's hash by that function, with
    that of the encoded sequence of all that was before."""
    return digest(member + digest(sequence))
