"""Which kind of file it is, by its first bytes."""

from typing import Final

from signing.formats.cades.encodings import is_base64, is_message
from signing.rules.report import Format

_PDF_WITHIN: Final = 1024  # where readers look for its header (ISO 32000-2 Annex I, note 14)

_MARKS: Final = (
    (b"<", Format.XML),
    (b"{", Format.JSON),
    (b"eyJ", Format.JSON),
    (b"-----BEGIN", Format.CMS),
)


def kind(document: bytes) -> Format:
    """What it looks like; whether it is that, its reader finds out."""
    start = document[:_PDF_WITHIN]
    if b"%PDF-" in start:
        return Format.PDF
    if start.startswith(b"PK\x03\x04"):
        return Format.ZIP
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"} and b"<" in start[2:4]:
        return Format.XML  # in UTF-16
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, found in _MARKS:
        if text.startswith(mark):
            return found
    if start[:1] == b"\x30" or is_message(document) or is_base64(text):
        return Format.CMS
    return Format.OTHER
