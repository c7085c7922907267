"""Shadow attacks (Mainka, Mladenov, Rohlmann 2021): what is signed has been prepared, so that an
update afterwards shows something else. Before the update it is what was signed; we don't sign it.

Hide: what covered a text is taken away. Replace: what a field shows, or a font. Hide and replace:
another page has waited in the document and becomes the one that is shown.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import MDPPerm

from core.errors import Refusal
from signing.formats.pades import intake
from signing.rules.report import Note
from tests.attacks.foreign import Signer, authority, judge
from tests.attacks.test_pdf import Writer, updated
from tests.attacks.verdicts import MALFORMED, PASSED, Told
from tests.attacks.verdicts import told as in_short
from tests.documents import page_objects, pdf, stream

ROOT = authority()
SOMEBODY = Signer(ROOT)

COVER = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
TEXT = b"BT /F1 24 Tf 72 770 Td (You owe 10,000) Tj ET"
WIDGET = b"<< /Type /Annot /Subtype /Widget /Rect [72 700 300 720] %s >>"


def shown(extra: bytes = b"", **more: bytes) -> bytes:
    """A page with the text."""
    objects = page_objects(page=extra, **more)
    objects[4] = stream(TEXT)
    return pdf(objects)


def cross_references(document: bytes, places: dict[int, int], root: int = 1) -> bytes:
    """An update of cross-references alone: objects that are elsewhere, or (at 0) are freed."""
    previous = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    rows = b"".join(
        b"%d 1\n%010d %05d %c \n" % (number, place, not place, b"n" if place else b"f")
        for number, place in places.items()
    )
    trailer = b"trailer\n<< /Size 100 /Root %d 0 R /Prev %d >>\n" % (root, previous)
    end = b"startxref\n%d\n%%%%EOF\n" % len(document)
    return document + b"xref\n0 1\n0000000000 65535 f \n" + rows + trailer + end


def free_the_cover(signed: bytes) -> bytes:
    return cross_references(signed, {9: 0})


def take_the_cover_off(signed: bytes) -> bytes:
    def change(writer: Writer) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        page[pdf_name("/Contents")] = generic.IndirectObject(4, 0, writer)
        writer.update_container(page)

    return updated(signed, change)


def show_another_value(signed: bytes) -> bytes:
    """The field's value stays; its picture is another."""

    def change(writer: Writer) -> None:
        form = {pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form")}
        picture = generic.StreamObject(form, stream_data=b"BT /F1 9 Tf (90,000) Tj ET")
        field = generic.Reference(9, 0, writer).get_object()
        appearance = {pdf_name("/N"): writer.add_object(picture)}
        field[pdf_name("/AP")] = generic.DictionaryObject(appearance)
        writer.update_container(field)

    return updated(signed, change)


def name_the_glyphs_anew(signed: bytes) -> bytes:
    def change(writer: Writer) -> None:
        font = generic.Reference(5, 0, writer).get_object()
        names = generic.ArrayObject([generic.NumberObject(49), pdf_name("/nine")])
        font[pdf_name("/Encoding")] = generic.DictionaryObject({pdf_name("/Differences"): names})
        writer.update_container(font)

    return updated(signed, change)


def show_the_page_that_waited(signed: bytes) -> bytes:
    return cross_references(signed, {}, root=9)


def read_the_text_elsewhere(signed: bytes) -> bytes:
    return cross_references(signed, {4: signed.index(b"4 0 obj")})


def with_another_text(document: bytes) -> bytes:
    """Object 4 stands twice; the cross-references lead to the second."""
    other = b"4 0 obj\n%s\nendobj\n" % stream(TEXT.replace(b"10,000", b"90,000"))
    start = document.index(b"1 0 obj")
    table = document.rindex(b"\nxref\n") + 1
    moved = document[:start] + other + document[start:table]
    places = {number: moved.rindex(b"\n%d 0 obj" % number) + 1 for number in range(1, 6)}
    places[1] = moved.index(b"1 0 obj")
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % one for one in places.items())
    tail = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(moved)
    return moved + b"xref\n0 1\n0000000000 65535 f \n" + rows + tail


@dataclass(frozen=True)
class Shadow:
    """A document that was prepared, and what is done to it once it is signed. Most cannot be told
    before: what covers a page may do so for good reasons, and an object that stands twice may have
    been changed."""

    prepared: bytes
    update: Callable[[bytes], bytes]


COVERED = page_objects(o9=stream(b"1 g 0 0 595 842 re f"))
COVERED[3] = COVERED[3].replace(b"/Contents 4 0 R", b"/Contents [4 0 R 9 0 R]")
TWO_CATALOGUES = page_objects(  # of one form, where the signature will be
    catalogue=b"/AcroForm 8 0 R",
    o8=b"<< /Fields [] >>",
    o9=b"<< /Type /Catalog /Pages 10 0 R /AcroForm 8 0 R >>",
    o10=b"<< /Type /Pages /Kids [11 0 R] /Count 1 >>",
    o11=b"<< /Type /Page /Parent 10 0 R /MediaBox [0 0 595 842] /Contents 12 0 R >>",
    o12=stream(b"BT /F1 24 Tf 72 770 Td (You owe 90,000) Tj ET"),
)
FIELD = page_objects(
    catalogue=b"/AcroForm << /Fields [9 0 R] >>",
    page=b"/Annots [9 0 R]",
    o9=WIDGET % b"/FT /Tx /T (sum) /V (10,000)",
)

SHADOWS = {
    "hide: the cover is freed": Shadow(pdf(COVERED), free_the_cover),
    "hide: the cover is taken off": Shadow(pdf(COVERED), take_the_cover_off),
    "replace: the names of glyphs": Shadow(pdf(page_objects()), name_the_glyphs_anew),
    "hide and replace: a catalogue": Shadow(pdf(TWO_CATALOGUES), show_the_page_that_waited),
    "hide and replace: an object": Shadow(
        with_another_text(pdf(page_objects())), read_the_text_elsewhere
    ),
}


def told(document: bytes) -> Told:
    return in_short(judge(document, ROOT, SOMEBODY))


@pytest.mark.parametrize("permissions", [None, MDPPerm.FILL_FORMS], ids=["approved", "P2"])
@pytest.mark.parametrize("name", SHADOWS)
@pytest.mark.rule("attacks.shadow")
def test_what_was_prepared_and_then_changed_is_changed(
    name: str, permissions: MDPPerm | None
) -> None:
    shadow = SHADOWS[name]
    signed = SOMEBODY.sign(shadow.prepared, permissions=permissions)
    assert told(signed) == PASSED
    assert told(shadow.update(signed)) == MALFORMED


@pytest.mark.parametrize("permissions", [None, MDPPerm.FILL_FORMS], ids=["approved", "P2"])
@pytest.mark.rule("attacks.shadow", "attacks.filled-in")
def test_a_field_that_shows_something_else_is_told_as_filled_in(
    permissions: MDPPerm | None,
) -> None:
    """Which the signature allows; that is why we seal no document with a field."""
    signed = SOMEBODY.sign(pdf(FIELD), permissions=permissions)
    report = judge(show_another_value(signed), ROOT, SOMEBODY)
    assert in_short(report) == PASSED
    assert report.signatures[0].notes == (Note.TIME_NOT_PROVEN, Note.FORM_FILLED_IN)


@pytest.mark.parametrize(
    ("prepared", "code"),
    [(pdf(TWO_CATALOGUES), "pdf_hidden_objects"), (pdf(FIELD), "pdf_form_fields")],
    ids=["a catalogue that waits", "a field"],
)
@pytest.mark.rule("attacks.prepared")
def test_what_was_prepared_is_not_sealed_where_that_can_be_seen(prepared: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        intake.check(prepared)
    assert refused.value.reason.code == code
