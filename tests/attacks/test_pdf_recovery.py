"""PDFs whose cross-references were broken when they were signed: they are read by looking for their
objects, and nothing that others may find in them passes."""

import re
import zlib
from collections.abc import Callable

import pytest

from signing.rules.report import Note, Report, Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import root
from tests.attacks.signed_pdf import FIELD, signed_pdf
from tests.attacks.verdicts import CHANGED, PASSED, judge, told
from tests.documents import page_objects, pdf, plain_pdf, stream

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()


def sign(covered: bytes) -> bytes:
    return content_info(signature(SOMEBODY, covered, at=None), content=None)


def report(document: bytes) -> Report:
    return judge(document, ROOT, SOMEBODY)


def elsewhere(document: bytes) -> bytes:
    return re.sub(rb"startxref\n\d+", b"startxref\n7", document)


BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "the table is elsewhere": elsewhere,
    "the table is nowhere": lambda it: re.sub(rb"startxref\n\d+", b"startxref\n0", it),
    "the table before is at nothing": lambda it: it.replace(b"/Root", b"/Prev 0 /Root"),
    "there is no table": lambda it: re.sub(rb"\nxref\n.*(?=%%EOF)", b"\n", it, flags=re.DOTALL),
    "there is no root": lambda it: it.replace(b"/Root 1 0 R", b"/Info 5 0 R"),
    "there is no end": lambda it: it.replace(b"%%EOF\n", b""),
    "it ends twice": lambda it: elsewhere(it) + b"%%EOF\n",
    "lines end otherwise": lambda it: elsewhere(it).replace(b" obj\n", b" obj\r"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_read_all_the_same(broken: str) -> None:
    signed = signed_pdf(sign, change=BREAKS[broken])
    found = report(signed)
    assert told(found) == PASSED
    assert Note.STRUCTURE_REPAIRED in found.signatures[0].notes
    assert told(report(signed.replace(b"registration", b"Registration"))) == CHANGED


def test_an_object_that_was_written_again_is_the_last_one() -> None:
    old = FIELD.replace(b"(Sig1)", b"(Older)")
    added = b"6 0 obj\n%s\nendobj\nxref" % FIELD
    signed = signed_pdf(sign, field=old, change=lambda it: elsewhere(it.replace(b"xref", added, 1)))
    found = report(signed)
    assert told(found) == PASSED
    assert [one.name for one in found.signatures] == ["Sig1"]


@pytest.mark.parametrize("compressed", [True, False])
def test_an_object_within_an_object_stream_is_found(compressed: bool) -> None:
    within = b"10 0 " + FIELD
    entries = b"/Type /ObjStm /N 1 /First 5 " + (b"/Filter /FlateDecode " if compressed else b"")
    held = stream(zlib.compress(within) if compressed else within, entries)
    found = report(signed_pdf(sign, fields=b"[10 0 R]", o9=held, change=elsewhere))
    assert told(found) == PASSED


def test_what_stands_in_a_stream_is_no_object() -> None:
    hidden = stream(b"6 0 obj\n<< /FT /Sig /T (Hidden) >>\nendobj\n")
    [found] = report(signed_pdf(sign, o9=hidden, change=elsewhere)).signatures
    assert found.name == "Sig1"


def test_what_follows_a_broken_document_may_be_found_by_others() -> None:
    signed = signed_pdf(sign, change=elsewhere)
    assert told(report(signed + b"\n%%EOF\n")) == PASSED
    forged = b"4 0 obj\n%s\nendobj\n" % stream(b"BT (Forged) Tj ET")
    assert report(signed + forged).verdict is Verdict.UNREADABLE
    assert report(signed + forged + b"%%EOF\n").verdict is not Verdict.AUTHENTIC


OLD: dict[str, Callable[[bytes], bytes]] = {
    "no version": lambda it: it.replace(b"%PDF-1.7", b"%PDF-   "),
    "a version of letters": lambda it: it.replace(b"%PDF-1.7", b"%PDF-A.B"),
    "no endobj at the end": lambda it: re.sub(rb"endobj\n(?=xref)", b"", it),
    "/Encrypt that is null": lambda it: it.replace(b"/Root", b"/Encrypt null /Root"),
    "/Encrypt that is nowhere": lambda it: it.replace(b"/Root", b"/Encrypt 99 0 R /Root"),
}


@pytest.mark.parametrize("odd", OLD)
def test_what_readers_forgive_keeps_no_signature_from_its_verdict(odd: str) -> None:
    signed = signed_pdf(sign, change=OLD[odd])
    assert told(report(signed)) == PASSED
    assert told(report(signed.replace(b"registration", b"Registration"))) == CHANGED


BEFORE = b"Some words before the document.\n"


@pytest.mark.parametrize(
    "document",
    [
        BEFORE + plain_pdf(),
        BEFORE + plain_pdf().partition(b"%%EOF")[0],
        plain_pdf().partition(b"xref")[0],
        elsewhere(plain_pdf()).partition(b"%%EOF")[0] + bytes(2_000),
    ],
)
def test_a_broken_document_without_a_form_is_not_signed(document: bytes) -> None:
    assert report(document).verdict is Verdict.NOT_SIGNED


def test_a_document_that_was_cut_off_and_has_a_form_may_have_been_signed() -> None:
    signed = signed_pdf(sign)
    assert report(signed[: signed.index(b"7 0 obj")]).verdict is Verdict.UNREADABLE


def test_a_signature_that_gives_a_reader_rights_is_nobodys() -> None:
    def permit(permitted: bytes) -> bytes:
        entries = b"/Perms << /UR3 %s >>" % permitted
        held = b"<< /ByteRange [0 10 20 30] /Contents <3000> >>"
        document = pdf(page_objects(entries, o9=held))
        near = document.index(b"xref\n") + 2  # which the lenient reader mends
        return re.sub(rb"startxref\n\d+", b"startxref\n%d" % near, document)

    assert report(permit(b"9 0 R")).verdict is Verdict.NOT_SIGNED
    assert report(permit(b"8 0 R")).verdict is not Verdict.NOT_SIGNED
