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


def plain_pdf() -> bytes:
    """One page with a line of text."""
    return pdf(page_objects())
