"""PDFs that are built as other writers build them, and as attackers would."""

import re
import subprocess
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from signing.rules.report import Indication, Verdict
from tests.attacks.foreign import Signer, authority, judge
from tests.attacks.test_pdf import updated
from tests.documents import hybrid_pdf, plain_pdf, stream_pdf

ROOT = authority()
SOMEBODY = Signer(ROOT)
ANOTHER = Signer(ROOT, "Another")
TABLE = 6
"""The number of the cross-reference stream in `stream_pdf`."""


def told(document: bytes) -> tuple[Verdict, list[Indication]]:
    report = judge(document, ROOT, SOMEBODY, ANOTHER)
    return report.verdict, [one.indication for one in report.signatures]


def with_store(writer: IncrementalPdfFileWriter) -> None:
    """Validation data in an object with the number that the cross-reference stream has."""
    writer.objects[(0, TABLE)] = generic.DictionaryObject()
    writer.root[pdf_name("/DSS")] = generic.IndirectObject(TABLE, 0, writer)
    writer.update_root()


def with_picture(writer: IncrementalPdfFileWriter) -> None:
    writer.objects[(0, TABLE)] = generic.StreamObject(stream_data=b"q 1 0 0 rg 0 0 500 500 re f Q")


def test_a_hybrid_is_read_and_so_are_its_updates() -> None:
    signed = SOMEBODY.sign(hybrid_pdf(), strict=False)
    assert told(signed) == (Verdict.AUTHENTIC, [Indication.TOTAL_PASSED])
    again = ANOTHER.sign(signed, "Sig2", strict=False)
    assert told(again) == (Verdict.AUTHENTIC, [Indication.TOTAL_PASSED] * 2)


def test_padding_may_be_encrypted_with_the_rest_of_a_document(tmp_path: Path) -> None:
    """As PDFBox does: the padding is written before the signature takes its place."""
    plain, locked = tmp_path / "plain.pdf", tmp_path / "locked.pdf"
    plain.write_bytes(plain_pdf())
    subprocess.run(["qpdf", "--encrypt", "", "owner", "256", "--", plain, locked], check=True)
    for encrypted, expected in ((True, Verdict.AUTHENTIC), (False, Verdict.CHANGED)):
        document = (locked if encrypted else plain).read_bytes()
        signed = SOMEBODY.sign(document, password=b"" if encrypted else None)
        padded = re.sub(rb"(?:00){50}>", b"5a" * 50 + b">", signed)
        assert len(padded) == len(signed)
        assert padded != signed
        assert told(padded)[0] is expected


def test_an_update_may_take_the_number_of_a_cross_reference_stream() -> None:
    signed = SOMEBODY.sign(stream_pdf())
    assert told(updated(signed, with_store)) == (Verdict.AUTHENTIC, [Indication.TOTAL_PASSED])


def test_a_broken_document_without_a_signature_is_not_signed() -> None:
    """Viewers repair it; where it was cut off, nobody knows what was in its form."""
    broken = plain_pdf().replace(b"startxref\n", b"startxref\n1")
    assert told(broken) == (Verdict.NOT_SIGNED, [])
    assert told(broken[:-20]) == (Verdict.NOT_SIGNED, [])
    form = broken.replace(b"/Pages 2 0 R", b"/Pages 2 0 R /AcroForm 9 0 R /Perms << /UR 8 0 R >>")
    assert told(form[:-20])[0] is Verdict.UNREADABLE
    for name in (b"/ByteRange", b"/Byte#52ange"):
        signed = broken.replace(b"/Type /Font", name + b" [0 1 2 3] /Type /Font")
        assert told(signed)[0] is not Verdict.NOT_SIGNED
    forged = SOMEBODY.sign(plain_pdf()).replace(b"startxref\n", b"startxref\n1")
    assert told(forged)[0] is not Verdict.NOT_SIGNED


def unseen_field(writer: IncrementalPdfFileWriter) -> None:
    """A signature field of no size, whose appearance refers to the page's content."""
    form = generic.StreamObject(
        {
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/Resources"): generic.DictionaryObject(
                {pdf_name("/X"): generic.IndirectObject(4, 0, writer)}
            ),
        },
        stream_data=b"",
    )
    appearance = {pdf_name("/N"): writer.add_object(form)}
    field = {
        pdf_name("/FT"): pdf_name("/Sig"),
        pdf_name("/T"): generic.pdf_string("Unseen"),
        pdf_name("/Subtype"): pdf_name("/Widget"),
        pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(0)] * 4),
        pdf_name("/AP"): generic.DictionaryObject(appearance),
    }
    listed = writer.root["/AcroForm"]["/Fields"]
    listed.append(writer.add_object(generic.DictionaryObject(field)))
    writer.update_container(listed)


def unseen_field_and_new_content(writer: IncrementalPdfFileWriter) -> None:
    unseen_field(writer)
    writer.objects[(0, 4)] = generic.StreamObject(stream_data=b"BT (Forged) Tj ET")


def test_what_an_unseen_field_refers_to_is_not_excused_by_it() -> None:
    for permissions in (None, MDPPerm.NO_CHANGES):
        signed = SOMEBODY.sign(plain_pdf(), permissions=permissions)
        assert told(updated(signed, unseen_field))[0] is Verdict.AUTHENTIC
        assert told(updated(signed, unseen_field_and_new_content))[0] is Verdict.CHANGED


def freeing(document: bytes, number: int) -> bytes:
    """An update that frees an object's number and does nothing else."""
    previous = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n0000000000 00001 f \n" % number
    trailer = b"trailer\n<< /Size 100 /Root 1 0 R /Prev %d >>\n" % previous
    end = b"startxref\n%d\n%%%%EOF\n" % len(document)
    return document + table + trailer + end


def test_numbers_that_were_never_used_may_be_freed_and_nothing_else() -> None:
    """As iText does with those that it kept for nothing."""
    signed = SOMEBODY.sign(plain_pdf())
    assert told(freeing(signed, 50)) == (Verdict.AUTHENTIC, [Indication.TOTAL_PASSED])
    both = freeing(freeing(signed, 50), 50)
    assert told(both) == (Verdict.AUTHENTIC, [Indication.TOTAL_PASSED])
    for used in (4, 5, 7):
        assert told(freeing(signed, used))[0] is Verdict.CHANGED


def test_what_refers_to_a_cross_reference_stream_may_not_become_another_thing() -> None:
    """A picture that is none yet when it is signed."""
    prepared = SOMEBODY.sign(stream_pdf(b"/Foo 6 0 R"))
    for change in (with_store, with_picture):
        assert told(updated(prepared, change))[0] is Verdict.CHANGED
