"""The seals of plain documents: pyHanko, qpdf and poppler are content with each."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from signing import policies
from signing.formats.pades import intake
from signing.formats.reading import gather
from signing.rules.evidence import Changes, DocumentEvidence
from signing.rules.report import Level, Verdict
from signing.rules.validation import validate
from tests.documents import page_objects, pdf, plain_pdf
from tests.formats.plain.shapes import documents, packed
from tests.formats.plain.test_intake import PLAIN
from tests.seals import Sealer, read_fully


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer()


def _judged(sealer: Sealer, sealed: bytes) -> DocumentEvidence:
    """By pyHanko; the document must pass as a B-LT, in a strict reading. Our own reader agrees,
    where it says anything."""
    evidence = read_fully(sealed, sealer)
    assert gather(sealed, sealer.anchors) == evidence
    assert not evidence.repaired
    assert validate(evidence, {}, sealer.now, policies.default()).verdict is Verdict.AUTHENTIC
    assert all(one.level is Level.LT and one.profiled for one in evidence.signatures)
    return evidence


@pytest.mark.parametrize("name", PLAIN)
def test_each_plain_document_s_seal_passes(sealer: Sealer, tmp_path: Path, name: str) -> None:
    document = PLAIN[name]
    sealed = sealer.seal(document)
    [signature] = _judged(sealer, sealed).signatures
    assert sealed.startswith(document)
    assert (signature.name, signature.changes) == ("Seal1", Changes.VALIDATION_DATA)
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    said = subprocess.run(["pdfsig", "-nocert", file], check=True, capture_output=True).stdout
    assert b"Signature is Valid." in said


@pytest.mark.parametrize("document", [plain_pdf(), packed(page_objects())])
def test_a_second_seal_leaves_both_passing(sealer: Sealer, document: bytes) -> None:
    once = sealer.seal(document)
    accepted = intake.check(once)
    assert (accepted.certify, accepted.field_name) == (False, "Seal2")
    assert accepted.prepared is not None
    first, second = _judged(sealer, sealer.seal(once)).signatures
    assert (first.changes, second.changes) == (Changes.SIGNATURES, Changes.VALIDATION_DATA)


def test_a_document_that_pyhanko_sealed_gets_its_second_seal_from_us(sealer: Sealer) -> None:
    once = sealer.seal_with_pyhanko(plain_pdf())
    assert intake.check(once).prepared is not None
    _judged(sealer, sealer.seal(once))


def test_a_document_that_we_sealed_gets_its_second_seal_from_pyhanko(sealer: Sealer) -> None:
    _judged(sealer, sealer.seal_with_pyhanko(sealer.seal(plain_pdf())))


def test_a_document_without_a_last_newline_gets_one(sealer: Sealer) -> None:
    _judged(sealer, sealer.seal(plain_pdf()[:-1]))


def test_what_was_on_the_page_stays_there(sealer: Sealer) -> None:
    link = b"/Annots [ << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Contents <00> >> ]"
    sealed = sealer.seal(pdf(page_objects(page=link)))
    assert b"/Contents <00>" in sealed[len(pdf(page_objects(page=link))) :]
    _judged(sealer, sealed)


@settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a seal costs too much to shrink by
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(documents())
def test_the_seal_of_whatever_is_plain_passes(document: bytes) -> None:
    assume(document.startswith(b"%PDF-"))
    sealer = _SEALER
    try:
        accepted = intake.check(document)
    except Exception:
        assume(False)
    assume(accepted.prepared is not None)
    _judged(sealer, sealer.finish(document, accepted))


_SEALER = Sealer()
