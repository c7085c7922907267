"""CRLs that the operator keeps beside the roots that he trusts: they vouch for signatures of others
that bring no proof, and are put with them when they are made to last."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.clock import FixedClock
from tests.attacks import cms, jades, xades
from tests.attacks.pki import DAY, NOW, root
from tests.attacks.records import Record
from tests.attacks.verdicts import judge
from tests.signing_service import Visitor, signing_service
from tests.web.signing.test_augment_formats import augment, augmented, verdict
from tra.trust import READ_EVERY, TrustFiles, TrustRefused, anchors

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
SIGNED = NOW - DAY
FOREIGN = {
    "cms": cms.content_info(cms.signature(SOMEBODY).stamped(CLOCK, SIGNED)),
    "json": jades.signature(SOMEBODY).stamped(CLOCK, SIGNED).flattened,
    "xml": xades.stamped(xades.enveloped(SOMEBODY), CLOCK, SIGNED),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, and the newest CRLs under it, one of them in PEM."""
    made = tmp_path_factory.mktemp("trust")
    pem = x509.load_der_x509_crl(ROOT.crl()).public_bytes(Encoding.PEM)
    for name, content in (
        ("root.cer", ROOT.certificate),
        ("root.crl.pem", pem),
        ("authority.crl", AUTHORITY.crl()),
        ("another.crl", root("Another").crl()),
    ):
        (made / name).write_bytes(content)
    return made


@pytest.fixture(scope="module")
def trusting(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    url = f"sqlite:///{tmp_path_factory.mktemp('signing') / 'signing.sqlite'}"
    clock = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    with signing_service(url, clock, trusted=TrustFiles((folder,), None, clock)) as someone:
        yield someone


@pytest.mark.parametrize("name", FOREIGN)
def test_a_signature_without_proof_passes_by_what_the_operator_keeps(
    trusting: Visitor, name: str
) -> None:
    assert judge(FOREIGN[name], ROOT).verdict != "authentic"
    assert verdict(trusting, FOREIGN[name], None) == "authentic"


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("level", ["B-LT", "B-LTA"])
def test_it_is_made_to_last_by_them(trusting: Visitor, name: str, level: str) -> None:
    made = augmented(trusting, FOREIGN[name], None, level)
    [found] = judge(made, ROOT).signatures  # who knows the root alone
    assert (found.indication, found.level) == ("TOTAL_PASSED", level)


def test_an_evidence_record_comes_beside_its_document(trusting: Visitor) -> None:
    letter = b"A letter."
    record = Record((letter,)).stamped(CLOCK, SIGNED).dump()
    for document, said in ((letter, "time_stamped"), (b"Another.", "changed")):
        files = {"document": ("d", document), "evidence_record": ("r", record)}
        report = trusting.http.post("/verify", files=files).json()
        assert report["verdict"] == said
    assert verdict(trusting, record, letter) == "time_stamped"


def test_what_was_revoked_is(trusting: Visitor, folder: Path) -> None:
    gone = AUTHORITY.signer("Gone")
    made = cms.content_info(cms.signature(gone).stamped(CLOCK, SIGNED))
    assert verdict(trusting, made, None) == "authentic"
    (folder / "authority.crl").write_bytes(AUTHORITY.crl(gone, at=SIGNED - DAY))
    trusting.service.clock.advance(READ_EVERY)  # type: ignore[attr-defined]
    assert verdict(trusting, made, None) == "revoked"
    answer = augment(trusting, made, None, "B-LTA")
    assert (answer.status_code, answer.json()["code"]) == (422, "augment_not_valid")


def test_lists_alone_trust_nobody(tmp_path: Path) -> None:
    (tmp_path / "a.crl").write_bytes(ROOT.crl())
    with pytest.raises(TrustRefused, match="no certificates"):
        anchors([tmp_path], None, 0)


def test_lists_that_are_too_long_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.crl").write_bytes(ROOT.crl())
    (tmp_path / "a.cer").write_bytes(ROOT.certificate)
    assert len(anchors([tmp_path], None, 0).crls) == 1
    monkeypatch.setattr("tra.trust.CRL_BYTES", 10)
    with pytest.raises(TrustRefused, match="longer than"):
        anchors([tmp_path], None, 0)
