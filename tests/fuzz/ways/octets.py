"""Ways to hurt any file."""

from collections.abc import Callable
from random import Random

Mutated = tuple[str, bytes]
"""What was done, and what came of it."""

Way = Callable[[bytes, Random], Mutated]

_ENDS = (b" ", b"\n", b"\r\n", b"\x00", b"\t", b"x", b"\xef\xbb\xbf")


def flip_a_bit(document: bytes, dice: Random) -> Mutated:
    place, bit = dice.randrange(len(document)), dice.randrange(8)
    return f"{place}.{bit}", put(document, place, bytes([document[place] ^ 1 << bit]))


def cut(document: bytes, dice: Random) -> Mutated:
    place, size = dice.randrange(len(document)), length(dice)
    return f"{place}+{size}", document[:place] + document[place + size :]


def insert(document: bytes, dice: Random) -> Mutated:
    place, more = dice.randrange(len(document) + 1), dice.randbytes(length(dice))
    return f"{place}+{len(more)}", document[:place] + more + document[place:]


def repeat(document: bytes, dice: Random) -> Mutated:
    place, size = dice.randrange(len(document)), length(dice)
    part = document[place : place + size]
    return f"{place}+{size}", document[:place] + part + document[place:]


def copy_over(document: bytes, dice: Random) -> Mutated:
    source, target = (dice.randrange(len(document)) for _ in range(2))
    part = document[source : source + length(dice)]
    return f"{source}→{target}+{len(part)}", put(document, target, part)[: len(document)]


def swap_blocks(document: bytes, dice: Random) -> Mutated:
    a, b, c = sorted(dice.randrange(len(document) + 1) for _ in range(3))
    swapped = document[:a] + document[b:c] + document[a:b] + document[c:]
    return f"{a} {b} {c}", swapped


def add_at_an_end(document: bytes, dice: Random) -> Mutated:
    more = dice.choice(_ENDS)
    front = dice.random() < 0.5
    return f"{more!r} {front}", more + document if front else document + more


def put(document: bytes, place: int, part: bytes) -> bytes:
    return document[:place] + part + document[place + len(part) :]


def length(dice: Random) -> int:
    return 1 << dice.randrange(10)


WAYS: tuple[Way, ...] = (flip_a_bit, cut, insert, repeat, copy_over, swap_blocks, add_at_an_end)
