"""The revision that carries validation data, written in one way only (EN 319 142-1 §5.4.2).

No signature covers it, so a verifier makes it again from the data that it holds: what differs in
one byte was changed. The form is therefore fixed; a new form would be one more, beside this one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.seal import ValidationData

_START: Final = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z")
_KINDS: Final = (
    ("/Certs", DecodePurpose.CERTIFICATE),
    ("/OCSPs", DecodePurpose.OCSP_RESPONSE),
    ("/CRLs", DecodePurpose.CRL),
)


@dataclass(frozen=True, slots=True)
class _Store:
    """A document security store: its object, and what it refers to, by kind."""

    number: int
    references: tuple[tuple[int, ...], ...]
    data: tuple[tuple[bytes, ...], ...]


def write(document: bytes, data: ValidationData) -> bytes:
    """What is appended to a document whose store is an object of its own; raises ValueError.

    Data that the store has already are left out; what is new comes in the order of its encoding.
    """
    reader = PdfFileReader(BytesIO(document))
    store = _store(reader)
    start = _START.search(document[-64:])
    if store is None or start is None or not document.endswith(b"\n"):
        raise ValueError("no store, or no end, to write after")
    previous = int(start[1])
    number = int(reader.trailer["/Size"])
    streams: list[tuple[int, bytes]] = []
    arrays = []
    for (name, _), had, references, offered in zip(
        _KINDS, store.data, store.references, _parts(data), strict=True
    ):
        new = sorted(set(offered) - set(had))
        numbers = range(number, number + len(new))
        streams += zip(numbers, new, strict=True)
        number += len(new)
        listed = b" ".join(b"%d 0 R" % one for one in (*references, *numbers))
        arrays.append(b"%s [ %s ]" % (name.encode(), listed))
    objects = [(store.number, b"<< /Type /DSS %s >>" % b" ".join(arrays))]
    objects += [(one, _stream(b"", content)) for one, content in streams]
    return _increment(reader, document, previous, objects, number)


def read_new(before: bytes, after: bytes) -> ValidationData | None:
    """The data that a later revision put into the store; None where there is none."""
    had, has = (_store(PdfFileReader(BytesIO(one))) for one in (before, after))
    if had is None or has is None:
        return None
    new = (
        tuple(data for data, at in zip(held, listed, strict=True) if at not in known)
        for held, listed, known in zip(has.data, has.references, had.references, strict=True)
    )
    return ValidationData(*new)


def _store(reader: PdfFileReader) -> _Store | None:
    root = reader.root
    reference = root.raw_get("/DSS") if "/DSS" in root else None
    if not isinstance(reference, generic.IndirectObject):
        return None
    held = reference.get_object()
    references = tuple(
        tuple(one.idnum for one in list.__iter__(held[name])) if name in held else ()
        for name, _ in _KINDS
    )
    data = tuple(
        tuple(_data(one, purpose) for one in list.__iter__(held[name])) if name in held else ()
        for name, purpose in _KINDS
    )
    return _Store(reference.idnum, references, data)


def _data(reference: Any, purpose: DecodePurpose) -> bytes:
    return bytes(reference.get_object().read_data(purpose))


def _parts(data: ValidationData) -> tuple[tuple[bytes, ...], ...]:
    return data.certificates, data.ocsps, data.crls


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def _increment(
    reader: PdfFileReader,
    document: bytes,
    previous: int,
    objects: list[tuple[int, bytes]],
    size: int,
) -> bytes:
    """The objects, and a cross-reference section of the kind that the document has."""
    out, places = bytearray(), []
    for number, content in objects:
        places.append((number, len(document) + len(out)))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(document) + len(out)
    by_table = document.startswith(b"xref", previous)
    if not by_table:
        places.append((size, table))
        size += 1
    trailer = _trailer(reader, size, previous)
    if by_table:
        out += b"xref\n"
        for first, run in _runs(places):
            out += b"%d %d\n" % (first, len(run))
            out += b"".join(b"%010d 00000 n \n" % place for place in run)
        out += b"trailer\n<< %s >>\n" % trailer
    else:
        index = b" ".join(b"%d %d" % (first, len(run)) for first, run in _runs(places))
        entries = b"/Type /XRef /W [ 1 4 2 ] /Index [ %s ] %s " % (index, trailer)
        rows = b"".join(
            b"\x01" + place.to_bytes(4) + b"\x00\x00" for _, run in _runs(places) for place in run
        )
        out += b"%d 0 obj\n%s\nendobj\n" % (size - 1, _stream(entries, rows))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % table


def _runs(places: Iterable[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    """Places by object number, gathered where the numbers follow one another."""
    runs: list[tuple[int, list[int]]] = []
    for number, place in sorted(places):
        if runs and number == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(place)
        else:
            runs.append((number, [place]))
    return runs


def _trailer(reader: PdfFileReader, size: int, previous: int) -> bytes:
    entries = [b"/Size %d" % size]
    for name in ("/Root", "/Info"):
        reference = reader.trailer.raw_get(name) if name in reader.trailer else None
        if isinstance(reference, generic.IndirectObject):
            entries.append(b"%s %d %d R" % (name.encode(), reference.idnum, reference.generation))
    if "/ID" in reader.trailer:
        both = b" ".join(b"<%s>" % _octets(one).hex().encode() for one in reader.trailer["/ID"])
        entries.append(b"/ID [ %s ]" % both)
    return b" ".join((*entries, b"/Prev %d" % previous))


def _octets(text: Any) -> bytes:
    return bytes(getattr(text, "original_bytes", text))
