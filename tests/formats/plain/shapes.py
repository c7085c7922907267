"""PDFs of many shapes, for our own reader and pyHanko's to agree about: well made and badly."""

import zlib

from hypothesis import strategies as st

from tests.documents import page_objects, pdf, stream

NAMES = (
    *(b"/Type", b"/Page", b"/Pages", b"/Catalog", b"/S", b"/JavaScript", b"/JS", b"/Subtype"),
    *(b"/Widget", b"/FT", b"/Sig", b"/XObject", b"/Image", b"/A", b"/URI", b"/Launch", b"/Rect"),
    *(b"/EF", b"/Names", b"/StructElem", b"/Sound", b"/Kids", b"/Annots", b"/Length", b"/ObjStm"),
    *(b"/XRef", b"/Linearized", b"/H", b"/A#20B", b"/A.b+c", b"/F1", b"/P", b"/K", b"/D", b"/T"),
)
GOOD = (
    *(b"0", b"1", b"-1", b"+3", b".5", b"-.5", b"5.", b"1.25", b"true", b"false", b"null"),
    *(b"(text)", b"(a(b)c)", b"(a\\)b)", b"(\\101\\7\\53)", b"()", b"(1 0 R /JS)", b"<41>", b"<4>"),
    *(b"<4 1\n>", b"<>", b"(%no comment)", b"(\xff\xfe\x00)", b"<FEFF0041>", b"(((deep)))"),
    *(b"%d 0 R" % number for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)),
)
ODD = (
    *(b"--1", b"1-2", b"1e3", b"0x1", b"", b"(\\9)", b"(\\400)", b"(\\q)", b"(\\\n)", b"(a", b"a)"),
    *(b"<4g>", b"<", b"((((((deeper))))))", b"trueish", b"nul", b"R", b"obj", b"endobj", b"{}"),
    *(b"% said\n", b"/J#53", b"/A#2", b"/A\xe9", b"/", b"99 0 R", b"4 1 R", b"0 0 R", b"4  0 R"),
    *(b"4 0\nR", b"4 0 Rx", b"04 0 R", b"4 0 R6 0 R", b"123456789012 0 R", b"%%EOF\n", b">>", b"]"),
)

_good = st.sampled_from(NAMES) | st.sampled_from(GOOD)
leaves = st.integers(0, 30).flatmap(lambda one: _good if one else st.sampled_from(ODD))
spaces = st.sampled_from((b" ",) * 30 + (b"\n", b"\r\n", b"\t", b"", b"\x00", b"\x0c", b"  "))


def _joined(
    parts: st.SearchStrategy[bytes], opens: bytes, closes: bytes
) -> st.SearchStrategy[bytes]:
    spaced = st.tuples(parts, spaces).map(lambda pair: pair[0] + pair[1])
    return st.lists(spaced, max_size=6).map(lambda said: opens + b" " + b"".join(said) + closes)


def _entries(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    pair = st.tuples(st.sampled_from(NAMES), spaces, values, spaces)
    once = st.lists(pair, max_size=5, unique_by=lambda said: said[0])
    return once.map(lambda said: b"<< " + b"".join(map(b"".join, said)) + b" >>")


values = st.recursive(
    leaves,
    lambda inner: _joined(inner, b"[", b"]") | _entries(inner),
    max_leaves=12,
)
"""Values, most of them well made."""

objects = values | st.tuples(st.binary(max_size=40), _entries(leaves)).map(
    lambda pair: stream(pair[0], pair[1][2:-2])
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A page with whatever hangs on it."""
    more = draw(st.fixed_dictionaries(dict.fromkeys(("o6", "o7", "o8", "o9"), objects)))
    hung = draw(
        st.sampled_from(
            (b"", b"/X 6 0 R", b"/X [6 0 R 7 0 R]", b"/Annots [8 0 R]", b"/Annots 8 0 R")
        )
    )
    on_top = draw(
        st.sampled_from(
            (b"", b"/Y 9 0 R", b"/AcroForm 8 0 R", b"/Names << /A 7 0 R >>", b"/Perms 6 0 R")
        )
    )
    extra = draw(st.just(b"") | values.map(lambda value: b"/Z " + value))
    trailer = draw(
        st.sampled_from((b"", b"/Info 9 0 R", b"/ID [<00> <01>]", b"/ID [(a\\)) (b)]", b"/Prev 5"))
    )
    made = page_objects(catalogue=on_top, page=hung + b" " + extra, **more)
    document = pdf(made, trailer) if draw(st.booleans()) else packed(made, trailer)
    return bruised(draw, document)


def bruised(draw: st.DrawFn, document: bytes) -> bytes:
    """Now and then with a byte changed, cut or put in."""
    way = draw(st.sampled_from(("",) * 9 + ("change", "cut", "insert", "repeat")))
    at = draw(st.integers(0, len(document)))
    more = draw(
        st.binary(min_size=1, max_size=3) | st.sampled_from((b" ", b"\n", b"%", b"0", b"9"))
    )
    if way == "change":
        return document[:at] + more + document[at + len(more) :]
    if way == "cut":
        return document[:at] + document[at + len(more) :]
    if way == "insert":
        return document[:at] + more + document[at:]
    if way == "repeat":
        return document + document[at:]
    return document


def packed(objects: dict[int, bytes], trailer: bytes = b"", *, predictor: bool = False) -> bytes:
    """The same objects, those without a stream in an object stream (ISO 32000-2 §7.5.7)."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    rows: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    inside = [number for number, content in objects.items() if b"stream" not in content]
    carrier, table = max(objects) + 1, max(objects) + 2
    for number, content in objects.items():
        if number not in inside:
            rows[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    starts: list[bytes] = []
    body = bytearray()
    for number in inside:
        rows[number] = (2, carrier, len(starts))
        starts.append(b"%d %d" % (number, len(body)))
        body += objects[number] + b"\n"
    head = b" ".join(starts) + b"\n"
    rows[carrier] = (1, len(out), 0)
    entries = b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(inside), len(head))
    out += b"%d 0 obj\n%s\nendobj\n" % (carrier, stream(zlib.compress(head + body), entries))
    rows[table] = (1, len(out), 0)
    index = b" ".join(b"%d 1" % number for number in sorted(rows))
    data = b"".join(
        bytes((kind,)) + one.to_bytes(3) + two.to_bytes(2)
        for _, (kind, one, two) in sorted(rows.items())
    )
    entries = b"/Type /XRef /Size %d /Root 1 0 R /W [1 3 2] /Index [%s] /Filter /FlateDecode %s"
    start = len(out)
    filled = entries % (table + 1, index, trailer)
    if predictor:
        filled += b" /DecodeParms << /Predictor 12 /Columns 6 >>"
        data = _differences(data, 6)
    out += b"%d 0 obj\n%s\nendobj\n" % (table, stream(zlib.compress(data), filled))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def _differences(data: bytes, columns: int) -> bytes:
    """PNG's filter 2 ("up"): each row less the one above."""
    above, out = bytes(columns), bytearray()
    for at in range(0, len(data), columns):
        row = data[at : at + columns]
        out += b"\x02" + bytes((one - other) & 0xFF for one, other in zip(row, above, strict=True))
        above = row
    return bytes(out)
