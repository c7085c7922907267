"""What is refused before sealing: one stable code for each reason, and nothing stored."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.store import tables
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.signing_service import Visitor

_ANNOTATION = b"/Annots [ << /Type /Annot /Rect [0 0 9 9] %s >> ]"
_FORM = b"/AcroForm << /Fields [7 0 R] >>"


def _with_action(action: bytes) -> bytes:
    return pdf(page_objects(catalogue=b"/OpenAction << /Type /Action %s >>" % action))


REFUSED = {
    "empty": (b" ", "not_a_pdf"),
    "a word document": (b"PK\x03\x04" + bytes(200), "not_a_pdf"),
    "something before the PDF": (b"GIF89a" + plain_pdf(), "not_a_pdf"),
    "cut off": (plain_pdf()[:-200], "pdf_broken"),
    "a header alone": (b"%PDF-1.7\n", "pdf_broken"),
    "pages that are not counted": (plain_pdf().replace(b"/Count", b"/Co-nt"), "pdf_broken"),
    "no pages": (
        pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}),
        "pdf_broken",
    ),
    "an odd identifier": (pdf(page_objects(), b"/ID [<00>]"), "pdf_broken"),
    "a page that is in two places": (
        plain_pdf().replace(b"[3 0 R] /Count 1", b"[3 0 R 3 0 R]  "),
        "pdf_broken",
    ),
    "an element that is in two places": (
        pdf(
            page_objects(
                b"/StructTreeRoot 7 0 R",
                o7=b"<< /Type /StructTreeRoot /K [8 0 R 8 0 R] >>",
                o8=b"<< /Type /StructElem /S /P /P 7 0 R >>",
            )
        ),
        "pdf_broken",
    ),
    "something after the PDF": (plain_pdf() + b"and more", "pdf_broken"),
    "JavaScript at opening": (
        _with_action(b"/S /JavaScript /JS (app.alert\\(1\\))"),
        "pdf_javascript",
    ),
    "JavaScript by name": (
        pdf(page_objects(catalogue=b"/Names << /JavaScript << /Names [] >> >>")),
        "pdf_javascript",
    ),
    "JavaScript of a page": (
        pdf(page_objects(page=b"/AA << /O << /S /JavaScript /JS 6 0 R >> >>", o6=stream(b"1"))),
        "pdf_javascript",
    ),
    "a program to start": (_with_action(b"/S /Launch /F (cmd.exe)"), "pdf_action"),
    "a form to send": (_with_action(b"/S /SubmitForm /F (http://x)"), "pdf_action"),
    "layers to switch": (_with_action(b"/S /SetOCGState /State []"), "pdf_action"),
    "an XFA form": (
        pdf(page_objects(catalogue=b"/AcroForm << /Fields [] /XFA 6 0 R >>", o6=stream(b"<x/>"))),
        "pdf_xfa",
    ),
    "a field to fill in": (
        pdf(page_objects(catalogue=_FORM, o7=b"<< /FT /Tx /T (name) >>")),
        "pdf_form_fields",
    ),
    "an empty signature field": (
        pdf(page_objects(catalogue=_FORM, o7=b"<< /FT /Sig /T (sign) >>")),
        "pdf_form_fields",
    ),
    "a field outside the form": (
        pdf(page_objects(page=_ANNOTATION % b"/Subtype /Widget /FT /Btn")),
        "pdf_form_fields",
    ),
    "an attachment": (
        pdf(
            page_objects(
                catalogue=b"/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>",
                o6=b"<< /Type /Filespec /F (a) /EF << /F 7 0 R >> >>",
                o7=stream(b"x"),
            )
        ),
        "pdf_embedded_files",
    ),
    "an attachment on the page": (
        pdf(page_objects(page=_ANNOTATION % b"/Subtype /FileAttachment")),
        "pdf_embedded_files",
    ),
    "a film": (pdf(page_objects(page=_ANNOTATION % b"/Subtype /RichMedia")), "pdf_media"),
    "a page that waits": (
        pdf(page_objects(o9=b"<< /Type /Page /Contents 4 0 R >>")),
        "pdf_hidden_objects",
    ),
    "a drawing that waits": (
        pdf(page_objects(o9=stream(b"BT (other text) Tj ET"))),
        "pdf_hidden_objects",
    ),
}


@pytest.fixture(autouse=True)
def _nothing_is_stored(standing: Visitor) -> Iterator[None]:
    def rows() -> int:
        return standing.service.ledger.read_now(
            lambda transaction: transaction.execute(
                select(func.count()).select_from(tables.seals)
            ).scalar_one()
        )

    before = rows()
    yield
    assert rows() == before


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.rule("attacks.prepared")
def test_what_can_be_prepared_against_the_reader_is_refused(standing: Visitor, name: str) -> None:
    document, code = REFUSED[name]
    answer = standing.seal(document)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.rule("attacks.prepared")
def test_an_encrypted_document_is_refused(standing: Visitor, tmp_path: Path) -> None:
    source, encrypted = tmp_path / "plain.pdf", tmp_path / "encrypted.pdf"
    source.write_bytes(plain_pdf())
    subprocess.run(["qpdf", "--encrypt", "", "owner", "256", "--", source, encrypted], check=True)
    assert standing.seal(encrypted.read_bytes()).json()["code"] == "pdf_encrypted"
    assert (
        standing.verify(encrypted.read_bytes())["verdict"] == "not_signed"
    )  # no password is needed


def test_60_mb_are_a_413_and_are_never_held(standing: Visitor) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(60):
            yield bytes(1_000_000)

    headers = {
        "Authorization": f"Bearer {standing.service.token()}",
        "Content-Type": "application/pdf",
    }
    answer = standing.http.post("/seal", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")
    assert standing.service.ctx.agencies.held == 0


def test_the_largest_document_is_one_of_25_mb(standing: Visitor) -> None:
    too_large = standing.seal(bytes(DOCUMENT_BYTES + 1))
    assert too_large.status_code == 413
    assert standing.seal(bytes(DOCUMENT_BYTES)).json()["code"] == "not_a_pdf"


def test_an_empty_body_is_no_document(standing: Visitor) -> None:
    answer = standing.seal(b"")
    assert (answer.status_code, answer.json()["code"]) == (400, "document_missing")


def test_another_content_type_is_refused(standing: Visitor) -> None:
    answer = standing.http.post(
        "/seal",
        content=plain_pdf(),
        headers={
            "Authorization": f"Bearer {standing.service.token()}",
            "Content-Type": "application/octet-stream",
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "format_not_named")


def test_ordinary_links_are_no_reason_to_refuse(visitor: Visitor) -> None:
    link = b"/Subtype /Link /A << /S /URI /URI (https://example.com) >>"
    assert visitor.seal(pdf(page_objects(page=_ANNOTATION % link))).status_code == 200


def test_a_document_that_others_signed_first_is_refused(standing: Visitor) -> None:
    signed = pdf(
        page_objects(
            catalogue=b"/AcroForm << /Fields [7 0 R] /SigFlags 3 >>",
            o7=b"<< /FT /Sig /T (other) /V 8 0 R >>",
            o8=b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
            b"/ByteRange [0 1 2 3] /Contents <00> >>",
        )
    )
    assert standing.seal(signed).json()["code"] == "pdf_signed_uncertified"
