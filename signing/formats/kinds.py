"""Which kind of file it is, by its first bytes."""

from typing import Final

_PDF_WITHIN: Final = 1024  # where readers look for its header (ISO 32000-2 Annex I, note 14)


def kind(document: bytes) -> str:
    """`pdf`, `zip` (ASiC), `xml` (XAdES), `der` (CAdES), `pem`, `json` (JAdES) or `other`."""
    start = document[:_PDF_WITHIN]
    if b"%PDF-" in start:
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, name in ((b"<", "xml"), (b"{", "json"), (b"eyJ", "json"), (b"-----BEGIN", "pem")):
        if text.startswith(mark):
            return name
    return "der" if start[:1] == b"\x30" else "other"
