"""Updates after a signature, as foreign software writes them: what they leave as it was is no
change, and what they change is found (ISO 32000-2 §7.5.6, §12.8.2.2)."""

from collections.abc import Callable
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.rules.evidence import Changes
from signing.rules.report import Report, Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import root
from tests.attacks.signed_pdf import FIELD, MOMENT, RANGE, WIDGET, signed_pdf
from tests.attacks.test_pdf import updated
from tests.attacks.test_pdf_forms import new_field
from tests.attacks.verdicts import CHANGED, MALFORMED, PASSED, evidence, judge, told

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()

Writer = IncrementalPdfFileWriter
Change = Callable[[Writer], None]


def sign(covered: bytes) -> bytes:
    return content_info(signature(SOMEBODY, covered, at=None), content=None)


def report(document: bytes) -> Report:
    return judge(document, ROOT, SOMEBODY)


def both(*changes: Callable[[Writer], object]) -> Change:
    def change(writer: Writer) -> None:
        for one in changes:
            one(writer)

    return change


def put(number: int, value: generic.PdfObject) -> Change:
    def change(writer: Writer) -> None:
        writer.objects[(0, number)] = value

    return change


def change_of(number: int, **entries: generic.PdfObject | None) -> Change:
    """Entries of an object that are new, or gone."""

    def change(writer: Writer) -> None:
        held: Any = writer.get_object(generic.Reference(number, 0, writer))
        for name, value in entries.items():
            if value is None:
                del held["/" + name]
            else:
                held[pdf_name("/" + name)] = value
        writer.update_container(held)

    return change


def text(said: str) -> generic.PdfObject:
    return generic.pdf_string(said)


PLAIN = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/Made")})
DRAWN = generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 770 Td (Forged) Tj ET")
PROMISING = signed_pdf(sign, page=b"/Kept 99 0 R")
BESIDE = FIELD.replace(b"/FT /Sig", b"/FT /Sig /Kept 99 0 R")


def of_office(number: int) -> bytes:
    said = b"/Root 1 0 R /AdditionalStreams [/application#2Fvnd.oasis %d 0 R]" % number
    return signed_pdf(sign, change=lambda it: it.replace(b"/Root 1 0 R", said))


def test_a_reference_to_nothing_is_to_null() -> None:
    for document in (PROMISING, signed_pdf(sign, field=BESIDE), of_office(99)):
        assert told(report(document)) == PASSED
        assert told(report(updated(document, new_field()))) == PASSED


@pytest.mark.parametrize("value", [PLAIN, DRAWN])
@pytest.mark.rule("attacks.shadow")
def test_what_was_signed_as_a_reference_to_nothing_stays_one(value: generic.PdfObject) -> None:
    for document in (PROMISING, signed_pdf(sign, field=BESIDE)):
        assert told(report(updated(document, put(99, value)))) == MALFORMED
        found = report(updated(document, both(put(99, value), new_field())))
        assert told(found) == MALFORMED


def test_an_office_document_that_is_not_there_comes_no_more() -> None:
    signed = of_office(8)
    assert told(report(updated(signed, new_field(8)))) == PASSED
    plain = both(lambda writer: writer.add_object(PLAIN), new_field())
    assert told(report(updated(signed, plain))) == PASSED
    assert told(report(updated(signed, put(8, DRAWN)))) == MALFORMED


def resources(font: int = 5) -> generic.DictionaryObject:
    fonts = {pdf_name("/F1"): generic.IndirectObject(font, 0, None)}
    return generic.DictionaryObject({pdf_name("/Font"): generic.DictionaryObject(fonts)})


WITH_RESOURCES = signed_pdf(
    sign,
    o8=b"<< /Font << /F1 5 0 R >> >>",
    o9=b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
    o3=b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 8 0 R >>",
    field=FIELD.replace(b"/FT /Sig", b"/FT /Sig /Kept 9 0 R"),
)


def test_a_copy_of_what_was_signed_is_no_change() -> None:
    def copy(font: int) -> Change:
        def change(writer: Writer) -> None:
            change_of(3, Resources=writer.add_object(resources(font)))(writer)

        return change

    copied = updated(WITH_RESOURCES, copy(5))
    assert told(report(copied)) == PASSED
    assert told(report(updated(copied, new_field()))) == PASSED
    assert told(report(updated(WITH_RESOURCES, both(copy(5), new_field())))) == PASSED
    assert told(report(updated(WITH_RESOURCES, copy(9)))) == MALFORMED
    assert told(report(updated(copied, put(10, resources(9))))) == MALFORMED
    assert told(report(updated(copied, put(8, resources(9))))) == MALFORMED


def test_a_mark_of_itext_in_the_page_tree_draws_nothing() -> None:
    signed = signed_pdf(sign)
    assert told(report(updated(signed, change_of(2, ITXT=text("5.0.0"))))) == PASSED
    assert told(report(updated(signed, change_of(2, ITXT=resources())))) == MALFORMED
    assert told(report(updated(signed, change_of(2, Made=text("5.0.0"))))) == MALFORMED
    assert told(report(updated(signed, change_of(3, ITXT=text("5.0.0"))))) == MALFORMED


TEXT = b"<< /FT /Tx %s /DA (/F1 9 Tf) >>" % WIDGET.replace(b"[0 0 0 0]", b"[9 9 99 30]")


def form(*names: bytes, entries: bytes = b"/SubFilter /ETSI.CAdES.detached") -> bytes:
    """A signed form with text fields of these names, from object 20 on."""
    fields: dict[str, Any] = {
        f"o{20 + number}": TEXT.replace(b"/FT", b"%s /FT" % name)
        for number, name in enumerate(names)
    }
    listed = b" ".join(b"%d 0 R" % (20 + number) for number in range(len(names)))
    return signed_pdf(sign, entries, fields=b"[6 0 R %s]" % listed, **fields)


ODD = {
    "periods": (b"/T (a.b)", b"/T (a.c)"),
    "no names": (b"", b""),
    "one name twice": (b"/T (a)", b"/T (a)"),
}


@pytest.mark.parametrize("odd", ODD)
def test_fields_with_odd_names_may_be_filled_in(odd: str) -> None:
    signed = form(*ODD[odd])
    assert told(report(updated(signed, new_field()))) == PASSED
    filled = updated(signed, change_of(21, V=text("Filled in")))
    assert report(filled).verdict is Verdict.AUTHENTIC
    assert told(report(updated(filled, new_field()))) == PASSED
    assert told(report(updated(signed, change_of(21, Rect=None)))) == MALFORMED
    assert told(report(updated(signed, change_of(21, T=text("b"))))) == MALFORMED


SUB_FILTER = b"/SubFilter /ETSI.CAdES.detached "
CERTIFYING = b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP \
/TransformParams << /Type /TransformParams /V /1.2 /P %d >> >>]"
LOCKED = b"/SubFilter /ETSI.CAdES.detached /Reference [<< /Type /SigRef /TransformMethod /FieldMDP \
/TransformParams << /Type /TransformParams /V /1.2 /Action /Include /Fields [%s] >> >>]"


@pytest.mark.parametrize(
    ("locked", "number"), [(b"(a.b)", 20), (b"(a)", 20), (b"(c)", 21), (b"(c)", 22)]
)
def test_a_field_that_a_signature_locks_is_found_by_its_odd_name(
    locked: bytes, number: int
) -> None:
    signed = form(b"/T (a.b)", b"/T (c)", b"/T (c)", entries=LOCKED % locked)
    assert told(report(updated(signed, new_field()))) == PASSED
    assert told(report(updated(signed, change_of(number, V=text("Other"))))) == MALFORMED
    free = {20, 21, 22} - ({21, 22} if locked == b"(c)" else {20})
    for other in free:
        filled = report(updated(signed, change_of(other, V=text("Other"))))
        assert filled.verdict is Verdict.AUTHENTIC


def test_a_picture_of_a_field_may_be_switched() -> None:
    signed = signed_pdf(
        sign,
        fields=b"[6 0 R 20 0 R]",
        o20=b"<< /FT /Btn /Ff 32768 /T (Choice) /V /Off /Kids [21 0 R 22 0 R] >>",
        o21=b"<< /Parent 20 0 R /AS /Off %s >>" % WIDGET,
        o22=b"<< /Parent 20 0 R /AS /Off %s >>" % WIDGET,
    )
    switch = both(change_of(20, V=pdf_name("/On")), change_of(22, AS=pdf_name("/On")))
    assert report(updated(signed, switch)).verdict is Verdict.AUTHENTIC
    moved = change_of(22, Rect=generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9))))
    assert told(report(updated(signed, moved))) == MALFORMED
    third = generic.ArrayObject(generic.IndirectObject(n, 0, None) for n in (21, 22, 23))
    more = both(change_of(20, Kids=third), put(23, PLAIN))
    assert told(report(updated(signed, more))) == MALFORMED


def test_a_choice_may_be_made() -> None:
    signed = signed_pdf(
        sign, fields=b"[6 0 R 20 0 R]", o20=TEXT.replace(b"/Tx", b"/Ch /T (a) /I [0]")
    )
    chosen = change_of(20, V=text("b"), I=generic.ArrayObject([generic.NumberObject(1)]))
    assert report(updated(signed, chosen)).verdict is Verdict.AUTHENTIC


def test_a_field_in_the_list_itself_stays_as_it_was() -> None:
    within = TEXT.replace(b"/FT", b"/T (a) /FT")
    signed = signed_pdf(sign, fields=b"[6 0 R %s]" % within)
    assert told(report(updated(signed, new_field()))) == PASSED
    twice = updated(updated(signed, new_field()), change_of(6, Ff=generic.NumberObject(1)))
    assert report(twice).verdict is Verdict.AUTHENTIC

    def fill(writer: Writer) -> None:
        writer.root["/AcroForm"]["/Fields"][1][pdf_name("/V")] = text("Other")
        writer.update_root()

    assert told(report(updated(signed, fill))) == MALFORMED


WITHIN = FIELD.replace(
    b"/V 7 0 R",
    b"/V << /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached %s /ByteRange %s "
    b"/Contents <%s> >>" % (MOMENT, RANGE, b"0" * 16_000),
)


def test_a_signature_may_stand_in_its_field() -> None:
    signed = signed_pdf(sign, field=WITHIN)
    assert told(report(signed)) == PASSED
    assert told(report(signed.replace(b"registration", b"Registration"))) == CHANGED
    assert told(report(updated(signed, new_field()))) == PASSED
    for entries in ({"Ff": generic.NumberObject(1)}, {"V": None}, {"V": text("none")}):
        assert told(report(updated(signed, change_of(6, **entries)))) != PASSED


@pytest.mark.parametrize("corners", [b"[0 0 0 0]", b"[9 9 99 30]"])
def test_a_field_that_is_signed_may_come_to_its_page(corners: bytes) -> None:
    empty = b"<< /FT /Sig /T (Empty) %s >>" % WIDGET.replace(b"[0 0 0 0]", corners)
    value = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DocTimeStamp")})
    there = generic.ArrayObject([generic.IndirectObject(8, 0, None)])

    def place(writer: Writer) -> None:
        change_of(8, V=writer.add_object(value))(writer)
        change_of(3, Annots=there)(writer)

    for permissions in (b"", CERTIFYING % 2):
        signed = signed_pdf(sign, SUB_FILTER + permissions, fields=b"[6 0 R 8 0 R]", o8=empty)
        seen = corners != b"[0 0 0 0]"
        found = evidence(updated(signed, place), ROOT).signatures[0].changes
        allowed = Changes.SIGNATURES if seen else Changes.VALIDATION_DATA
        assert found is (Changes.FORBIDDEN if seen and permissions else allowed)
    assert told(report(updated(signed, change_of(3, Annots=there)))) == MALFORMED


def test_a_document_has_its_first_revision_in_two_sections_where_it_is_linearised() -> None:
    def in_two(document: bytes) -> bytes:
        table = document.index(b"xref\n")
        again = (
            b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d >>\n" % table
        )
        return b"%sstartxref\n%d\n%%%%EOF\n" % (
            document[: document.index(b"startxref")] + again,
            document.index(b"startxref"),
        )

    signed = signed_pdf(sign, change=in_two)
    assert told(report(signed)) == PASSED
    assert told(report(updated(signed, new_field()))) == PASSED
    assert told(report(updated(signed, change_of(5, BaseFont=pdf_name("/Symbol"))))) == MALFORMED


def test_a_name_that_only_reads_the_same_is_another() -> None:
    fonts = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font %s"
    )
    before, after = (fonts % b"<< /F%s 5 0 R >> >> >>" % one for one in (b"\xe9", b"#C3#A9"))
    signed = signed_pdf(sign, o3=before)
    assert told(report(signed)) == PASSED
    same = signed + revised(signed, 3, before.replace(b"\xe9", b"#E9"))
    assert told(report(same)) == PASSED
    assert told(report(signed + revised(signed, 3, after))) == MALFORMED


def revised(document: bytes, number: int, content: bytes) -> bytes:
    """An update of one object, as it is spelt."""
    place = len(document)
    added = b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size 8 /Root 1 0 R /Prev %d >>\n" % (
        number,
        place,
        document.rindex(b"xref\n0 1"),
    )
    return added + table + b"startxref\n%d\n%%%%EOF\n" % (place + len(added))
