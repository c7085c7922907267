"""Published attacks on signed PDFs, each as a file, with the verdict that a reader is owed.

ISA: incremental saving. SSA: sneaky signature. EAA: evil annotation. USF: universal forgery.
SWA: signature wrapping. (Mladenov et al. 2019; Rohlmann et al. 2021.)
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from signing.rules.report import Indication, Report, SubIndication, Verdict
from tests.attacks.foreign import Signer, authority, judge
from tests.attacks.verdicts import MALFORMED, PASSED, UNRECOGNISED, Told
from tests.attacks.verdicts import told as in_short
from tests.documents import plain_pdf

ROOT = authority()
SOMEBODY = Signer(ROOT)
ANOTHER = Signer(ROOT, "Another")

APPROVED = SOMEBODY.sign(plain_pdf())
CERTIFIED = SOMEBODY.sign(plain_pdf(), permissions=MDPPerm.FILL_FORMS)
WITH_NOTES = SOMEBODY.sign(plain_pdf(), permissions=MDPPerm.ANNOTATE)

Writer = IncrementalPdfFileWriter


def verdict(document: bytes) -> Report:
    return judge(document, ROOT, SOMEBODY, ANOTHER)


def told(document: bytes) -> Told:
    return in_short(verdict(document))


def updated(document: bytes, change: Callable[[Writer], None]) -> bytes:
    """An incremental update that was made by the book."""
    output = BytesIO(document)
    writer = Writer(output)
    change(writer)
    writer.write_in_place()
    return output.getvalue()


def _page(writer: Writer) -> Any:
    page = writer.root["/Pages"]["/Kids"][0]
    writer.update_container(page)
    return page


def new_content(writer: Writer) -> None:
    forged = generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 770 Td (Forged) Tj ET")
    _page(writer)[pdf_name("/Contents")] = writer.add_object(forged)


def another_page_tree(writer: Writer) -> None:
    page = generic.DictionaryObject(_page(writer))
    page[pdf_name("/MediaBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9)))
    tree = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Pages"),
            pdf_name("/Kids"): generic.ArrayObject([writer.add_object(page)]),
            pdf_name("/Count"): generic.NumberObject(1),
        }
    )
    writer.root[pdf_name("/Pages")] = writer.add_object(tree)
    writer.update_root()


def another_font(writer: Writer) -> None:
    font = writer.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]["/F1"]
    font[pdf_name("/BaseFont")] = pdf_name("/Symbol")
    writer.update_container(font)


def layers(writer: Writer) -> None:
    writer.root[pdf_name("/OCProperties")] = generic.DictionaryObject(
        {pdf_name("/D"): generic.DictionaryObject(), pdf_name("/OCGs"): generic.ArrayObject()}
    )
    writer.update_root()


def script(writer: Writer) -> None:
    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(
        {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.TextStringObject("app.alert(1)"),
        }
    )
    writer.update_root()


def free_text(writer: Writer) -> None:
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))),
            pdf_name("/Contents"): generic.TextStringObject("Forged"),
            pdf_name("/DA"): generic.TextStringObject("/F1 24 Tf"),
        }
    )
    page = _page(writer)
    kept = list(page["/Annots"]) if "/Annots" in page else []
    page[pdf_name("/Annots")] = generic.ArrayObject([*kept, writer.add_object(note)])


CHANGES = (new_content, another_page_tree, another_font, layers, script, free_text)


@pytest.mark.parametrize(
    "document", [APPROVED, CERTIFIED, WITH_NOTES], ids=["approved", "P2", "P3"]
)
def test_a_document_by_other_software_is_authentic(document: bytes) -> None:
    assert told(document) == PASSED


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize(
    "document", [APPROVED, CERTIFIED, WITH_NOTES], ids=["approved", "P2", "P3"]
)
@pytest.mark.rule("attacks.isa")
def test_isa_and_eaa_what_is_shown_was_changed_by_an_update(
    document: bytes, change: Callable[[Writer], None]
) -> None:
    report = verdict(updated(document, change))
    assert in_short(report) == MALFORMED
    assert report.signatures[0].revision == len(document)  # what was signed can be shown beside it


@pytest.mark.rule("attacks.ssa")
def test_ssa_a_second_signature_as_large_as_the_page_covers_the_first() -> None:
    forged = ANOTHER.sign(APPROVED, "Sig2", box=(0, 0, 595, 842))
    assert told(forged) == (
        Verdict.COVERED,
        Indication.INDETERMINATE,
        SubIndication.GENERIC,
    )
    first, second = verdict(forged).signatures
    assert (first.indication, second.indication) == (
        Indication.INDETERMINATE,
        Indication.TOTAL_PASSED,
    )


@pytest.mark.rule("attacks.ssa")
def test_ssa_a_second_signature_that_lies_on_the_picture_of_the_first_covers_it() -> None:
    seen = SOMEBODY.sign(plain_pdf(), box=(100, 100, 250, 150))
    assert told(ANOTHER.sign(seen, "Sig2", box=(120, 110, 270, 160)))[0] is Verdict.COVERED
    assert told(ANOTHER.sign(seen, "Sig2", box=(300, 100, 450, 150)))[0] is Verdict.AUTHENTIC


@pytest.mark.parametrize(
    ("document", "box"),
    [(APPROVED, None), (APPROVED, (72, 72, 222, 122)), (CERTIFIED, None)],
    ids=["approved", "approved, seen", "P2"],
)
@pytest.mark.rule("attacks.second")
def test_a_second_signature_leaves_both_passing(
    document: bytes, box: tuple[int, int, int, int] | None
) -> None:
    report = verdict(ANOTHER.sign(document, "Sig2", box=box))
    assert report.verdict is Verdict.AUTHENTIC
    assert [one.indication for one in report.signatures] == [Indication.TOTAL_PASSED] * 2


@pytest.mark.rule("attacks.ssa")
def test_ssa_a_certified_document_takes_no_new_pictures() -> None:
    forged = ANOTHER.sign(CERTIFIED, "Sig2", box=(0, 0, 595, 842))
    assert told(forged) == MALFORMED


@pytest.mark.parametrize("contents", [b"", b"00" * 8], ids=["empty", "zeros"])
@pytest.mark.rule("attacks.usf")
def test_usf_an_empty_signature_is_still_a_signature(contents: bytes) -> None:
    start = APPROVED.index(b"/Contents <") + 11
    end = APPROVED.index(b">", start)
    forged = APPROVED[:start] + contents.ljust(end - start, b"0") + APPROVED[end:]
    report = verdict(forged)
    assert len(report.signatures) == 1
    assert in_short(report) == MALFORMED


@pytest.mark.parametrize("document", [APPROVED, CERTIFIED], ids=["approved", "P2"])
@pytest.mark.parametrize(
    "numbers", [b"", b"0 0 0 0", b"0 -1 2 3", b"-1 9 9 9", b"0 1 2", b"0 9 (x) 9", b"0 1.5 2 3"]
)
@pytest.mark.rule("attacks.usf")
def test_usf_a_byte_range_that_covers_nothing_is_a_fault_of_format(
    document: bytes, numbers: bytes
) -> None:
    assert told(with_byte_range(document, numbers)) == MALFORMED
    assert told(document.replace(b"/ByteRange", b"/BiteRange")) == MALFORMED


def byte_range(document: bytes) -> tuple[int, int]:
    start = document.index(b"/ByteRange [") + 12
    return start, document.index(b"]", start)


def with_byte_range(document: bytes, numbers: bytes) -> bytes:
    start, end = byte_range(document)
    return document[:start] + numbers.ljust(end - start) + document[end:]


@pytest.mark.rule("attacks.swa")
def test_swa_a_byte_range_that_leaves_more_out_is_a_fault_of_format() -> None:
    start, end = byte_range(APPROVED)
    first, length, second, rest = map(int, APPROVED[start:end].split())
    for less in ((first, length, second + 1, rest - 1), (first, length - 1, second, rest)):
        assert told(with_byte_range(APPROVED, b"%d %d %d %d" % less)) == MALFORMED


@pytest.mark.rule("attacks.swa")
def test_swa_bytes_between_the_signature_and_what_it_covers_are_a_fault_of_format() -> None:
    place = APPROVED.index(b">", APPROVED.index(b"/Contents <")) + 1
    start, end = byte_range(APPROVED)
    numbers = [int(number) for number in APPROVED[start:end].split()]
    injected = b"/Injected (something else)\n"
    numbers[2] += len(injected)
    forged = APPROVED[:place] + injected + APPROVED[place:]
    again = b" ".join(b"%d" % number for number in numbers)
    assert told(with_byte_range(forged, again)) == MALFORMED


@pytest.mark.parametrize("document", [APPROVED, CERTIFIED])
@pytest.mark.rule("attacks.outside")
def test_what_stands_outside_the_document_is_a_fault_of_format_and_is_counted(
    document: bytes,
) -> None:
    report = verdict(document + b"garbage")
    assert (report.sub_indication, report.unsigned_bytes) == (SubIndication.FORMAT_FAILURE, 7)
    assert told(b"GIF89a\n" + document) == MALFORMED


@pytest.mark.rule("attacks.unknown-root")
def test_an_unknown_root_is_unrecognised() -> None:
    assert in_short(judge(APPROVED, authority("Another authority"), SOMEBODY)) == UNRECOGNISED


@pytest.mark.rule("attacks.unknown-root")
def test_an_authority_that_calls_itself_as_ours_does_is_unrecognised() -> None:
    assert in_short(judge(APPROVED, authority(ROOT.name), SOMEBODY)) == UNRECOGNISED


def rsa_key(bits: int) -> Callable[[], Any]:
    return lambda: rsa.generate_private_key(65_537, bits)


@pytest.mark.parametrize(
    ("bits", "digest"), [(2_048, "sha1"), (2_048, "md5"), (1_024, "sha256")], ids=str
)
@pytest.mark.rule("attacks.weak")
def test_an_algorithm_that_is_no_longer_safe_does_not_pass(bits: int, digest: str) -> None:
    weak = Signer(ROOT, "Weak", rsa_key(bits))
    report = judge(weak.sign(plain_pdf(), digest=digest), ROOT, weak)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )


def test_rsa_of_2048_bits_passes() -> None:
    usual = Signer(ROOT, "Usual", rsa_key(2_048))
    assert judge(usual.sign(plain_pdf()), ROOT, usual).verdict is Verdict.AUTHENTIC
