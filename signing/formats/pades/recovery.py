"""A PDF whose cross-references are broken, read by looking for its objects.

Readers that repair do so each in its own way: what is read here counts only for signatures over the
whole file, after which nothing could be put in for others to find."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from pyhanko.pdf_utils import generic

from signing.formats.pades.opening import Reader

_MOST: Final = 200_000  # objects
_LARGEST: Final = 8_388_607  # ISO 32000-1 Annex C: the number of an object

_OBJECT: Final = re.compile(
    rb"(?<![0-9])([0-9]{1,7})[\x00\t\n\f\r ]+([0-9]{1,5})[\x00\t\n\f\r ]+obj\b"
)
_BODY: Final = re.compile(rb"endobj\b|stream\r?\n")
_END_OF_STREAM: Final = re.compile(rb"endstream\b")
_COMPRESSED: Final = re.compile(rb"/Type\s*/ObjStm\b")
_CATALOGUE: Final = re.compile(rb"/Type\s*/Catalog\b")
_ROOT: Final = re.compile(rb"/Root\s+([0-9]{1,7})\s+[0-9]{1,5}\s+R\b")
_ENCRYPTION: Final = re.compile(rb"/Encrypt\s+[0-9]{1,7}\s+[0-9]{1,5}\s+R\b")
_ID: Final = re.compile(rb"/ID\s*\[\s*<[0-9A-Fa-f\s]*>\s*<[0-9A-Fa-f\s]*>\s*\]")
_AFTER: Final = re.compile(rb"(?:[\x00\t\n\f\r ]|%%EOF)*\Z")

Row = tuple[int, int, int]
"""Of a cross-reference stream (ISO 32000-2 table 18)."""


class Rebuilt(Reader):
    """A document with cross-references behind its end that it didn't have."""

    def __init__(self, document: bytes) -> None:
        found = list(islice(_objects(document), _MOST))
        rows: dict[int, Row] = {number: (1, place, kept) for number, kept, place, _ in found}
        super().__init__(document + _table(document, rows, found), strict=False)
        if not any(_COMPRESSED.search(text) for *_, text in found):
            return
        rows = {}
        for number, kept, place, text in found:
            rows[number] = (1, place, kept)
            if _COMPRESSED.search(text):
                rows |= {
                    each: (2, number, at) for at, each in enumerate(self._within(number, kept))
                }
        super().__init__(document + _table(document, rows, found), strict=False)

    def _within(self, number: int, generation: int) -> list[int]:
        """The numbers of the objects in an object stream."""
        held: Any = generic.Reference(number, generation, self).get_object()
        if not isinstance(held, generic.StreamObject):
            return []
        words = held.data[: int(held["/First"])].split()[::2]
        return [int(one) for one in words if int(one) <= _LARGEST]


def covers(document: bytes, end: int) -> bool:
    """Whether nothing follows there but white space and marks of the end."""
    return _AFTER.match(document, end) is not None


def _objects(document: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Number, generation, place and text of each object; what stands in streams is none."""
    place = 0
    while (found := _OBJECT.search(document, place)) is not None:
        end = _BODY.search(document, found.end())
        place = end.end() if end is not None else len(document)
        text = document[found.end() : place]
        if end is not None and end[0] != b"endobj":
            closed = _END_OF_STREAM.search(document, place)
            place = closed.end() if closed is not None else place
        yield int(found[1]), int(found[2]), found.start(), text


def _table(
    document: bytes, rows: dict[int, Row], found: list[tuple[int, int, int, bytes]]
) -> bytes:
    """A cross-reference stream that lists these; raises IndexError where there is no catalogue."""
    roots = _ROOT.findall(document)
    catalogues = [number for number, _, _, text in found if _CATALOGUE.search(text)]
    root = int(roots[-1]) if roots and int(roots[-1]) in rows else catalogues[-1]
    own = max(rows) + 1
    place = len(document) + 1
    rows = rows | {own: (1, place, 0)}
    listed = sorted(rows)
    content = b"".join(
        kind.to_bytes(1) + where.to_bytes(5) + more.to_bytes(4)
        for kind, where, more in map(rows.__getitem__, listed)
    )
    kept = b" ".join([*_ENCRYPTION.findall(document)[-1:], *_ID.findall(document)[-1:]])
    index = b" ".join(b"%d 1" % number for number in listed)
    said = b"/Type /XRef /Size %d /W [1 5 4] /Index [%s] /Root %d 0 R" % (own + 1, index, root)
    return (
        b"\n%d 0 obj\n<< %s %s /Length %d >>\nstream\n%s\nendstream\nendobj\n"
        b"startxref\n%d\n%%%%EOF\n"
    ) % (own, said, kept, len(content), content, place)
