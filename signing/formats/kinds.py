"""Which kind of file it is, by its first bytes."""

from typing import Final

from keys import cms, der
from signing.formats.cades.encodings import is_armoured, is_base64, is_message
from signing.rules.report import Format

_PDF_WITHIN: Final = 1024  # where readers look for its header (ISO 32000-2 Annex I, note 14)

_SIGNED_DATA: Final = der.oid(cms.SIGNED_DATA)
_HEADER: Final = 6  # bytes that a value's header has at most, as long as files are

_MARKS: Final = (
    (b"<", Format.XML),
    (b"{", Format.JSON),
    (b"eyJ", Format.JSON),
)
_OTHERS: Final = (b"<!doctype html", b"<html", b"{\\rtf")
"""How files begin that only look like XML or JSON."""


def kind(document: bytes) -> Format:
    """What it looks like; whether it is that, its reader finds out."""
    start = document[:_PDF_WITHIN]
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PK\x03\x04"):  # which may have PDFs within, and so may a CMS
        return Format.ZIP
    if b"%PDF-" in start and not _is_signed_data(start):
        return Format.PDF
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} and b"<" in start[2:4]:
        return Format.XML  # in UTF-16
    if start[:1] == b"\x30" or is_message(document) or is_armoured(text) or is_base64(text):
        return Format.CMS
    if text[:16].lower().startswith(_OTHERS):
        return Format.OTHER
    return next((found for mark, found in _MARKS if text.startswith(mark)), Format.OTHER)


def _is_signed_data(start: bytes) -> bool:
    """RFC 5652 §3: a sequence that begins with its content type."""
    return start[:1] == b"\x30" and _SIGNED_DATA in start[: _HEADER + len(_SIGNED_DATA)]
