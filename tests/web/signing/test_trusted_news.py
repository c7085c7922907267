"""CRLs and OCSP answers that the operator keeps beside the roots that he trusts: they vouch for
signatures of others that bring no proof, and are put with them when they are made to last."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from core.clock import FixedClock
from keys import der
from signing.formats.cms import EVIDENCE_RECORDS
from tests.attacks import cms, jades, xades
from tests.attacks.pki import DAY, NOW, root, rsa_key
from tests.attacks.records import Record
from tests.attacks.verdicts import evidence, judge
from tests.formats import test_augmentation as augmentation
from tests.formats import test_augmentation_of_counters as counters
from tests.formats import test_augmentation_of_nested as nested
from tests.formats import test_augmentation_of_records as records
from tests.formats import test_augmentation_of_xades_records as in_xades
from tests.formats.test_augmentation_of_cms import message, opened, with_open_lengths
from tests.sealing import ask
from tests.signing_service import Visitor, signing_service
from tests.web.signing.test_augment_formats import augment, augmented, verdict
from tra.trust import READ_EVERY, TrustFiles, TrustRefused, anchors

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
SIGNED = NOW - DAY
REFUSED = ocsp.OCSPResponseBuilder.build_unsuccessful(
    ocsp.OCSPResponseStatus.TRY_LATER
).public_bytes(Encoding.DER)
FOREIGN = {
    "cms": cms.content_info(cms.signature(SOMEBODY).stamped(CLOCK, SIGNED)),
    "json": jades.signature(SOMEBODY).stamped(CLOCK, SIGNED).flattened,
    "xml": xades.stamped(xades.enveloped(SOMEBODY), CLOCK, SIGNED),
}
ANOTHER = AUTHORITY.signer("Another")
BY_RSA = AUTHORITY.signer("By RSA", key=rsa_key())
CMS = cms.cades(SOMEBODY)
ODD = {
    "cms of two, the shorter of which grows": cms.content_info(
        cms.signature(SOMEBODY).stamped(CLOCK, SIGNED), cms.signature(BY_RSA)
    ),
    "cms, signed again": counters.in_cms(SOMEBODY, ANOTHER),
    "json, signed again": counters.in_json(SOMEBODY, ANOTHER),
    "xml, signed again": counters.in_xml(xades.enveloped(SOMEBODY), ANOTHER),
    "xml, signed beside another": nested.beside(SOMEBODY, ANOTHER),
    "xml, signed within another": nested.inside(SOMEBODY, ANOTHER),
    "xml of 2002": xades.enveloped(SOMEBODY, version=xades.XADES_111),
    "xml of 2004": xades.enveloping(SOMEBODY, version=xades.XADES_122),
    "a container, signed again": nested.in_container(SOMEBODY, ANOTHER),
    "a container in xml, signed again": nested.in_container_in_xml(SOMEBODY, ANOTHER),
    "json, stamped in clear": augmentation.stamped_in_clear(SOMEBODY, CLOCK),
    "cms with an evidence record within": records.within(
        EVIDENCE_RECORDS[0], CMS, CMS, clock=CLOCK
    ),
    "xml with an evidence record within": in_xades.recorded(
        xades.enveloped(SOMEBODY), in_xml=False, clock=CLOCK, proofs=augmentation.DATA
    ),
    "a message": message(cms.cades(SOMEBODY)),
    "ber": with_open_lengths(cms.cades(SOMEBODY)),
    "compact json": jades.signature(SOMEBODY).compact,
    "xml in utf-16": xades.enveloped(SOMEBODY).decode().encode("utf-16"),
}

ARCHIVED = {
    *("json, stamped in clear", "cms with an evidence record within"),
    "xml with an evidence record within",
}
"""What has a time-stamp over all of it already."""


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
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A service whose operator keeps OCSP answers alone: the authority publishes nothing else."""
    made = tmp_path_factory.mktemp("answers")
    responder = AUTHORITY.responder()
    for name, content in (
        ("root.cer", ROOT.certificate),
        ("authority.ors", ROOT.ocsp(AUTHORITY)),
        ("somebody.ors", AUTHORITY.ocsp(SOMEBODY, responder)),
        ("clock.ors", AUTHORITY.ocsp(CLOCK)),
        ("another.ors", AUTHORITY.ocsp(AUTHORITY.signer("Another"))),
        ("refused.ors", REFUSED),
    ):
        (made / name).write_bytes(content)
    url = f"sqlite:///{tmp_path_factory.mktemp('signing') / 'signing.sqlite'}"
    clock = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    with signing_service(url, clock, trusted=TrustFiles((made,), None, clock)) as someone:
        yield someone


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
@pytest.mark.parametrize("kept", ["trusting", "answered"])
def test_it_is_made_to_last_by_them(
    request: pytest.FixtureRequest, kept: str, name: str, level: str
) -> None:
    made = augmented(request.getfixturevalue(kept), FOREIGN[name], None, level)
    [found] = judge(made, ROOT).signatures  # who knows the root alone
    assert (found.indication, found.level) == ("TOTAL_PASSED", level)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("level", ["B-LT", "B-LTA"])
def test_so_is_what_is_signed_again_and_what_is_in_text(
    trusting: Visitor, name: str, level: str
) -> None:
    report = trusting.verify(augmented(trusting, ODD[name], None, level))
    assert report["verdict"] == "authentic"
    told = {one["level"] for one in report["signatures"] if not is_carried(one)}
    assert told == {"B-LTA" if name in ARCHIVED else level}


def is_carried(signature: dict[str, Any]) -> bool:
    """Whether it lasts by another one."""
    return "/" in signature["name"] or "signed_by_another" in signature["notes"]


@pytest.mark.parametrize("name", FOREIGN)
def test_what_responders_answered_vouches_as_well(answered: Visitor, name: str) -> None:
    assert verdict(answered, FOREIGN[name], None) == "authentic"


def test_answers_about_others_are_not_put_with_it(answered: Visitor) -> None:
    held = evidence(augmented(answered, FOREIGN["cms"], None, "B-LT"), ROOT)
    [chain] = held.signatures[0].chains
    assert [len(one.statuses) for one in chain.certificates] == [1, 1]


def test_answers_about_somebody_else_vouch_for_nobody(answered: Visitor) -> None:
    stranger = AUTHORITY.signer("Stranger")
    made = cms.content_info(cms.signature(stranger).stamped(CLOCK, SIGNED))
    assert verdict(answered, made, None) == "indeterminate"


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
    monkeypatch.setattr("tra.trust.NEWS_BYTES", 10)
    with pytest.raises(TrustRefused, match="longer than"):
        anchors([tmp_path], None, 0)


def test_more_answers_than_are_looked_at_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.cer").write_bytes(ROOT.certificate)
    for number in range(2):
        (tmp_path / f"{number}.ors").write_bytes(AUTHORITY.ocsp(SOMEBODY))
    assert len(anchors([tmp_path], None, 0).ocsps) == 2
    monkeypatch.setattr("tra.trust.OCSPS", 1)
    with pytest.raises(TrustRefused, match="more than 1 OCSP"):
        anchors([tmp_path], None, 0)


def test_a_refusal_to_answer_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.cer").write_bytes(ROOT.certificate)
    (tmp_path / "a.ors").write_bytes(REFUSED)
    assert anchors([tmp_path], None, 0) == ROOT.anchors
    assert caplog.messages == ["no answer"]


@pytest.mark.parametrize("deep", [False, True])
def test_a_seal_goes_beside_what_is_in_der_within(trusting: Visitor, *, deep: bool) -> None:
    """Lengths around it may have been left open."""
    kind, within = der.parts(cms.cades(SOMEBODY))
    *fields, infos = der.parts(der.parts(within)[0])
    if deep:
        infos = opened(0x31, *(opened(0x30, *der.parts(one)) for one in der.parts(infos)))
    document = opened(0x30, kind, opened(0xA0, opened(0x30, *fields, infos)))
    assert verdict(trusting, document, None) == "authentic"
    media_type = "application/pkcs7-mime"
    answer = ask(trusting, document, kind=media_type, format="cades-enveloping")
    told = answer.json()["code"] if deep else trusting.verify(answer.content)["verdict"]
    assert told == ("signature_invalid" if deep else "authentic")


def test_an_xml_signature_without_properties_is_refused_as_such(trusting: Visitor) -> None:
    answer = augment(trusting, xades.enveloped(SOMEBODY, properties=False), None, "B-LTA")
    assert (answer.status_code, answer.json()["code"]) == (422, "augment_not_ades")
