"""POST /verify?report=pdf: one sheet for a court, sealed by the service."""

import io
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from keys.revocation import Reason
from tests.documents import plain_pdf
from tests.signing_service import URL, Visitor
from tests.validation_report import check_sealed_by_the_service


def fetch(visitor: Visitor, document: bytes, name: str = "licence.pdf") -> bytes:
    answer = visitor.http.post(
        "/verify", params={"report": "pdf"}, files={"document": (name, document)}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="report.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    content: bytes = answer.content
    return content


def read(report: bytes) -> str:
    """The text of its only page, lines joined."""
    [page] = pypdfium2.PdfDocument(io.BytesIO(report))
    return " ".join(page.get_textpage().get_text_range().split())


@pytest.fixture(scope="module")
def report(standing: Visitor, sealed: bytes) -> bytes:
    return fetch(standing, sealed)


def test_it_is_one_page_that_says_what_the_verdict_says(
    report: bytes, standing: Visitor, sealed: bytes
) -> None:
    text, told = read(report), standing.verify(sealed)
    [signature] = told["signatures"]
    for said in (
        told["title"]["en"],
        told["sentence"]["en"],
        told["next"]["en"],
        "licence.pdf",
        f"{len(sealed)} bytes",
        told["digest"],
        told["indication"],
        told["policy"],
        told["policy_digest"],
        "Ministry of Commerce",
        signature["signer"]["organization_identifier"],
        signature["signer"]["serial"],
        "Tra Time-Stamp Authority",
        "2026-04-14T09:00:00+07:00",
        URL,
    ):
        assert said in text, said


def test_it_is_sealed_by_the_service_and_checked_as_any_document(
    report: bytes, standing: Visitor
) -> None:
    changed = report.replace(b"/MediaBox", b"/MediaBux", 1)
    check_sealed_by_the_service(standing, report, changed)


def test_poppler_reads_it_and_accepts_its_signature(report: bytes, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(report)
    told = subprocess.run(
        ["pdfsig", "-nocert", file], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid" in told


def test_khmer_is_read_from_it_as_it_was_written(
    report: bytes, standing: Visitor, sealed: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(report)
    done = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True)
    text, told = "".join(done.stdout.decode().split()), standing.verify(sealed)
    for part in ("title", "sentence", "next"):
        assert "".join(told[part]["km"].split()) in text, part


def test_a_name_that_nothing_confirms_is_called_that(
    standing: Visitor, visitor: Visitor, plain: bytes
) -> None:
    text = read(fetch(standing, visitor.sealed(plain)))
    assert "We do not know who sealed this" in text
    assert "Name in the seal (not confirmed)" in text
    assert "Issuer that it names (not confirmed)" in text
    for too_much in ("Sealed by", "Number in the register", "When (time-stamped)"):
        assert too_much not in text


def test_a_revoked_seal_says_when_and_why(visitor: Visitor, plain: bytes) -> None:
    sealed = visitor.sealed(plain)
    visitor.service.revoke(visitor.service.seal.serial, Reason.KEY_COMPROMISE)
    text = read(fetch(visitor, sealed))
    assert "INDETERMINATE / REVOKED_NO_POE" in text
    assert "Seal revoked on" in text
    assert "The certificate was revoked, and nothing proves" in text


@pytest.mark.parametrize("document", [plain_pdf(), b"x", b"%PDF-1.7", b"PK\x03\x04", b"{}"])
def test_a_file_without_a_signature_has_a_report_too(standing: Visitor, document: bytes) -> None:
    told = standing.verify(document)
    assert told["title"]["en"] in read(fetch(standing, document, "x"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\u202efdp.exe", "\\u{202e}fdp.exe"),
        ("合同.pdf", "\\u{5408}\\u{540c}.pdf"),
        ("W" * 250, "WWWW…"),
        ("e" + "\u0301" * 40, "\\u{301}"),
    ],
)
def test_a_hostile_name_is_spelled_out_on_its_line(standing: Visitor, name: str, told: str) -> None:
    text = read(fetch(standing, plain_pdf(), name))
    assert told in text
    assert "This document has no digital seal" in text


def test_the_key_of_reports_is_made_once_and_anew_when_it_was_revoked(visitor: Visitor) -> None:
    def signer(report: bytes) -> Any:
        return visitor.verify(report)["signatures"][0]["signer"]["serial"]

    first, again = fetch(visitor, plain_pdf()), fetch(visitor, plain_pdf())
    assert signer(first) == signer(again)
    visitor.service.clock.advance(3_600)  # type: ignore[attr-defined]  # a clock that stands still
    visitor.service.revoke(int(signer(first), 16), Reason.SUPERSEDED)
    assert signer(fetch(visitor, plain_pdf())) != signer(first)
