"""Sealed documents, hurt in every way that a machine thinks of: none of them may pass.

`python -m tests.fuzz COUNT [SEED]` runs many over all cores (`make fuzz`); the suite runs a few
hundred. The same seed gives the same mutations.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from signing import policies
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.register import Registered
from signing.rules.report import Indication
from signing.rules.validation import validate


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that passes, and what it passes by. `register`: fingerprints that we issued."""

    name: str
    document: bytes
    anchors: Anchors
    register: frozenset[str]
    at: int


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was done, and what came of it."""

    said: str
    document: bytes


def passes(sample: Sample, document: bytes) -> bool:
    """The verdict as the service gives it, register and all."""
    evidence = gather(document, sample.anchors)
    register = {fingerprint: Registered() for fingerprint in sample.register}
    return (
        validate(evidence, register, sample.at, policies.default()).indication
        is Indication.TOTAL_PASSED
    )


def mutations(sample: Sample, count: int, seed: int) -> Iterator[Mutation]:
    """Different documents, each by one mutation of the sample."""
    dice = random.Random(f"{sample.name} {seed}")
    made = 0
    while made < count:
        mutate = dice.choice(WAYS)
        said, document = mutate(sample.document, dice)
        if not _earlier_state(sample.document, document):
            made += 1
            yield Mutation(f"{sample.name}: {mutate.__name__} {said}", document)


def survivors(sample: Sample, count: int, seed: int) -> list[str]:
    """What was done to those that pass all the same."""
    return [
        mutation.said
        for mutation in mutations(sample, count, seed)
        if passes(sample, mutation.document)
    ]


Mutated = tuple[str, bytes]
Way = Callable[[bytes, random.Random], Mutated]


def flip_a_bit(document: bytes, dice: random.Random) -> Mutated:
    place, bit = dice.randrange(len(document)), dice.randrange(8)
    return f"{place}.{bit}", _put(document, place, bytes([document[place] ^ 1 << bit]))


def flip_a_bit_that_no_signature_covers(document: bytes, dice: random.Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, bit = dice.randrange(start, end), dice.randrange(8)
    return f"{place}.{bit}", _put(document, place, bytes([document[place] ^ 1 << bit]))


def change_a_byte_that_no_signature_covers(document: bytes, dice: random.Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, byte = dice.randrange(start, end), dice.choice(b" \t\r\n\x00\x0c%/<>[]()09afAF")
    return f"{place} {byte:02x}", _put(document, place, bytes([byte]))


def change_an_octet_of_a_signature(document: bytes, dice: random.Random) -> Mutated:
    """One octet of the CMS, written as the hexadecimal digits around it are."""
    start, end = _encoded(document, dice)
    place = start + 2 * dice.randrange((end - start) // 2)
    octet = bytes.fromhex(document[place : place + 2].decode())[0] ^ 1 << dice.randrange(8)
    digits = b"%02x" % octet if document[start:end].islower() else b"%02X" % octet
    return f"{place} {digits.decode()}", _put(document, place, digits)


def change_the_case_of_a_digit(document: bytes, dice: random.Random) -> Mutated:
    start, end = _encoded(document, dice)
    place = dice.randrange(start, end)
    return f"{place}", _put(document, place, document[place : place + 1].swapcase())


def cut(document: bytes, dice: random.Random) -> Mutated:
    place, length = dice.randrange(len(document)), _length(dice)
    return f"{place}+{length}", document[:place] + document[place + length :]


def cut_off_the_end(document: bytes, dice: random.Random) -> Mutated:
    last = document.rfind(b"/ByteRange")
    place = dice.randrange(last, len(document))
    return f"{place}", document[:place]


def insert(document: bytes, dice: random.Random) -> Mutated:
    place, more = dice.randrange(len(document) + 1), dice.randbytes(_length(dice))
    return f"{place}+{len(more)}", document[:place] + more + document[place:]


def insert_space(document: bytes, dice: random.Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, more = dice.randrange(start, end + 1), dice.choice((b" ", b"\n", b"\r\n", b"%x\n"))
    return f"{place} {more!r}", document[:place] + more + document[place:]


def repeat(document: bytes, dice: random.Random) -> Mutated:
    place, length = dice.randrange(len(document)), _length(dice)
    part = document[place : place + length]
    return f"{place}+{length}", document[:place] + part + document[place:]


def copy_over(document: bytes, dice: random.Random) -> Mutated:
    source, target, length = (*(dice.randrange(len(document)) for _ in range(2)), _length(dice))
    part = document[source : source + length]
    return f"{source}→{target}+{len(part)}", _put(document, target, part)[: len(document)]


def swap_objects(document: bytes, dice: random.Random) -> Mutated:
    (a, b), (c, d) = sorted(dice.sample(_objects(document), 2))
    swapped = document[:a] + document[c:d] + document[b:c] + document[a:b] + document[d:]
    return f"{a} {c}", swapped


def swap_streams(document: bytes, dice: random.Random) -> Mutated:
    """The contents of two objects under each other's number, places put right."""
    (a, b), (c, d) = sorted(dice.sample(_objects(document), 2))
    one, other = (part.split(b"obj", 1) for part in (document[a:b], document[c:d]))
    first, second = one[0] + b"obj" + other[1], other[0] + b"obj" + one[1]
    swapped = document[:a] + first + document[b:c] + second + document[d:]
    return f"{a} {c}", _with_places(swapped)


def cut_an_object(document: bytes, dice: random.Random) -> Mutated:
    start, end = dice.choice(_objects(document))
    return f"{start}", _with_places(document[:start] + document[end:])


def repeat_an_object(document: bytes, dice: random.Random) -> Mutated:
    start, end = dice.choice(_objects(document))
    return f"{start}", _with_places(document[:end] + document[start:end] + document[end:])


def add_an_increment(document: bytes, dice: random.Random) -> Mutated:
    """One object of the file written again at its end, by the book."""
    start, end = dice.choice(_objects(document))
    again = document[start:end]
    number = int(again.split()[0])
    size = max(int(said) for said in re.findall(rb"/Size (\d+)", document))
    previous = int(re.findall(rb"startxref\s+(\d+)", document)[-1])
    place = len(document) + len(again)
    return f"{number}", document + again + (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Prev %d >>\n"
        b"startxref\n%d\n%%%%EOF\n"
    ) % (number, len(document), size, previous, place)


def cut_a_revision(document: bytes, dice: random.Random) -> Mutated:
    ends = [match.end() for match in re.finditer(rb"%%EOF\n?", document)][:-1]
    begin, end = sorted(dice.sample([0, *ends, len(document)], 2))
    return f"{begin}-{end}", document[:begin] + document[end:]


WAYS: tuple[Way, ...] = (
    flip_a_bit,
    flip_a_bit_that_no_signature_covers,
    flip_a_bit_that_no_signature_covers,
    change_a_byte_that_no_signature_covers,
    change_an_octet_of_a_signature,
    change_an_octet_of_a_signature,
    change_the_case_of_a_digit,
    cut,
    cut_off_the_end,
    insert,
    insert_space,
    repeat,
    copy_over,
    swap_objects,
    swap_streams,
    cut_an_object,
    repeat_an_object,
    add_an_increment,
    cut_a_revision,
)


def _earlier_state(document: bytes, mutated: bytes) -> bool:
    """Whether it is the document itself, or what it was before its last revision: that was
    sealed too, and is what it says."""
    return document.startswith(mutated) and mutated.endswith(b"%%EOF\n")


def _put(document: bytes, place: int, part: bytes) -> bytes:
    return document[:place] + part + document[place + len(part) :]


def _length(dice: random.Random) -> int:
    return 1 << dice.randrange(10)


def _gaps(document: bytes) -> list[tuple[int, int]]:
    """Where the hexadecimal strings of the signatures are, brackets included."""
    found = re.finditer(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) \d+", document)
    return [(int(match[1]), int(match[2])) for match in found]


def _uncovered(document: bytes) -> list[tuple[int, int]]:
    ranges = re.findall(rb"/ByteRange\s*\[\s*0 \d+ (\d+) (\d+)", document)
    end = max(int(after) + int(rest) for after, rest in ranges)
    tail = [(end, len(document))] if end < len(document) else []
    return [*_gaps(document)[-1:], *tail]


def _encoded(document: bytes, dice: random.Random) -> tuple[int, int]:
    """The digits of a signature's encoding, padding left out."""
    start, end = dice.choice(_gaps(document))
    digits = document[start + 1 : end - 1]
    length = 4 + int(digits[4:8], 16)
    return start + 1, start + 1 + 2 * length


def _objects(document: bytes) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(rb"\d+ 0 obj\n.*?endobj\n", document, re.DOTALL)]


def _with_places(document: bytes) -> bytes:
    """The last cross-reference table made right again, for objects after its predecessor."""
    table = document.rfind(b"\nxref\n") + 1
    if not table:
        return document
    start = document.rfind(b"%%EOF", 0, table)
    out = document
    entry = re.compile(rb"(\d{10}) 00000 n")
    places = sorted(int(m[1]) for m in entry.finditer(document, table))
    now = [
        m.start() for m in re.finditer(rb"(?<=\n)\d+ 0 obj", document[:table]) if m.start() > start
    ]
    moved = dict(zip(places, now, strict=False))
    out = document[:table] + entry.sub(
        lambda m: b"%010d 00000 n" % moved.get(int(m[1]), int(m[1])), document[table:]
    )
    return re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n%d\n%%%%EOF\n" % table, out)
