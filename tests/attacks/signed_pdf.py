"""PDFs with a signature written byte by byte, so that its dictionary can say anything."""

from collections.abc import Callable

from tests.documents import page_objects, pdf

_RANGE = b"[0 0000000000 0000000000 0000000000]"


def signed_pdf(
    sign: Callable[[bytes], bytes],
    entries: bytes = b"/SubFilter /ETSI.CAdES.detached",
    kind: bytes = b"/Sig",
    size: int = 8_000,
) -> bytes:
    """`sign` makes /Contents of what the signature covers."""
    objects = page_objects(b"/AcroForm << /Fields [6 0 R] /SigFlags 3 >>")
    objects[6] = b"<< /FT /Sig /T (Sig1) /V 7 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>"
    objects[7] = b"<< /Type %s /Filter /Adobe.PPKLite %s /ByteRange %s /Contents <%s> >>" % (
        kind,
        entries,
        _RANGE,
        b"0" * (2 * size),
    )
    document = pdf(objects)
    before = document.index(b"/Contents <") + 10
    after = document.index(b">", before) + 1
    said = b"[0 %010d %010d %010d]" % (before, after, len(document) - after)
    document = document.replace(_RANGE, said)
    made = sign(document[:before] + document[after:])
    digits = made.hex().encode().ljust(2 * size, b"0")
    return document[: before + 1] + digits + document[after - 1 :]
