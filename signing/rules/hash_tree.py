"""Hash trees (RFC 4998 §4.2, §4.3): what one time-stamp over many objects is over, and what each of
these needs to show that it is among them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

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


Lists = tuple[tuple[bytes, ...], ...]
"""Of a reduced tree."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of pairs over hashes: its levels, the hashes first, the root last."""

    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def over(cls, members: Sequence[bytes], digest: Digest) -> "Tree":
        """Raises ValueError for none."""
        if not members:
            raise ValueError("a tree of nothing")
        levels = [tuple(members)]
        while len(levels[-1]) > 1:
            below = levels[-1]
            pairs = range(0, len(below), 2)
            levels.append(tuple(node(below[at : at + 2], digest) for at in pairs))
        return cls(tuple(levels))

    @property
    def root(self) -> bytes:
        """What is stamped."""
        return self.levels[-1][0]

    def reduced(self, place: int) -> Lists:
        """What one of the hashes needs to reach the root (§4.2): itself with its neighbour, then
        the neighbours of the nodes above. What has none at its level has one higher up; of one hash
        alone there are no lists."""
        own, found = self.levels[0][place], list[tuple[bytes, ...]]()
        for level in self.levels[:-1]:
            beside = level[place ^ 1 : (place ^ 1) + 1]
            if beside:
                found.append(beside if found else tuple(sorted((own, *beside))))
            place //= 2
        return tuple(found)


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
