"""PDFs with a signature written byte by byte, so that its dictionary can say anything."""

from collections.abc import Callable

from tests.documents import page_objects, pdf

MOMENT = b"/M (D:20260414020000Z)"  # tests.attacks.pki.NOW
RANGE = b"[0 0000000000 0000000000 0000000000]"
WIDGET = b"/Type /Annot /Subtype /Widget /Rect [0 0 0 0]"
FIELD = b"<< /FT /Sig /T (Sig1) /V 7 0 R %s >>" % WIDGET


def signed_pdf(
    sign: Callable[[bytes], bytes],
    entries: bytes = b"/SubFilter /ETSI.CAdES.detached",
    kind: bytes = b"/Sig",
    size: int = 8_000,
    fields: bytes = b"[6 0 R]",
    field: bytes = FIELD,
    change: Callable[[bytes], bytes] = bytes,
    **more: bytes,
) -> bytes:
    """`sign` makes /Contents of what the signature covers. `fields` is the list of the form;
    `field` is object 6, whose /V is the signature; o9=… adds object 9; `change` is made before."""
    objects = page_objects(b"/AcroForm << /Fields %s /SigFlags 3 >>" % fields, **more)
    objects[6] = field
    objects[7] = b"<< /Type %s /Filter /Adobe.PPKLite %s %s /ByteRange %s /Contents <%s> >>" % (
        kind,
        entries,
        MOMENT,
        RANGE,
        b"0" * (2 * size),
    )
    document = change(pdf(objects))
    before = document.index(b"/Contents <") + 10
    after = document.index(b">", before) + 1
    said = b"[0 %010d %010d %010d]" % (before, after, len(document) - after)
    document = document.replace(RANGE, said)
    made = sign(document[:before] + document[after:])
    digits = made.hex().encode().ljust(2 * size, b"0")
    return document[: before + 1] + digits + document[after - 1 :]
