"""pyHanko's reader of a document, and its end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_HEADER: Final = b"%PDF-1.4"
_VERSION: Final = re.compile(rb"%PDF-\d.\d")


class Reader(PdfFileReader):
    """One that takes an entry /Encrypt that is null for none (ISO 32000-2 §7.3.7); the lenient one
    takes any header, of which it needs nothing."""

    def __init__(self, document: bytes, *, strict: bool) -> None:
        if not strict and not _VERSION.match(document):
            document = _HEADER + document[len(_HEADER) :]
        self._introduced: dict[generic.Reference, int | None] = {}
        super().__init__(BytesIO(document), strict=strict)

    def introduced(self, ref: generic.Reference) -> int | None:
        """The revision that first has an object; None where none has it."""
        if ref not in self._introduced:
            try:
                self._introduced[ref] = int(self.xrefs.get_introducing_revision(ref))
            except KeyError:
                self._introduced[ref] = None
        return self._introduced[ref]

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
