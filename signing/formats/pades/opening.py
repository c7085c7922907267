"""pyHanko's reader of a document, and its end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.cms import WHATEVER

_MOST_STREAMS: Final = 16
_PLAIN: Final = re.compile(rb"[0-9]{1,10}").fullmatch
_HEADER: Final = b"%PDF-1.4"
_VERSION: Final = re.compile(rb"%PDF-\d.\d")


class Reader(PdfFileReader):
    """One that takes an entry /Encrypt that is null for none (ISO 32000-2 §7.3.7); the lenient one
    takes any header, of which it needs nothing."""

    def __init__(self, document: bytes, *, strict: bool) -> None:
        if not strict and not _VERSION.match(document):
            document = _HEADER + document[len(_HEADER) :]
        self._introduced: dict[generic.Reference, int | None] = {}
        self._packed: dict[int, _Packed | None] = {}
        super().__init__(BytesIO(document), strict=strict)

    def introduced(self, ref: generic.Reference) -> int | None:
        """The revision that first has an object; None where none has it."""
        if ref not in self._introduced:
            try:
                self._introduced[ref] = int(self.xrefs.get_introducing_revision(ref))
            except KeyError:
                self._introduced[ref] = None
        return self._introduced[ref]

    def let_go(self) -> None:
        self._packed.clear()

    @property
    def encrypt_dict(self) -> Any:
        try:
            held = self.trailer.raw_get("/Encrypt")
        except KeyError:
            return None
        if isinstance(held, generic.IndirectObject):
            held = self.get_object(  # type: ignore[no-untyped-call]
                held.reference, never_decrypt=True
            )
        return None if isinstance(held, generic.NullObject) else super().encrypt_dict

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        """What pyHanko finds, which looks through the whole list of a stream for each object."""
        if stmnum not in self._packed:
            while len(self._packed) >= _MOST_STREAMS:
                del self._packed[next(iter(self._packed))]
            self._packed[stmnum] = _Packed.of(generic.Reference(stmnum, 0, self))
        held = self._packed[stmnum]
        found = held.read(generic.Reference(idnum, 0, self), idx) if held else None
        if found is not None:
            return found
        return super()._get_object_from_stream(  # type: ignore[no-untyped-call]
            idnum, stmnum, idx
        )


@dataclass(frozen=True)
class _Packed:
    """An object stream (ISO 32000-2 §7.5.7), and where in it each object is, by its number: its
    index and its place."""

    content: BytesIO
    places: dict[int, tuple[int, int]]

    @classmethod
    def of(cls, stream: generic.Reference) -> "_Packed | None":
        """None where its list is not plainly what it has to be."""
        try:
            held: Any = stream.get_object()
            content = held.read_data(DecodePurpose.OBJECT_STREAM)
            first, number = int(held["/First"]), int(held["/N"])
            words, kind = content[:first].split(), held["/Type"]
        except WHATEVER:
            return None
        if kind != "/ObjStm" or len(words) != 2 * number or not all(map(_PLAIN, words)):
            return None
        places: dict[int, tuple[int, int]] = {}
        for index, (one, offset) in enumerate(zip(words[::2], words[1::2], strict=True)):
            places.setdefault(int(one), (index, first + int(offset)))
        return cls(BytesIO(content), places)

    def read(self, ref: generic.Reference, index: int) -> Any:
        """An object at its index; None where that is another, or it cannot be read."""
        named, place = self.places.get(ref.idnum, (-1, 0))
        if named != index:
            return None
        self.content.seek(place)
        try:
            found = generic.read_object(self.content, ref)
        except WHATEVER:
            return None
        is_odd = isinstance(found, generic.StreamObject | generic.IndirectObject)
        return None if is_odd else found


@contextmanager
def reading(document: bytes, *, strict: bool = True) -> Iterator[PdfFileReader]:
    """A reader for a while; raises whatever pyHanko does."""
    reader = Reader(document, strict=strict)
    with reader.stream:
        try:
            yield reader
        finally:
            forget(reader)


def forget(reader: PdfFileReader) -> None:
    """What it has read refers to it, and would stay, pictures and all, until Python looks for what
    refers to itself alone."""
    for revision in reader._historical_resolver_cache.values():  # noqa: SLF001
        revision.cache.clear()
    reader.resolved_objects.clear()
    if isinstance(reader, Reader):
        reader.let_go()
