"""Cross-reference sections, read strictly: tables or streams, each a whole revision's
(ISO 32000-2 §7.5.4 to §7.5.8)."""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from signing.formats.plain.lexer import NotPlain, Value, parse

REVISIONS: Final = 256
OBJECTS: Final = 200_000

_START: Final = re.compile(
    rb"[\r\n]startxref(?:\r\n?|\n)(\d{1,10})(?:\r\n?|\n)%%EOF(?:\r\n?|\n)?\Z"
)
_START_WITHIN: Final = 64
_TABLE: Final = re.compile(rb"xref[ ]?(?:\r\n?|\n)")
_RUN: Final = re.compile(rb"(\d{1,8}) (\d{1,6})[ ]?(?:\r\n?|\n)")
_IN_USE: Final = re.compile(rb"(?:\d{10} 00000 n(?: \n| \r|\r\n))*+\Z")
_FREE: Final = re.compile(rb"\d{10} (?:65535|000\d\d) f(?: \n| \r|\r\n)")
_ENTRIES: Final = re.compile(rb"(?:\d{10} (?:00000 n|65535 f|000\d\d f)(?: \n| \r|\r\n))*+\Z")
_ENTRY_BYTES: Final = 20
_TRAILER: Final = re.compile(rb"trailer[\t\n\r ]*+")
_OBJECT: Final = re.compile(rb"([1-9]\d{0,7}) 0 obj(?![^\t\n\r <\[(/])")
_STREAM: Final = re.compile(rb"stream\r?\n")
_STREAM_ENDS: Final = re.compile(rb"[\r\n]{0,2}endstream[\t\n\r ]{1,4}endobj(?![^\t\n\r %])")

_OF_THE_STREAM: Final = (b"/Length", b"/Filter", b"/DecodeParms", b"/W", b"/Type", b"/Index")
"""Entries of a cross-reference stream that say how to read it, and nothing of the document."""

_DIFFERENCES: Final = (b"/Predictor", b"/Columns")

Place = int | tuple[int, int]
"""Where an object begins; or the number of its object stream, and its index there."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `stream` is the number of the object that it is, where it is one; `previous`
    where the one before it begins."""

    place: int
    stream: int | None
    listed: "Listed"
    trailer: Mapping[bytes, Value]
    size: int
    previous: int | None

    @property
    def places(self) -> Mapping[int, Place]:
        return self.listed.places


@dataclass(slots=True)
class Listed:
    """What a section lists: objects, and numbers that are free."""

    places: dict[int, Place] = field(default_factory=dict)
    free: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.places) + len(self.free)


def last_start(text: bytes, end: int) -> int:
    """What `startxref` says at the end of a document."""
    found = _START.search(text, max(0, end - _START_WITHIN), end)
    if found is None:
        raise NotPlain("it does not end as it should")
    return int(found[1])


def read_sections(text: bytes, end: int, known: tuple[Section, ...] = ()) -> tuple[Section, ...]:
    """All sections, the newest first. Where the chain comes to the first of `known`, those
    follow."""
    sections: list[Section] = []
    seen: set[int] = set()
    place: int | None = last_start(text, end)
    while place is not None:
        if known and place == known[0].place:
            sections += known
            break
        if place in seen or len(seen) >= REVISIONS or place >= end:
            raise NotPlain("a chain of sections that does not end")
        seen.add(place)
        sections.append(_section(text, place, end))
        if sum(len(section.listed) for section in sections) > OBJECTS:
            raise NotPlain("too many objects")
        place = sections[-1].previous
    _check(sections)
    return tuple(sections)


def _check(sections: list[Section]) -> None:
    """Sizes only grow, no cross-reference stream is written over, and what is free stays so."""
    size, streams, free = 0, set[int](), set[int]()
    for section in reversed(sections):
        written = section.places.keys() | section.listed.free
        if section.size < size or not streams.isdisjoint(written):
            raise NotPlain("a section that contradicts an older one")
        if not free.isdisjoint(section.places):
            raise NotPlain("a number that was freed")
        free |= section.listed.free
        size = section.size
        if section.stream is not None:
            streams.add(section.stream)


def _section(text: bytes, place: int, end: int) -> Section:
    table = _TABLE.match(text, place, end)
    if table is None:
        return _of_stream(text, place, end)
    listed, at = _read_table(text, table.end(), end)
    trailer = parse(text, at, end).value
    if not isinstance(trailer, dict) or b"/XRefStm" in trailer:
        raise NotPlain("no trailer of one section")
    return _made(place, None, listed, trailer)


def _made(place: int, stream: int | None, listed: Listed, trailer: dict[bytes, Value]) -> Section:
    size = natural(trailer.get(b"/Size"))
    previous = trailer.get(b"/Prev")
    highest = max(max(listed.places, default=0), max(listed.free, default=0))
    if b"/Encrypt" in trailer or size > OBJECTS or highest >= size:
        raise NotPlain("encrypted, or sizes that do not fit")
    kept = {key: value for key, value in trailer.items() if key not in _OF_THE_STREAM}
    return Section(
        place, stream, listed, kept, size, natural(previous) if previous is not None else None
    )


def natural(value: Value | None) -> int:
    """A number of the document as it stands there; raises NotPlain."""
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 10:
        raise NotPlain("no number")
    return int(value)


def _read_table(text: bytes, at: int, end: int) -> tuple[Listed, int]:
    """What a table lists, and where its trailer is."""
    listed, count = Listed(), 0
    while run := _RUN.match(text, at, end):
        first, length = int(run[1]), int(run[2])
        at = run.end() + length * _ENTRY_BYTES
        if at > end or first + length > OBJECTS:
            raise NotPlain("a table that is longer than the document")
        entries = text[run.end() : at]
        if first == 0 and _FREE.match(entries):
            first, length, entries = 1, length - 1, entries[_ENTRY_BYTES:]
        _add_entries(listed, entries, range(first, first + length))
        count += length
    trailer = _TRAILER.match(text, at, end)
    if trailer is None or len(listed) != count or 0 in listed.places:
        raise NotPlain("no trailer, or an object twice")
    return listed, trailer.end()


def _add_entries(listed: Listed, entries: bytes, numbers: range) -> None:
    if _IN_USE.match(entries):
        listed.places.update(zip(numbers, map(int, entries.split()[::3]), strict=True))
        return
    if _ENTRIES.match(entries) is None:
        raise NotPlain("a table that is not as it should be")
    parts = entries.split()
    for number, place, kind in zip(numbers, parts[::3], parts[2::3], strict=True):
        if kind == b"f":
            listed.free.add(number)
        else:
            listed.places[number] = int(place)


def _of_stream(text: bytes, place: int, end: int) -> Section:
    number, at = read_header(text, place, end)
    parsed = parse(text, at, end)
    trailer = parsed.value
    if not isinstance(trailer, dict) or trailer.get(b"/Type") != b"/XRef":
        raise NotPlain("neither a table nor a stream")
    if any(not isinstance(trailer.get(key, b""), bytes | list | dict) for key in _OF_THE_STREAM):
        raise NotPlain("a reference where none can be followed")
    start, length = stream_at(text, parsed.end, end, natural(trailer.get(b"/Length")))
    widths = [natural(one) for one in _items(trailer.get(b"/W"))]
    if len(widths) != 3 or not all(width <= 8 for width in widths) or widths[0] != 1:
        raise NotPlain("odd widths")
    size = natural(trailer.get(b"/Size"))
    index = trailer.get(b"/Index", [b"0", b"%d" % size])
    numbers = list(_numbers([natural(one) for one in _items(index)]))
    expected = len(numbers) * sum(widths)
    rows = unpack(text[start : start + length], trailer, expected)
    if len(rows) != expected:
        raise NotPlain("more or fewer rows than announced")
    return _made(place, number, _rows(rows, widths, numbers), trailer)


def _items(value: Value | None) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value


def _numbers(index: list[int]) -> Iterator[int]:
    """The object numbers that /Index lists: runs in ascending order."""
    last = 0
    for first, length in zip(index[::2], index[1::2], strict=len(index) % 2 == 0):
        if first < last or first + length > OBJECTS:
            raise NotPlain("runs out of order")
        last = first + length
        yield from range(first, last)


def _rows(rows: bytes, widths: list[int], numbers: list[int]) -> Listed:
    first, second, third = widths
    step, listed = first + second + third, Listed()
    for number, start in zip(numbers, range(0, len(rows), step), strict=True):
        kind = rows[start]
        one = int.from_bytes(rows[start + 1 : start + 1 + second])
        two = int.from_bytes(rows[start + 1 + second : start + step])
        if kind > 2 or (kind == 1 and two) or (kind and not number):
            raise NotPlain("an object of another kind or generation")
        if kind:
            listed.places[number] = one if kind == 1 else (one, two)
        elif number:
            listed.free.add(number)
    return listed


def read_header(text: bytes, place: int, end: int) -> tuple[int, int]:
    """The number of the object that begins exactly there, and where its value does."""
    header = _OBJECT.match(text, place, end)
    if header is None:
        raise NotPlain("no object where one should be")
    return int(header[1]), header.end()


def stream_at(text: bytes, at: int, end: int, length: int) -> tuple[int, int]:
    """Where a stream's bytes begin, and how many they are; it ends exactly where it says."""
    begins = _STREAM.match(text, at, end)
    if begins is None or _STREAM_ENDS.match(text, begins.end() + length, end) is None:
        raise NotPlain("a stream that is not as long as it says")
    return begins.end(), length


def unpack(data: bytes, entries: Mapping[bytes, Value], at_most: int) -> bytes:
    """A stream's content: as it is, or deflated, perhaps with rows told by differences (§7.4.4)."""
    if b"/Filter" not in entries:
        if b"/DecodeParms" in entries:
            raise NotPlain("parameters of no filter")
        return data
    if entries[b"/Filter"] not in (b"/FlateDecode", [b"/FlateDecode"]):
        raise NotPlain("an unusual filter")
    parameters = entries.get(b"/DecodeParms", {})
    if isinstance(parameters, list) and len(parameters) == 1:
        [parameters] = parameters
    if not isinstance(parameters, dict):
        raise NotPlain("odd parameters")
    if not parameters:
        return inflate(data, at_most)
    predictor, columns = (natural(parameters.get(key)) for key in _DIFFERENCES)
    if len(parameters) != 2 or not 10 <= predictor <= 15 or not 0 < columns <= 32:
        raise NotPlain("odd parameters")
    return _undo_differences(inflate(data, at_most + at_most // columns), columns)


def inflate(data: bytes, at_most: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, at_most + 1)
    except zlib.error as error:
        raise NotPlain("not deflated") from error
    if not unpacking.eof or unpacking.unused_data.strip(b"\r\n") or len(content) > at_most:
        raise NotPlain("longer than announced")
    return content


def _undo_differences(content: bytes, columns: int) -> bytes:
    """Rows each less the one above (PNG's filter 2, "up")."""
    step = columns + 1
    if len(content) % step or content[::step].strip(b"\x02"):
        raise NotPlain("rows told in another way")
    rows = bytearray(len(content) // step * columns)
    for column in range(columns):
        total, out = 0, bytearray()
        for difference in content[column + 1 :: step]:
            total = (total + difference) & 0xFF
            out.append(total)
        rows[column::columns] = out
    return bytes(rows)
