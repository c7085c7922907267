"""The report on paper stays one page, whatever is in a file, and says no more than the verdict."""

import io
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

import signing
from core.pages import Pages
from signing.formats.paper.court import Office, draw
from signing.formats.xades.writing import xml_time
from signing.rules.evidence import DocumentEvidence
from signing.rules.report import (
    Indication,
    Note,
    Part,
    Report,
    SignatureReport,
    Step,
    SubIndication,
    Verdict,
)
from signing.rules.validation import Checked
from tests.pages.signing_states import BY_NAME

PAGES = Pages(Path(signing.__file__).parent / "pages", https=False)
OFFICE = Office("https://sign.example.kh", "4d7t08hngemfwkbrjd8ndy2r6b")
AUTHENTIC: Report = BY_NAME["authentic"].values["report"]
[PASSED] = AUTHENTIC.signatures
FAILED = replace(
    PASSED,
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.REVOKED_CA_NO_POE,
    step=Step.REVOCATION,
)
HOSTILE = "ABC\u202e\x00W" * 40


def read(report: Report, name: str = "licence.pdf", office: Office = OFFICE) -> str:
    """The text of its only page, lines joined."""
    checked = Checked(name, DocumentEvidence(report.size, report.digest), report)
    [page] = pypdfium2.PdfDocument(io.BytesIO(draw(checked, PAGES, office)))
    return " ".join(page.get_textpage().get_text_range().split())


def signed(*signatures: SignatureReport, verdict: Verdict = Verdict.AUTHENTIC) -> Report:
    return replace(AUTHENTIC, verdict=verdict, signatures=signatures)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_comes_first_in_its_own_words(verdict: Verdict) -> None:
    text = read(replace(AUTHENTIC, verdict=verdict, signatures=()))
    title = PAGES.text("en", f"verdict.{verdict}.title")
    assert text.index(title) < text.index("licence.pdf")
    for part in ("sentence", "next"):
        assert PAGES.text("en", f"verdict.{verdict}.{part}") in text


def test_of_many_seals_those_that_do_not_pass_are_shown_and_the_rest_is_counted() -> None:
    text = read(signed(*[PASSED] * 60, FAILED, verdict=Verdict.INDETERMINATE))
    assert text.index("Seal 61") < text.index("Seal 1")
    assert "Further seals: 59, of which 59 pass." in text


def test_the_seal_that_decides_comes_before_others_that_do_not_pass() -> None:
    other = replace(FAILED, sub_indication=SubIndication.TRY_LATER)
    report = signed(*[other] * 9, FAILED, PASSED, verdict=Verdict.REVOKED)
    deciding = replace(report, indication=FAILED.indication, sub_indication=FAILED.sub_indication)
    text = read(deciding)
    assert text.index("Seal 10") < text.index("Seal 1 ")


def test_what_has_room_on_the_sheet_is_not_counted_away() -> None:
    text = read(signed(PASSED, replace(PASSED, signed_at=None, notes=(Note.TIME_NOT_PROVEN,))))
    assert "Seal 2" in text
    assert "When (as claimed)" in text
    assert "Further seals" not in text


def test_hostile_names_in_certificates_stay_on_the_page_and_on_their_lines() -> None:
    signer = FAILED.signer
    assert signer is not None
    who = replace(
        signer,
        common_name=HOSTILE,
        organization=HOSTILE[::-1],
        organization_identifier=HOSTILE,
        issuer=HOSTILE,
    )
    worst = replace(
        FAILED, signer=who, time_stamped_by=who, revoked_at=1_776_000_000, notes=tuple(Note)
    )
    report = replace(
        signed(worst, worst, verdict=Verdict.REVOKED),
        parts=tuple(Part(HOSTILE, 1, None, ()) for _ in range(9)),
        unsigned_bytes=99,
    )
    text = read(report, HOSTILE * 9)
    assert "Seal 1" in text
    assert "Further seals: 1" in text
    assert "\\u{202e}\\u{0}W" in text
    assert "and 6 more" in text


@pytest.mark.parametrize(
    ("at", "told"), [(-62_135_596_800, "0001-01-01T"), (253_402_300_799, "9999-12-31T")]
)
def test_a_time_that_nobody_meant_is_told_as_it_is(at: int, told: str) -> None:
    assert told in read(signed(replace(PASSED, signed_at=None, claimed_at=at, revoked_at=at)))
    assert xml_time(at).startswith(told)


def test_a_name_is_confirmed_by_the_verdict_alone() -> None:
    """A seal that passes by itself does not make more of a document that was changed."""
    text = read(signed(PASSED, verdict=Verdict.CHANGED))
    assert "Name in the seal (not confirmed)" in text
    assert "Sealed by" not in text


def test_what_is_made_on_somebody_s_machine_says_that_nobody_sealed_it() -> None:
    text = read(signed(PASSED), office=Office())
    assert "Nobody has sealed this report." in text
    assert "Check again at" not in text
    assert "The service has sealed this report" in read(signed(PASSED))
