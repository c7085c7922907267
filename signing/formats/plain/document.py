"""A plain PDF: its bytes, its cross-reference sections, and its objects as they are asked for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from signing.formats.plain.lexer import NotPlain, Value, octets, parse
from signing.formats.plain.sections import (
    Place,
    Section,
    last_start,
    natural,
    read_header,
    read_sections,
    stream_at,
    unpack,
)

_HEADER: Final = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n]")
_ENDS: Final = re.compile(rb"[\t\n\r ]*+endobj(?![^\t\n\r %])")
_SIMPLE: Final = re.compile(rb"([1-9]\d{0,7}) 0 obj\n<< /Length (\d{1,10}) >>\nstream\n")
_ENDS_SIMPLY: Final = b"\nendstream\nendobj\n"
"""A stream of which nothing is said but its length, as `pades.revision` writes it."""

_PACKED_BYTES: Final = 32 * 1024 * 1024
"""What the object streams of a document may hold together."""

_KEPT: Final = 4_096
"""Objects that are kept as they were read."""


class Held(NamedTuple):
    """An object: its value, what it refers to, its tokens, and its stream (where, how long)."""

    value: Value
    references: list[int]
    tokens: list[bytes]
    stream: tuple[int, int] | None


@dataclass(eq=False)
class Plain:
    """A document, or its first `end` bytes. Sections stand with the newest first."""

    text: bytes = field(repr=False)
    end: int
    sections: tuple[Section, ...]
    _places: dict[int, Place] = field(default_factory=dict, repr=False)
    _trailer: dict[bytes, Value] = field(default_factory=dict, repr=False)
    _packed: dict[int, "_Packed"] = field(default_factory=dict, repr=False)
    _read: dict[int, Held] = field(default_factory=dict, repr=False)
    _budget: int = _PACKED_BYTES

    def __post_init__(self) -> None:
        for section in reversed(self.sections):
            self._places |= section.places
            for freed in section.listed.free & self._places.keys():
                del self._places[freed]
            self._trailer |= section.trailer
        # Every trailer repeats what stands (ISO 32000-2 §7.5.6): /Prev is its own.
        self._trailer.pop(b"/Prev", None)

    @property
    def version(self) -> bytes:
        """As the header has it: `1.7`."""
        header = _HEADER.match(self.text)
        if header is None:
            raise NotPlain("an odd header")
        return header[1]

    @property
    def trailer(self) -> dict[bytes, Value]:
        return self._trailer

    @property
    def numbers(self) -> Iterable[int]:
        """Every object that some section places."""
        return self._places.keys()

    def place(self, number: int) -> Place:
        """Where an object stands; raises NotPlain where there is none."""
        if number not in self._places:
            raise NotPlain("a reference to nothing")
        return self._places[number]

    def read(self, number: int) -> Held:
        """An object; raises NotPlain."""
        found = self._read.get(number)
        if found is None:
            found = self._read_at(number, self.place(number))
            if len(self._read) < _KEPT:
                self._read[number] = found
        return found

    def _read_at(self, number: int, place: Place) -> Held:
        if not isinstance(place, int):
            return self._unpacked(number, *place)
        found, at = read_header(self.text, place, self.end)
        if found != number:
            raise NotPlain("another object than the one that should be there")
        parsed = parse(self.text, at, self.end)
        if isinstance(parsed.value, int):
            raise NotPlain("a reference that is an object")
        if _ENDS.match(self.text, parsed.end, self.end):
            return Held(parsed.value, parsed.references, parsed.tokens, None)
        if not isinstance(parsed.value, dict):
            raise NotPlain("a value and something else")
        length = self._length(parsed.value.get(b"/Length"))
        stream = stream_at(self.text, parsed.end, self.end, length)
        return Held(parsed.value, parsed.references, parsed.tokens, stream)

    def follow(self, value: Value) -> Value:
        """What a value refers to, where it is a reference; no stream."""
        if not isinstance(value, int):
            return value
        held = self.read(value)
        if held.stream is not None:
            raise NotPlain("a stream where none belongs")
        return held.value

    def dictionary(self, value: Value | None) -> dict[bytes, Value]:
        """A dictionary, or the one referred to; raises NotPlain."""
        found = self.follow(value) if value is not None else None
        if not isinstance(found, dict):
            raise NotPlain("no dictionary")
        return found

    def stream(self, number: int) -> bytes:
        """The bytes of a stream without filters; raises NotPlain."""
        place = self.place(number)
        simple = _SIMPLE.match(self.text, place, self.end) if isinstance(place, int) else None
        if simple is not None and int(simple[1]) == number:
            start, ends = simple.end(), simple.end() + int(simple[2])
            if self.text.startswith(_ENDS_SIMPLY, ends, self.end):
                return self.text[start:ends]
        held = self.read(number)
        if held.stream is None or not isinstance(held.value, dict) or b"/Filter" in held.value:
            raise NotPlain("no plain stream")
        start, length = held.stream
        return self.text[start : start + length]

    def _length(self, value: Value | None) -> int:
        if isinstance(value, int):
            place = self.place(value)
            if not isinstance(place, int):
                return natural(self._unpacked(value, *place).value)
            number, at = read_header(self.text, place, self.end)
            value = parse(self.text, at, self.end).value if number == value else None
        return natural(value)

    def _unpacked(self, number: int, carrier: int, index: int) -> Held:
        if carrier not in self._packed:
            self._packed[carrier] = self._unpack(carrier)
        packed = self._packed[carrier]
        if not 0 <= index < len(packed.numbers) or packed.numbers[index] != number:
            raise NotPlain("another object than the one that should be there")
        parsed = parse(packed.text, packed.starts[index], packed.starts[index + 1])
        if parsed.end != packed.starts[index + 1] or isinstance(parsed.value, int):
            raise NotPlain("more than a value in an object stream")
        return Held(parsed.value, parsed.references, parsed.tokens, None)

    def _unpack(self, carrier: int) -> "_Packed":
        """An object stream (ISO 32000-2 §7.5.7)."""
        if not isinstance(self.place(carrier), int):
            raise NotPlain("an object stream in another")
        held = self.read(carrier)
        entries = held.value
        if held.stream is None or not isinstance(entries, dict):
            raise NotPlain("no object stream")
        if entries.get(b"/Type") != b"/ObjStm" or b"/Extends" in entries:
            raise NotPlain("no object stream")
        start, length = held.stream
        text = unpack(self.text[start : start + length], entries, self._room(length))
        self._budget -= len(text)
        count, first = natural(entries.get(b"/N")), natural(entries.get(b"/First"))
        if not 0 <= first <= len(text) or not 0 < count <= first:
            raise NotPlain("no list of objects")
        listed = text[:first].split()
        if len(listed) != 2 * count or not all(map(bytes.isdigit, listed)):
            raise NotPlain("no list of objects")
        starts = [first + int(one) for one in listed[1::2]] + [len(text)]
        if any(one > other for one, other in pairwise(starts)):
            raise NotPlain("objects out of order")
        return _Packed(text, [int(one) for one in listed[::2]], starts)

    def _room(self, length: int) -> int:
        """What an object stream of so many bytes may unpack to; pyHanko allows no less."""
        return min(self._budget, max(4 * 1024 * 1024, 100 * length))


@dataclass(frozen=True, slots=True)
class _Packed:
    text: bytes
    numbers: list[int]
    starts: list[int]


def read_plain(text: bytes, base: Plain | None = None) -> Plain:
    """The document, where it is plain; raises NotPlain. `base`: what it begins with."""
    known = base.sections if base is not None else ()
    return Plain(text, len(text), read_sections(text, len(text), known))


def until(held: Plain, end: int) -> Plain:
    """What a document was when it ended there; raises NotPlain."""
    if end == held.end:
        return held
    older = tuple(section for section in held.sections if section.place < end)
    if not older or last_start(held.text, end) != older[0].place:
        raise NotPlain("no end of a revision")
    return Plain(held.text, end, older)


def references(value: Value) -> Iterator[int]:
    """Every object that a value refers to."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from references(one)


def identifier(trailer: dict[bytes, Value]) -> tuple[bytes, bytes] | None:
    """The two strings of /ID (ISO 32000-2 §14.4), where it has one; raises NotPlain."""
    value = trailer.get(b"/ID", b"null")
    if value == b"null":
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise NotPlain("an odd identifier")
    first, second = map(octets, value)
    return first, second
