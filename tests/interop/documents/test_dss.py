"""EU DSS judges our seals by its own policy: each is TOTAL_PASSED at the level that was asked."""

from pathlib import Path

import pytest

from core.clock import SystemClock
from tests.documents import plain_pdf
from tests.dss import Judge
from tests.interop.documents.conftest import LiveSigning
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


def test_a_changed_pdf_fails(live: LiveSigning, root: Path, judge: Judge, folder: Path) -> None:
    changed = folder / "changed.pdf"
    changed.write_bytes(live.sealed(plain_pdf()).replace(b"registration", b"resignation!"))
    (found,) = judge.judge(root, SystemClock().now(), changed)
    assert (found.indication, found.sub_indication) == ("TOTAL_FAILED", "HASH_FAILURE"), found
