"""PDFs for the tests, written here byte by byte so that each says what is strange about it."""

from collections.abc import Mapping


def pdf(objects: Mapping[int, bytes], trailer: bytes = b"", *, version: bytes = b"1.7") -> bytes:
    """A PDF of these objects, with a classic cross-reference table. Object 1 is the catalogue."""
    out = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        trailer,
        start,
    )
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def page_objects(catalogue: bytes = b"", page: bytes = b"", **more: bytes) -> dict[int, bytes]:
    """One page that says what it is; `catalogue` and `page` add entries, o9=… adds object 9."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
        4: stream(b"BT /F1 24 Tf 72 770 Td (Certificate of registration) Tj ET"),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    return objects | {int(name[1:]): content for name, content in more.items()}


def hybrid_pdf() -> bytes:
    """A page whose font is in an object stream: readers of PDF 1.4 know nothing of it, others look
    it up in a second table (ISO 32000-2 §7.5.8.4), as word processors write it."""
    objects = page_objects()
    font = objects.pop(5)
    objects[6] = stream(b"5 0 " + font, b"/Type /ObjStm /N 1 /First 4 ")
    rows = bytes((2, 0, 6, 0))
    objects[7] = stream(rows, b"/Type /XRef /Size 8 /W [1 2 1] /Index [5 1] /Root 1 0 R ")
    table = pdf(objects).index(b"7 0 obj")
    return pdf(objects, b"/XRefStm %d" % table)


def stream_pdf(page: bytes = b"") -> bytes:
    """The page of `plain_pdf`, its cross-references in a stream (ISO 32000-2 §7.5.8), object 6."""
    objects = page_objects(page=page)
    document = pdf(objects)
    document = document[: document.index(b"xref\n")]
    places = [document.index(b"\n%d 0 obj" % number) + 1 for number in objects]
    rows = b"".join(bytes((1, *place.to_bytes(2), 0)) for place in (*places, len(document)))
    table = stream(rows, b"/Type /XRef /Size 7 /W [1 2 1] /Index [1 6] /Root 1 0 R ")
    return document + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, len(document))


def plain_pdf() -> bytes:
    """One page with a line of text."""
    return pdf(page_objects())
