"""Signatures in forms as odd software makes them, beside odd validation data (ISO 32000-2 §12.7.4,
EN 319 142-1 §5.4.2): they are found, and judged as any."""

from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.rules.report import Report, Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import root
from tests.attacks.signed_pdf import FIELD, RANGE, WIDGET, signed_pdf
from tests.attacks.test_pdf import updated
from tests.attacks.verdicts import MALFORMED, PASSED, judge, told

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
EMPTY = b"<< /FT /Sig /T (Empty) %s %%s >>" % WIDGET


def sign(covered: bytes) -> bytes:
    return content_info(signature(SOMEBODY, covered, at=None), content=None)


def report(document: bytes) -> Report:
    return judge(document, ROOT, SOMEBODY)


ODD: dict[str, dict[str, bytes]] = {
    "a field without a name": {"field": FIELD.replace(b"/T (Sig1)", b"")},
    "a field whose name is half a character": {"field": FIELD.replace(b"(Sig1)", b"<FEFFD83D>")},
    "a field in the list itself": {"fields": b"[%s]" % FIELD},
    "a field twice in the list": {"fields": b"[6 0 R 6 0 R]"},
    "a list that refers to nothing": {"fields": b"[99 0 R null 6 0 R]"},
    "a list of other things": {"fields": b"[4 0 R (Sig1) 6 0 R]"},
    "a list elsewhere": {"fields": b"8 0 R", "o8": b"[6 0 R]"},
    "a field in itself": {
        "fields": b"[8 0 R]",
        "o8": b"<< /FT /Sig /T (Above) /Kids [8 0 R 6 0 R] >>",
        "field": FIELD.replace(b"/FT /Sig", b"/Parent 8 0 R"),
    },
    "a field without a value": {"fields": b"[8 0 R 6 0 R]", "o8": EMPTY % b""},
    "a field whose value is null": {"fields": b"[8 0 R 6 0 R]", "o8": EMPTY % b"/V null"},
    "a field whose value is nowhere": {"fields": b"[8 0 R 6 0 R]", "o8": EMPTY % b"/V 99 0 R"},
    "two fields with one value": {"fields": b"[6 0 R 8 0 R]", "o8": EMPTY % b"/V 7 0 R"},
}


@pytest.mark.parametrize("odd", ODD)
def test_the_one_signature_is_found(odd: str) -> None:
    found = report(signed_pdf(sign, **ODD[odd]))
    assert told(found) == PASSED
    [one] = found.signatures
    assert one.name.encode() == one.name.encode("utf-8", "replace")


def test_a_range_may_be_an_object_of_its_own() -> None:
    direct = b"/ByteRange " + RANGE
    apart = b"/ByteRange 8 0 R".ljust(len(direct))
    signed = signed_pdf(sign, o8=RANGE, change=lambda it: it.replace(direct, apart))
    assert told(report(signed)) == PASSED
    assert report(signed.replace(b"registration", b"Registration")).verdict is Verdict.CHANGED


@pytest.mark.parametrize("value", [b"7", b"(signed)", b"[7 0 R]", b"<< /Type /Sig >>"])
def test_a_value_that_is_no_signature_is_one_that_cannot_be_read(value: bytes) -> None:
    beside = EMPTY % (b"/V " + value)
    found = report(signed_pdf(sign, fields=b"[6 0 R 8 0 R]", o8=beside))
    assert told(found) == MALFORMED
    assert found.signatures[0].sub_indication is None


def test_a_signature_whose_field_is_gone_was_taken_away() -> None:
    assert told(report(signed_pdf(sign, fields=b"[99 0 R]"))) == MALFORMED


def indirect(number: int) -> generic.IndirectObject:
    return generic.IndirectObject(number, 0, None)


STORES: dict[str, generic.PdfObject] = {
    "null": generic.NullObject(),
    "a list": generic.ArrayObject(),
    "nowhere": indirect(99),
    "lists that are none": generic.DictionaryObject(
        {pdf_name("/Certs"): pdf_name("/None"), pdf_name("/CRLs"): generic.NumberObject(5)}
    ),
    "lists of nothing": generic.DictionaryObject(
        {
            pdf_name("/OCSPs"): generic.ArrayObject([generic.NullObject(), indirect(99)]),
            pdf_name("/Certs"): generic.NullObject(),
        }
    ),
    "entries that nobody knows": generic.DictionaryObject(
        {
            pdf_name("/VRI"): generic.DictionaryObject(
                {pdf_name("/lower"): generic.ArrayObject([generic.NumberObject(5)])}
            ),
            pdf_name("/Made"): generic.pdf_string("by somebody"),
        }
    ),
}


@pytest.mark.parametrize("store", STORES)
def test_validation_data_that_is_odd_changes_nothing(store: str) -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        writer.root[pdf_name("/DSS")] = STORES[store]
        writer.update_root()

    assert told(report(updated(signed_pdf(sign), add))) == PASSED


REFERRING = FIELD.replace(b"/FT /Sig", b"/FT /Sig /Kept 9 0 R")


def new_field(number: int | None = None) -> Callable[[IncrementalPdfFileWriter], None]:
    """Adds an empty one that is not seen, as the object of that number."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        field = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/T"): generic.pdf_string("Another"),
                pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(0)] * 4),
            }
        )
        listed = writer.root["/AcroForm"]["/Fields"]
        if number is None:
            listed.append(writer.add_object(field))
        else:
            writer.objects[(0, number)] = field
            listed.append(generic.IndirectObject(number, 0, writer))
        writer.update_root()

    return add


@pytest.mark.parametrize(
    "fields", [b"[null 6 0 R]", b"[99 0 R 6 0 R]", b"[6 0 R 6 0 R]", b"[4 0 R 6 0 R]"]
)
def test_a_list_with_what_is_no_field_may_be_updated(fields: bytes) -> None:
    found = report(updated(signed_pdf(sign, fields=fields), new_field()))
    assert told(found) == PASSED


@pytest.mark.parametrize(("number", "taken"), [(12, False), (11, True), (20, True)])
def test_a_number_that_nothing_has_and_nothing_refers_to_is_free(number: int, taken: bool) -> None:
    signed = signed_pdf(sign, o20=b"<< /Kept 11 0 R >>", o9=b"[20 0 R]", field=REFERRING)
    expected = Verdict.CHANGED if taken else Verdict.AUTHENTIC
    assert report(updated(signed, new_field(number))).verdict is expected


@pytest.mark.parametrize("flags", [None, 1, 3])
def test_that_there_are_signatures_may_be_said_by_the_next(flags: int | None) -> None:
    def say(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        form.pop("/SigFlags", None)
        if flags is not None:
            form[pdf_name("/SigFlags")] = generic.NumberObject(flags)
        writer.update_root()

    silent = signed_pdf(sign, change=lambda it: it.replace(b"/SigFlags 3", b"           "))
    for document in (silent, signed_pdf(sign)):
        assert told(report(updated(document, say))) == PASSED


@pytest.mark.parametrize("number", [3, 4, 5])
def test_what_is_drawn_is_no_validation_data(number: int) -> None:
    def forge(writer: IncrementalPdfFileWriter) -> None:
        drawn = generic.IndirectObject(number, 0, writer)
        listed = generic.ArrayObject([drawn])
        writer.root[pdf_name("/DSS")] = generic.DictionaryObject({pdf_name("/Certs"): listed})
        writer.update_root()
        writer.objects[(0, number)] = generic.StreamObject(stream_data=b"BT (Forged) Tj ET")

    assert report(updated(signed_pdf(sign), forge)).verdict is Verdict.CHANGED
