"""Nothing refers to a linearised file's hint tables: a drawing does not pass for them."""

import subprocess
import zlib
from pathlib import Path

import pytest

from core.errors import Refusal
from signing.formats.pades import intake
from signing.formats.pades.hints import DRAWS
from signing.formats.plain.intake import find, is_harmless
from tests.documents import page_objects, pdf, plain_pdf, stream

HINTS = bytes(3) + b"\x02" + bytes(32)

DRAWINGS = {
    "text": b"BT /F1 24 Tf 72 700 Td (Paid) Tj ET",
    "text without spaces": b"/F1 24Tf(Paid)Tj",
    "a box": b"1 g 0 0 595 842 re f",
    "a line, and remarks between": b"0 % from here\n0 m 9%to there\n9l S",
    "an object": b"/X1 Do",
    "a shading": b"/S1 sh",
    "a font of a graphics state": b"/G1 gs (Paid) '",
    "an image within": b"q BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q",
    "a box after real tables": HINTS + b"0 0 595 842 re\nf",
}


def passed_off(hidden: bytes, before: bytes = b"") -> bytes:
    """A document that says of an object to which nothing refers that it has its hint tables."""

    def made(place: int) -> bytes:
        says = b"<< /Linearized 1 /L 0 /H [ %010d 99 ] /O 3 /E 0 /N 1 /T 0 >>" % place
        objects = {7: before, 8: says, 9: hidden} if before else {8: says, 9: hidden}
        return pdf(objects | page_objects())

    return made(made(0).index(b"9 0 obj"))


def refused(document: bytes) -> str | None:
    """The code of the look through with pyHanko; our own says nothing else."""
    prepared = find(document)
    plain = prepared is not None and is_harmless(prepared)
    try:
        intake.check_with_pyhanko(document)
    except Refusal as refusal:
        assert not plain
        return refusal.reason.code
    return None


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_drawing_that_is_passed_off_as_hints_is_refused(name: str, packed: bool) -> None:
    hidden = stream(DRAWINGS[name], b"/S 0")
    if packed:
        hidden = stream(zlib.compress(DRAWINGS[name]), b"/S 0 /Filter /FlateDecode")
    assert refused(passed_off(hidden)) == "pdf_hidden_objects"


@pytest.mark.parametrize(
    "entries",
    [
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
        b"/Subtype /Image /Width 1 /Height 1",
        b"/S 0 /Resources << >>",
        b"/S (0)",
        b"/S 0 /Filter /ASCIIHexDecode",
        b"/S 0 /Filter [ /FlateDecode /FlateDecode ]",
    ],
)
def test_what_has_other_entries_than_a_hint_stream_is_refused(entries: bytes) -> None:
    assert refused(passed_off(stream(HINTS, entries))) == "pdf_hidden_objects"


def test_tables_are_hints_where_the_file_begins_by_saying_so_and_nowhere_else() -> None:
    tables = stream(HINTS, b"/S 0")
    assert refused(passed_off(tables)) is None
    assert refused(passed_off(tables, before=b"(%s)" % bytes(1_100))) == "pdf_hidden_objects"
    assert refused(pdf(page_objects(o9=tables))) == "pdf_hidden_objects"


def pages(count: int) -> bytes:
    """A document of so many pages, with an outline."""
    numbers = range(10, 10 + count)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R /PageMode /UseOutlines >>",
        2: b"<< /Type /Pages /Kids [ %s ] /Count %d >>"
        % (b" ".join(b"%d 0 R" % number for number in numbers), count),
        4: stream(b"0 0 9 9 re f"),
        6: b"<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>",
        7: b"<< /Title (x) /Parent 6 0 R /Dest [ 10 0 R /Fit ] >>",
    }
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    return pdf(objects | dict.fromkeys(numbers, page))


@pytest.mark.parametrize("count", [1, 2, 300])
@pytest.mark.parametrize(
    "options", [(), ("--object-streams=generate",), ("--stream-data=uncompress",)]
)
def test_what_qpdf_linearises_is_accepted(
    tmp_path: Path, count: int, options: tuple[str, ...]
) -> None:
    source, written = tmp_path / "source.pdf", tmp_path / "written.pdf"
    source.write_bytes(pages(count))
    subprocess.run(["qpdf", "--linearize", *options, source, written], check=True)
    document = written.read_bytes()
    assert b"/Linearized" in document
    assert refused(document) is None
    prepared = find(document)
    assert prepared is not None
    assert is_harmless(prepared)


def test_what_ghostscript_linearises_is_accepted(tmp_path: Path) -> None:
    source, written = tmp_path / "source.pdf", tmp_path / "written.pdf"
    source.write_bytes(plain_pdf())
    options = ("-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-dFastWebView=true")
    subprocess.run(["gs", *options, "-o", written, source], check=True, capture_output=True)
    document = written.read_bytes()
    assert b"/Linearized" in document
    assert refused(document) is None


def test_numbers_seldom_look_like_a_drawing() -> None:
    numbers = b"".join(number.to_bytes(2) for number in range(65_536))
    assert DRAWS.search(numbers) is None
