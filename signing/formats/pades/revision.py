"""A revision: objects and their cross-references, appended to a document (ISO 32000-2 §7.5.6).

What is written follows from the document and the objects alone, so that it can be made again.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader


class Revision:
    """What will be appended. Numbers of new objects follow the document's own."""

    def __init__(self, document: bytes, reader: PdfFileReader) -> None:
        self._reader = reader
        self._previous = int(reader.last_startxref or 0)
        self._by_table = document.startswith(b"xref", self._previous)
        self._at = len(document)
        self._next = int(reader.trailer["/Size"])
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
        out, places, size = bytearray(), [], self._next
        for number, generation, content in self._objects:
            places.append((number, generation, self._at + len(out)))
            out += b"%d %d obj\n%s\nendobj\n" % (number, generation, content)
        table = self._at + len(out)
        if not self._by_table:
            places.append((size, 0, table))
            size += 1
        trailer = self._trailer(size)
        if self._by_table:
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
        trailer = self._reader.trailer
        entries = [b"/Size %d" % size]
        for name in ("/Root", "/Info"):
            reference = trailer.raw_get(name) if name in trailer else None
            if isinstance(reference, generic.IndirectObject):
                where = name.encode(), reference.idnum, reference.generation
                entries.append(b"%s %d %d R" % where)
        if "/ID" in trailer:
            both = b" ".join(b"<%s>" % _octets(one).hex().encode() for one in trailer["/ID"])
            entries.append(b"/ID [ %s ]" % both)
        return b" ".join((*entries, b"/Prev %d" % self._previous))


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
