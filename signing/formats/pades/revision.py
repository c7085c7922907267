"""A revision: objects and their cross-references, appended to a document (ISO 32000-2 §7.5.6).

What is written follows from the document and the objects alone, so that it can be made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

Reference = tuple[int, int]
"""An object's number and generation."""


@dataclass(frozen=True, slots=True)
class End:
    """What a document says at its end, for a revision to go on from there.

    `previous` is where its newest cross-reference section begins, and `by_table` that section's
    kind; `identifier` the strings of /ID.
    """

    length: int
    previous: int
    by_table: bool
    size: int
    root: Reference | None
    info: Reference | None = None
    identifier: tuple[bytes, ...] | None = None


def opened(document: bytes) -> PdfFileReader:
    """As it should be written; else as it is. Raises whatever pyHanko does."""
    try:
        return PdfFileReader(BytesIO(document))
    except PdfReadError:
        return PdfFileReader(BytesIO(document), strict=False)


def end_of(document: bytes, reader: PdfFileReader) -> End:
    """What pyHanko finds at the end of a document."""
    previous = int(reader.last_startxref or 0)
    return end_after(document, len(document), previous, reader.trailer)


def end_after(document: bytes, length: int, previous: int, trailer: Any) -> End:
    """The same of its first bytes, by what pyHanko has for their trailer."""
    return End(
        length,
        previous,
        document.startswith(b"xref", previous),
        int(trailer["/Size"]),
        _reference(trailer, "/Root"),
        _reference(trailer, "/Info"),
        tuple(map(_octets, trailer["/ID"])) if "/ID" in trailer else None,
    )


def _reference(trailer: Any, name: str) -> Reference | None:
    found = trailer.raw_get(name) if name in trailer else None
    return (found.idnum, found.generation) if isinstance(found, generic.IndirectObject) else None


class Revision:
    """What will be appended. Numbers of new objects follow the document's own."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._next = end.size
        self._objects: list[tuple[int, int, bytes]] = []

    def number(self) -> int:
        """A number for one more object."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, content: bytes, generation: int = 0) -> None:
        """An object: a new one, or in place of the one that the document has."""
        self._objects.append((number, generation, content))

    def write(self) -> bytes:
        """The objects, and a cross-reference section of the kind that the document has."""
        out, places, size, at = bytearray(), [], self._next, self._end.length
        for number, generation, content in self._objects:
            places.append((number, generation, at + len(out)))
            out += b"%d %d obj\n%s\nendobj\n" % (number, generation, content)
        table = at + len(out)
        if not self._end.by_table:
            places.append((size, 0, table))
            size += 1
        trailer = self._trailer(size)
        if self._end.by_table:
            out += b"xref\n"
            for first, run in _runs(places):
                out += b"%d %d\n" % (first, len(run))
                out += b"".join(b"%010d %05d n \n" % place for place in run)
            out += b"trailer\n<< %s >>\n" % trailer
        else:
            index = b" ".join(b"%d %d" % (first, len(run)) for first, run in _runs(places))
            entries = b"/Type /XRef /W [ 1 4 2 ] /Index [ %s ] %s " % (index, trailer)
            rows = b"".join(
                b"\x01" + place.to_bytes(4) + generation.to_bytes(2)
                for _, run in _runs(places)
                for place, generation in run
            )
            out += b"%d 0 obj\n%s\nendobj\n" % (size - 1, stream(rows, entries))
        return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % table

    def _trailer(self, size: int) -> bytes:
        entries = [b"/Size %d" % size]
        for name, reference in ((b"/Root", self._end.root), (b"/Info", self._end.info)):
            if reference is not None:
                entries.append(b"%s %d %d R" % (name, *reference))
        if self._end.identifier is not None:
            both = b" ".join(b"<%s>" % one.hex().encode() for one in self._end.identifier)
            entries.append(b"/ID [ %s ]" % both)
        return b" ".join((*entries, b"/Prev %d" % self._end.previous))


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object's content."""
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def encoded(value: Any) -> bytes:
    """An object that was read, as it is written."""
    out = BytesIO()
    value.write_to_stream(out)
    return out.getvalue()


def _runs(places: Iterable[tuple[int, int, int]]) -> list[tuple[int, list[tuple[int, int]]]]:
    """Places and generations by object number, gathered where the numbers follow one another."""
    runs: list[tuple[int, list[tuple[int, int]]]] = []
    for number, generation, place in sorted(places):
        if runs and number == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append((place, generation))
        else:
            runs.append((number, [(place, generation)]))
    return runs


def _octets(text: Any) -> bytes:
    return bytes(getattr(text, "original_bytes", text))
