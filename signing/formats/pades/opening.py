"""pyHanko's reader of a document, and its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader


@contextmanager
def reading(document: bytes, *, strict: bool = True) -> Iterator[PdfFileReader]:
    """A reader for a while; raises whatever pyHanko does."""
    with BytesIO(document) as stream:
        reader = PdfFileReader(stream, strict=strict)
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
