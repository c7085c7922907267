"""What is proven plain may be sealed: the look through with pyHanko says the same."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from core.errors import Refusal
from signing.formats.pades import intake
from signing.formats.plain.intake import find, is_harmless
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.formats.plain.shapes import documents, packed
from tests.web.signing.test_refused_documents import REFUSED

_ANNOTATION = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] >>"
_FREE = b"0000000000 65535 f \n6 1\n0000000000 00001 f \n"


def _updated(document: bytes, *rows: bytes) -> bytes:
    """With one more cross-reference section."""
    start, last = len(document), document[document.rindex(b"startxref\n") + 10 :].split()[0]
    table = b"xref\n%s\ntrailer\n<< /Size 7 /Root 1 0 R /Prev %s >>\n" % (b"\n".join(rows), last)
    return document + table + b"startxref\n%d\n%%%%EOF\n" % start


_FREED = _updated(
    pdf(page_objects(o6=b"<< >>")),
    *(b"0 1", b"0000000006 65535 f ", b"6 1", b"0000000000 00001 f "),
)

PLAIN = {
    "classic": plain_pdf(),
    "an object that was freed": _FREED,
    "fields apart": pdf(page_objects(catalogue=b"/AcroForm << /Fields 6 0 R >>", o6=b"[]")),
    "a slash in a name": pdf(page_objects(page=b"/X /application#2Fpdf")),
    "objects packed": packed(page_objects()),
    "objects packed, rows told by differences": packed(page_objects(), predictor=True),
    "comments as Cairo writes them": pdf(page_objects(page=b"/Tabs /S % 1\n  ")),
    "annotations": pdf(page_objects(page=b"/Annots [ %s ]" % _ANNOTATION)),
    "annotations apart": pdf(page_objects(page=b"/Annots 6 0 R", o6=b"[ %s ]" % _ANNOTATION)),
    "an empty form": pdf(page_objects(catalogue=b"/AcroForm << /Fields [] >>")),
    "an empty form apart": pdf(page_objects(catalogue=b"/AcroForm 6 0 R", o6=b"<< /DA (x) >>")),
    "another version": pdf(page_objects(catalogue=b"/Version /1.6"), version=b"1.4"),
    "PDF 2.0": pdf(page_objects(), version=b"2.0"),
    "an identifier": pdf(page_objects(), b"/ID [ (a\\)\\001) <00ff> ]"),
    "texts apart": pdf(
        page_objects(o6=b"<< /Title 7 0 R /Author (A) >>", o7=b"(Title)"), b"/Info 6 0 R"
    ),
    "a length apart": pdf(
        page_objects(o6=b"2") | {4: b"<< /Length 6 0 R >>\nstream\nq \nendstream"}
    ),
    "an extension": pdf(page_objects(catalogue=b"/Extensions << /ADBE << /BaseVersion /1.7 >> >>")),
    "a number that is free": plain_pdf()
    .replace(b"0000000000 65535 f \n", _FREE)
    .replace(b"/Size 6", b"/Size 7"),
    "a font that is called as a film": pdf(
        page_objects(o5=b"<< /Type /Font /Subtype /Type1 /BaseFont /Movie >>")
    ),
}


def is_plain(document: bytes) -> bool:
    """Whether it is proven that it may be sealed, where pyHanko need not look through it."""
    prepared = find(document)
    return prepared is not None and is_harmless(prepared)


@pytest.mark.parametrize("name", PLAIN)
def test_usual_documents_are_plain(name: str) -> None:
    found, judged = intake.check(PLAIN[name]), intake.check_with_pyhanko(PLAIN[name])
    assert is_plain(PLAIN[name])
    assert (found.certify, found.field_name) == (judged.certify, judged.field_name)


@pytest.mark.parametrize("options", [(), ("--linearize",), ("--object-streams=generate",)])
def test_what_qpdf_writes_is_plain(tmp_path: Path, options: tuple[str, ...]) -> None:
    source, written = tmp_path / "source.pdf", tmp_path / "written.pdf"
    source.write_bytes(plain_pdf())
    subprocess.run(["qpdf", *options, source, written], check=True)
    document = written.read_bytes()
    assert is_plain(document)
    assert intake.check_with_pyhanko(document).certify


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_not_plain(name: str) -> None:
    document, _ = REFUSED[name]
    assert not is_plain(document)


NOT_PLAIN = {
    "a reference to nothing": pdf(page_objects(page=b"/X 9 0 R")),
    "a comment in an object": pdf(page_objects(page=b"% said\n")),
    "a name that is spelled oddly": pdf(page_objects(page=b"/X /A#42")),
    "a key twice": pdf(page_objects(page=b"/Type /Page")),
    "an action that stands apart": pdf(page_objects(page=b"/A << /S 6 0 R >>", o6=b"/JavaScript")),
    "a stream that is longer than it says": plain_pdf().replace(b"/Length 58", b"/Length 57"),
    "an object that is not where the table says": plain_pdf().replace(b"5 0 obj", b"7 0 obj"),
    "two of one number": plain_pdf().replace(b"5 1\n0000000358", b"4 1\n0000000358"),
    "an encryption": pdf(page_objects(o6=b"<< >>"), b"/Encrypt 6 0 R"),
    "a hybrid": pdf(page_objects(), b"/XRefStm 15"),
    "a number that was freed and is used again": _updated(
        _FREED, b"6 1", b"%010d 00000 n " % _FREED.index(b"6 0 obj")
    ),
    "a reference to what was freed": _FREED.replace(b"/Helvetica >>", b"/Helv /X 6 0 R>>"),
    "a chain without an end": plain_pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev 428"),
    "a page in two roles": pdf(page_objects(page=b"/Annots 1 0 R")),
    "a hint that is a drawing": pdf(
        page_objects(o8=b"<< /Linearized 1 >>", o9=stream(b"BT (other) Tj ET", b"/S 0"))
    ),
    "deflated more than it may": packed(page_objects(o6=b"(" + b"a" * 5_000_000 + b")")),
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_odd_is_left_to_pyhanko(name: str) -> None:
    assert not is_plain(NOT_PLAIN[name])


ODD = {
    "a comment in an object": b"<< % said\n /X 5 0 R >>",
    "a name that is spelled oddly": b"<< /X /A#42 >>",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_object_is_read_by_pyhanko(name: str) -> None:
    for document in (
        pdf(page_objects(page=b"/X 6 0 R", o6=ODD[name])),
        packed(page_objects(page=b"/X 6 0 R", o6=ODD[name])),
    ):
        assert is_plain(document)
        assert intake.check_with_pyhanko(document).certify


@pytest.mark.parametrize(
    "odd",
    [
        *(b"/Java#53cript", b"<< /J#53 (app) >>", b"<< /S /L#61unch >>", b"[<< /#45F 5 0 R >>]"),
        *(b"<< % said\n /X 9 0 R >>", b"<< % said\n /X 5 1 R >>", b"<< /X#41 1 "),
    ],
)
def test_what_pyhanko_finds_in_an_odd_object_is_left_to_it(odd: bytes) -> None:
    document = pdf(page_objects(page=b"/A << /S 6 0 R >>", o6=odd))
    assert not is_plain(document)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_nothing_is_accepted_that_pyhanko_s_look_through_refuses(document: bytes) -> None:
    prepared = find(document)
    if prepared is None or not is_harmless(prepared):
        return
    place = prepared.place
    try:
        judged = intake.check_with_pyhanko(document)
    except Refusal as refusal:
        pytest.fail(f"{refusal.reason.code}: {refusal.debug}")
    assert (judged.certify, judged.field_name) == (place.certify, place.field_name)
