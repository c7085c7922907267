"""Our trusted list: built after TS 119 612, signed, and read by xmlsec1 and by our own verifier."""

import asyncio
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from lxml import etree

from core.clock import FixedClock
from keys.certificates import Certificate
from keys.revocation import Reason
from keys.ring import Purpose
from signing.formats.seal import Identity
from signing.formats.trusted_list import ListRefused, is_list, read, write
from signing.rules.evidence import Span
from signing.rules.report import Verdict
from signing.rules.trusted_list import (
    CURRENT_SECONDS,
    Period,
    Service,
    ServiceStatus,
    ServiceType,
    TrustedList,
    Words,
)
from signing.rules.validation import validate
from signing.store import certificates
from signing.store.authority import renew
from signing.store.certificates import Issued
from signing.store.trusted_lists import find_services
from signing.web.trusted_list import issue, operator_of
from tests.attacks.pki import root
from tests.documents import plain_pdf
from tests.signing_service import OPERATOR, Visitor
from tra.trust import READ_EVERY, TrustFiles, TrustRefused, anchors

STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
SERVICE = [
    *("ServiceTypeIdentifier", "ServiceName", "ServiceDigitalIdentity", "ServiceStatus"),
    "StatusStartingTime",
]
TSL = "{http://uri.etsi.org/02231/v2#}"


@pytest.fixture
def publishing(visitor: Visitor) -> Visitor:
    asyncio.run(issue(visitor.service.ctx))
    return visitor


def published(visitor: Visitor) -> bytes:
    answer = visitor.http.get("/trusted-list.xml")
    assert answer.headers["content-type"] == "application/vnd.etsi.tsl+xml"
    content: bytes = answer.content
    return content


def signer(visitor: Visitor) -> bytes:
    content: bytes = visitor.http.get("/certificates/list.cer").content
    return content


def names(element: Any) -> list[str]:
    return [etree.QName(child).localname for child in element]


def service_statuses(document: bytes) -> list[tuple[str, str]]:
    root = etree.fromstring(document)
    return [
        (
            one.findtext(f"{TSL}ServiceTypeIdentifier").rpartition("Svctype/")[2],
            one.findtext(f"{TSL}ServiceStatus").rpartition("/")[2],
        )
        for one in root.iter(f"{TSL}ServiceInformation")
    ]


def test_its_parts_come_in_the_order_of_the_schema(publishing: Visitor) -> None:
    root = etree.fromstring(published(publishing))
    assert root.get("TSLTag") == "http://uri.etsi.org/19612/TSLTag"
    assert names(root) == ["SchemeInformation", "TrustServiceProviderList", "Signature"]
    assert names(root[0]) == [
        "TSLVersionIdentifier",
        "TSLSequenceNumber",
        "TSLType",
        "SchemeOperatorName",
        "SchemeOperatorAddress",
        "SchemeName",
        "SchemeInformationURI",
        "StatusDeterminationApproach",
        "SchemeTypeCommunityRules",
        "SchemeTerritory",
        "PolicyOrLegalNotice",
        "HistoricalInformationPeriod",
        "ListIssueDateTime",
        "NextUpdate",
        "DistributionPoints",
    ]
    assert root[0].findtext(f"{TSL}SchemeName/{TSL}Name").startswith("KH:")
    [provider] = root[1]
    assert names(provider) == ["TSPInformation", "TSPServices"]
    assert names(provider[0]) == ["TSPName", "TSPTradeName", "TSPAddress", "TSPInformationURI"]
    for service in provider[1]:
        assert names(service[0]) == SERVICE


def test_it_tells_every_service_of_ours(publishing: Visitor) -> None:
    assert service_statuses(published(publishing)) == [
        ("CA/PKC", "recognisedatnationallevel"),
        ("CA/PKC", "recognisedatnationallevel"),
        ("TSA", "recognisedatnationallevel"),
        ("Certstatus/OCSP", "recognisedatnationallevel"),
    ]


def test_xmlsec1_accepts_its_signature(publishing: Visitor, tmp_path: Path) -> None:
    file, root, issuing = (tmp_path / name for name in ("list.xml", "root.pem", "issuing.pem"))
    file.write_bytes(published(publishing))
    root.write_bytes(publishing.http.get("/certificates/root.pem").content)
    issuing.write_bytes(publishing.http.get("/certificates/issuing.pem").content)
    ids = (
        *("--id-attr:Id", "http://uri.etsi.org/02231/v2#:TrustServiceStatusList"),
        *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
    )
    trusting = ("--trusted-pem", str(root), "--untrusted-pem", str(issuing))
    when = ("--verification-gmt-time", "2026-04-14+02:00:30")
    command = ["xmlsec1", "--verify", *ids, *trusting, *when, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    file.write_bytes(file.read_bytes().replace(b"Tra Time-Stamp", b"Tro Time-Stamp"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_it_is_issued_again_when_services_change_or_half_its_time_is_over(
    publishing: Visitor,
) -> None:
    service = publishing.service
    clock: Any = service.clock

    def sequence() -> str | None:
        asyncio.run(issue(service.ctx))
        return etree.fromstring(published(publishing)).findtext(f".//{TSL}TSLSequenceNumber")

    assert sequence() == "1"
    clock.advance(CURRENT_SECONDS / 2 - 1)
    assert sequence() == "1"
    clock.advance(1)
    assert sequence() == "2"
    service.revoke(service.authorities.issuing.serial, Reason.CA_COMPROMISE)
    service.ledger.write_now(renew, service.custody, OPERATOR, clock.now())
    assert sequence() == "3"
    statuses = service_statuses(published(publishing))
    assert ("CA/PKC", "deprecatedatnationallevel") in statuses
    history = etree.fromstring(published(publishing)).find(f".//{TSL}ServiceHistoryInstance")
    assert names(history) == SERVICE


def test_it_says_whom_to_trust_to_those_who_pin_its_signer(publishing: Visitor) -> None:
    service = publishing.service
    found = read(published(publishing), signer(publishing), service.clock.now())
    ours = service.authorities
    assert found.roots == (ours.root.certificate.der, ours.issuing.certificate.der)
    assert found.stamping == (ours.timestamp.certificate.der,)


def test_a_deprecated_service_is_trusted_for_what_was_before(publishing: Visitor) -> None:
    service = publishing.service
    old, now = service.authorities.issuing, service.clock.now()
    service.revoke(old.serial, Reason.CA_COMPROMISE, since=now - 10)
    service.ledger.write_now(renew, service.custody, OPERATOR, now)
    asyncio.run(issue(service.ctx))
    found = read(published(publishing), signer(publishing), now)
    assert found.when[old.certificate.der] == (Span(old.certificate.not_before, now - 10),)


def test_a_service_that_was_never_recognised_is_trusted_for_nothing(publishing: Visitor) -> None:
    """Nobody knows since when its key was somebody else's."""
    service = publishing.service
    old = service.authorities.issuing
    service.revoke(old.serial, Reason.CA_COMPROMISE)
    asyncio.run(issue(service.ctx))
    found = read(published(publishing), signer(publishing), service.clock.now())
    assert old.certificate.der not in found.roots


def test_a_service_that_is_yet_to_begin_is_not_trusted_before(publishing: Visitor) -> None:
    service = publishing.service
    now, seal = service.clock.now(), service.seal
    by = Identity(seal.certificate, service.ctx.signer(seal), ())
    authority = service.authorities.issuing.certificate.der
    begins = Period(ServiceStatus.RECOGNISED, now + 60)
    listed = Service(ServiceType.CA, Words("CA", "CA"), authority, begins)
    made = TrustedList(operator_of(service.ctx), 1, now, now + 120, "http://a.example", (listed,))
    found = read(write(made, by), seal.certificate.der, now)
    assert found.when == {authority: (Span(now + 60),)}


def test_a_list_is_signed_by_no_certificate_that_was_revoked(publishing: Visitor) -> None:
    service, pinned = publishing.service, signer(publishing)
    serial = x509.load_der_x509_certificate(pinned).serial_number
    service.revoke(serial, Reason.KEY_COMPROMISE)
    asyncio.run(issue(service.ctx))
    assert signer(publishing) != pinned
    read(published(publishing), signer(publishing), service.clock.now())
    with pytest.raises(ListRefused, match="pinned"):
        read(published(publishing), pinned, service.clock.now())


def test_what_another_organization_runs_is_not_in_our_list(publishing: Visitor) -> None:
    """A root of a nation stands above our authority, and is not ours."""
    service = publishing.service
    before = service.ledger.read_now(find_services)
    nation = Certificate.load(root("Nation").certificate)
    above = Issued(nation, Purpose.ROOT, "", 9, "kid", nation.serial, 0, service.clock.now())
    service.ledger.write_now(certificates.save, above)
    assert service.ledger.read_now(find_services) == before


def changed(document: bytes, old: bytes, new: bytes) -> bytes:
    assert old in document
    return document.replace(old, new)


def test_a_list_that_was_changed_or_has_another_signer_is_refused(publishing: Visitor) -> None:
    document, now = published(publishing), publishing.service.clock.now()
    pinned, other = signer(publishing), publishing.service.seal.certificate.der
    wrapped = b"<x>" + document.partition(b"?>")[2] + b"</x>"
    for wrong, by in (
        (document, other),
        (changed(document, b"recognised", b"Recognised"), pinned),
        (changed(document, b"TSLSequenceNumber>1<", b"TSLSequenceNumber>2<"), pinned),
        (wrapped, pinned),
        (b"<TrustServiceStatusList/>", pinned),
        (b"", pinned),
        (b'<!DOCTYPE x [<!ENTITY e "e">]>' + document.partition(b"?>")[2], pinned),
    ):
        with pytest.raises(ListRefused):
            read(wrong, by, now)


def test_a_list_is_trusted_from_its_issue_to_when_the_next_is_due(publishing: Visitor) -> None:
    document, now = published(publishing), publishing.service.clock.now()
    pinned = signer(publishing)
    read(document, pinned, now + CURRENT_SECONDS)
    with pytest.raises(ListRefused, match="overdue"):
        read(document, pinned, now + CURRENT_SECONDS + 1)
    with pytest.raises(ListRefused, match="future"):
        read(document, pinned, now - 1)


@pytest.fixture
def files(publishing: Visitor, tmp_path: Path) -> tuple[Path, Path]:
    """The list, and its signer, as files."""
    listed, pinned = tmp_path / "list.xml", tmp_path / "signer.cer"
    listed.write_bytes(published(publishing))
    pinned.write_bytes(signer(publishing))
    assert is_list(listed.read_bytes())
    return listed, pinned


def test_trust_rests_on_a_list_only_with_its_signer_named(
    publishing: Visitor, files: tuple[Path, Path]
) -> None:
    listed, pinned = files
    now = publishing.service.clock.now()
    assert len(anchors([listed], pinned, now).roots) == 2
    with pytest.raises(TrustRefused, match="name the certificate"):
        anchors([listed], None, now)
    pinned.write_bytes(publishing.service.seal.certificate.der)
    with pytest.raises(TrustRefused, match="pinned"):
        anchors([listed], pinned, now)


def test_a_service_drops_a_list_whose_next_issue_is_overdue(
    publishing: Visitor, files: tuple[Path, Path]
) -> None:
    listed, pinned = files
    clock = FixedClock(publishing.service.clock.utc())
    trusted = TrustFiles((listed,), pinned, clock)
    assert len(trusted().roots) == 2
    clock.at = datetime.fromtimestamp(clock.now() + CURRENT_SECONDS + READ_EVERY, clock.at.tzinfo)
    assert trusted().roots == ()


def test_a_document_is_authentic_by_the_list_alone(
    publishing: Visitor, files: tuple[Path, Path]
) -> None:
    listed, pinned = files
    now = publishing.service.clock.now()
    sealed = publishing.sealed(plain_pdf())
    trusted = anchors([listed], pinned, now)
    evidence = publishing.service.ctx.public.readers.read(sealed, trusted).evidence
    [signature] = evidence.signatures
    [stamp] = signature.time_stamps
    assert [one.problem for one in (*signature.chains, *stamp.chains)] == [None, None]
    assert stamp.fault is None
    assert validate(evidence, {}, now, publishing.service.ctx.policy).verdict is Verdict.AUTHENTIC


@pytest.mark.rule("attacks.withdrawn")
def test_a_document_is_authentic_by_what_its_authority_was_when_it_was_sealed(
    publishing: Visitor, files: tuple[Path, Path]
) -> None:
    service, (listed, pinned) = publishing.service, files
    clock: Any = service.clock
    sealed = publishing.sealed(plain_pdf())
    clock.advance(60)
    withdrawn = Period(f"{STATUS}withdrawn", clock.now())
    services = [
        replace(one, now=withdrawn, history=(one.now,))
        for one in service.ledger.read_now(find_services)
    ]
    made = TrustedList(
        operator_of(service.ctx),
        2,
        clock.now(),
        clock.now() + 120,
        "http://a.example",
        (*services,),
    )
    seal = service.seal
    listed.write_bytes(write(made, Identity(seal.certificate, service.ctx.signer(seal), ())))
    pinned.write_bytes(seal.certificate.der)
    trusted = anchors([listed], pinned, clock.now())

    def verdict(document: bytes) -> Verdict:
        evidence = service.ctx.public.readers.read(document, trusted).evidence
        return validate(evidence, {}, clock.now(), service.ctx.policy).verdict

    assert verdict(sealed) is Verdict.AUTHENTIC
    assert verdict(publishing.sealed(plain_pdf())) is Verdict.UNRECOGNISED


def test_its_signer_s_certificate_is_for_trusted_lists(publishing: Visitor) -> None:
    certificate = x509.load_der_x509_certificate(signer(publishing))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["0.4.0.2231.3.0"]
