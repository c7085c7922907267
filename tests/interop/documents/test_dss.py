"""EU DSS judges our seals by its own policy: each is TOTAL_PASSED at the level that was asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.clock import SystemClock
from keys.ring import Purpose
from signing import policies
from signing.formats.digests import Hashed
from signing.formats.pades import intake, sealing
from signing.formats.reading import gather
from signing.formats.seal import Identity
from signing.rules.validation import validate
from tests.documents import plain_pdf
from tests.dss import Judge
from tests.interop.documents.conftest import LiveSigning
from tests.keys.authorities import CITIZEN
from tests.seals import Sealer
from tests.signing_service import OTHER_AGENCY

PASSED = "TOTAL_PASSED"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judged")


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_sealed_pdf_passes_at_its_level(
    live: LiveSigning, root: Path, judge: Judge, folder: Path, level: str
) -> None:
    sealed = folder / f"{level}.pdf"
    sealed.write_bytes(live.sealed(plain_pdf(), level=level))
    (found,) = judge.judge(root, SystemClock().now(), sealed)
    expected = PASSED if level != "B-T" else "INDETERMINATE"  # it asks for proofs
    assert (found.level, found.indication) == (f"PAdES-BASELINE-{level[2:]}", expected), found


def test_both_seals_of_a_pdf_pass(
    live: LiveSigning, root: Path, judge: Judge, folder: Path
) -> None:
    sealed = folder / "twice.pdf"
    sealed.write_bytes(live.sealed(live.sealed(plain_pdf()), agency=OTHER_AGENCY.agency_id))
    found = judge.judge(root, SystemClock().now(), sealed)
    assert [one.indication for one in found] == [PASSED, PASSED], found


@pytest.mark.parametrize(("report", "signed"), [("xml", "XAdES"), ("pdf", "PAdES")])
def test_the_seal_on_a_report_passes(
    live: LiveSigning, root: Path, judge: Judge, folder: Path, report: str, signed: str
) -> None:
    sealed, kept = folder / "reported.pdf", folder / f"report.{report}"
    sealed.write_bytes(live.sealed(plain_pdf()))
    live.tra("verify", str(sealed), "--report", str(kept))
    (found,) = judge.judge(root, SystemClock().now(), kept)
    assert (found.level, found.indication) == (f"{signed}-BASELINE-LT", PASSED), found


def test_a_signature_under_a_short_term_certificate_passes_without_news_of_it(
    judge: Judge, folder: Path
) -> None:
    sealer, document = Sealer(), plain_pdf()
    known = sealer.authorities
    short = known.issue(Purpose.SHORT_SIGNATURE, CITIZEN, sealer.now)
    by = Identity(short.certificate, short.signer, (known.issuing.certificate,))
    accepted = intake.check(document)
    signed = sealing.sign(Hashed(document), accepted, by, sealer.stamp, sealer.utc)
    _, of_the_clock = sealer.proofs().ocsps
    proofs = replace(sealer.proofs(), ocsps=(of_the_clock,))
    file, root = folder / "short.pdf", folder / "its-root.cer"
    file.write_bytes(
        document + sealing.add_validation_data(Hashed(document), accepted, signed.part, proofs)
    )
    root.write_bytes(known.root.certificate.der)
    later = sealer.now + 30 * 86_400
    ours = validate(gather(file.read_bytes(), sealer.anchors), {}, later, policies.default())
    assert (ours.indication, ours.signatures[0].level) == (PASSED, "B-LT")
    (found,) = judge.judge(root, later, file)
    assert (found.level, found.indication) == ("PAdES-BASELINE-LT", PASSED), found


def test_a_changed_pdf_fails(live: LiveSigning, root: Path, judge: Judge, folder: Path) -> None:
    changed = folder / "changed.pdf"
    changed.write_bytes(live.sealed(plain_pdf()).replace(b"registration", b"resignation!"))
    (found,) = judge.judge(root, SystemClock().now(), changed)
    assert (found.indication, found.sub_indication) == ("TOTAL_FAILED", "HASH_FAILURE"), found
