"""Flattening: form fields become part of the page, where every reader sees them alike.

It is honest only where each field brings its own picture: a picture that we made from its value
might not say what the filler-in saw (and PDFium has no letters for Khmer). The pages must look the
same afterwards, and nobody may have signed before.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from signing.formats import pictures

SIGNED: Final = "signed"
NO_PICTURE: Final = "no_picture"
DIFFERENT: Final = "different"
"""Why a document was not flattened."""


def load() -> None:
    """Import what flattening needs: a confined process can open no file."""
    import pyhanko.sign.fields  # noqa: F401, PLC0415  # which pyHanko asks for late

    pictures.load()


def flattened(document: bytes) -> tuple[dict[str, Any], Sequence[bytes]]:
    """The document without form fields, or why there is none: `{"problem": …}`."""
    problem = _problem(PdfFileReader(BytesIO(document)))
    if problem is not None:
        return {"problem": problem}, ()
    flat = _flatten(document)
    seen, _ = pictures.draw(document, flat)
    if seen["differing"]:
        return {"problem": DIFFERENT}, ()
    return {"problem": None}, (flat,)


def _problem(reader: PdfFileReader) -> str | None:
    form = _entry(reader.root, "/AcroForm") or {}
    for field in _fields(_entry(form, "/Fields") or ()):
        if _inherited(field, "/FT") == "/Sig":
            if "/V" in field:
                return SIGNED
        elif _inherited(field, "/V") is not None and "/AP" not in field:
            return NO_PICTURE
    return NO_PICTURE if _entry(form, "/NeedAppearances") else None


def _entry(held: Any, name: str) -> Any:
    """An entry of a dictionary, followed where it is a reference; None where there is none."""
    return held[name] if name in held else None  # noqa: SIM401  # `get` would not follow it


def _fields(listed: Iterable[Any]) -> Iterator[Any]:
    """The ends of the field tree (ISO 32000-2 §12.7.4.1)."""
    waiting = [one.get_object() for one in listed]
    while waiting:
        field = waiting.pop()
        if "/Kids" in field:
            waiting += [kid.get_object() for kid in list(field["/Kids"])]
        else:
            yield field


def _inherited(field: Any, name: str) -> Any:
    for _ in range(32):
        if name in field:
            return field[name]
        if "/Parent" not in field:
            return None
        field = field["/Parent"]
    return None


def _flatten(document: bytes) -> bytes:
    """PDFium draws the fields into the pages; pyHanko takes over what is referred to, so that
    nothing of the form stays behind."""
    import pypdfium2  # noqa: PLC0415

    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    for page in opened:
        page.flatten()
    saved, written = BytesIO(), BytesIO()
    opened.save(saved)
    writer = copy_into_new_writer(PdfFileReader(saved))
    writer.root.pop("/AcroForm", None)
    writer.write(written)
    return written.getvalue()
