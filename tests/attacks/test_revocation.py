"""Revocation data: on hold, by whom, of which shard, from when; delta and indirect CRLs (RFC 5280
§5.2.4, §5.2.5, §5.3.3; PKITS §4.14, §4.15)."""

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import DAY, NOW, SIGNS, Holder, root
from tests.attacks.verdicts import PASSED, Told, judge, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
SIGNED = NOW - DAY
HOLD = x509.ReasonFlags.certificate_hold
TRY_LATER: Told = (Verdict.INDETERMINATE, Indication.INDETERMINATE, SubIndication.TRY_LATER)
REVOKED: Told = (Verdict.REVOKED, Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE)
NO_NEWS: Told = (
    Verdict.INDETERMINATE,
    Indication.INDETERMINATE,
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
)
HERE, THERE = "http://example.com/here.crl", "http://example.com/there.crl"


def sealed(*crls: bytes, holder: Holder = SOMEBODY, ocsps: tuple[bytes, ...] = ()) -> bytes:
    """A signature of yesterday, time-stamped then."""
    made = signature(holder).stamped(CLOCK, SIGNED).with_revocation(crls, ocsps)
    return content_info(made)


def answers(of_somebody: bytes) -> bytes:
    return sealed(ocsps=(of_somebody, AUTHORITY.ocsp(CLOCK), ROOT.ocsp(AUTHORITY)))


def crl(
    by: Holder,
    *extensions: x509.ExtensionType,
    revoked: tuple[x509.RevokedCertificate, ...] = (),
    since: datetime = NOW,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.parsed.subject)
    builder = builder.last_update(since).next_update(NOW + DAY)
    builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    for extension in extensions:
        fresher = isinstance(extension, x509.FreshestCRL)
        builder = builder.add_extension(extension, critical=not fresher)
    for one in revoked:
        builder = builder.add_revoked_certificate(one)
    return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)


def entry(of: Holder, *extensions: x509.ExtensionType) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(of.parsed.serial_number)
    builder = builder.revocation_date(SIGNED - DAY)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.build()


def shard(address: str, *, indirect: bool = False) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(address)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )


def points(address: str, issuer: Holder | None = None) -> x509.CRLDistributionPoints:
    by = [x509.DirectoryName(issuer.parsed.subject)] if issuer is not None else None
    full = [x509.UniformResourceIdentifier(address)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(full, None, None, by)])


@pytest.mark.rule("attacks.hold")
def test_what_is_on_hold_is_asked_about_again() -> None:
    held = AUTHORITY.crl(SOMEBODY, at=SIGNED - DAY, reason=HOLD)
    assert told(judge(sealed(held, ROOT.crl()), ROOT)) == TRY_LATER


@pytest.mark.rule("attacks.ocsp")
def test_an_answer_by_a_responder_whom_nobody_vouches_for_proves_nothing() -> None:
    """RFC 6960 §4.2.2.2.1: without id-pkix-ocsp-nocheck the responder's own status counts."""
    bare = AUTHORITY.responder("Bare", no_check=False)
    assert told(judge(answers(AUTHORITY.ocsp(SOMEBODY, bare)), ROOT)) == NO_NEWS
    vouched = sealed(
        AUTHORITY.crl(),
        ROOT.crl(),
        ocsps=(AUTHORITY.ocsp(SOMEBODY, bare),),
    )
    assert told(judge(vouched, ROOT)) == PASSED


@pytest.mark.rule("attacks.ocsp")
def test_an_answer_by_a_responder_of_another_authority_proves_nothing() -> None:
    other = ROOT.authority("Other").responder()
    assert told(judge(answers(AUTHORITY.ocsp(SOMEBODY, other)), ROOT)) == NO_NEWS


@pytest.mark.rule("attacks.ocsp")
def test_an_answer_from_before_the_time_stamp_is_asked_for_again() -> None:
    early = AUTHORITY.ocsp(SOMEBODY, since=SIGNED - DAY, until=NOW + DAY)
    assert told(judge(answers(early), ROOT)) == TRY_LATER
    assert told(judge(answers(AUTHORITY.ocsp(SOMEBODY, since=SIGNED)), ROOT)) == PASSED


@pytest.mark.rule("attacks.crl")
def test_a_crl_of_another_shard_proves_nothing() -> None:
    sharded = AUTHORITY.issue("Somebody", SIGNS, points(HERE))
    of_clock = AUTHORITY.ocsp(CLOCK)
    for address, owed in ((HERE, PASSED), (THERE, NO_NEWS)):
        own = crl(AUTHORITY, shard(address))
        made = sealed(own, ROOT.crl(), holder=sharded, ocsps=(of_clock,))
        assert told(judge(made, ROOT)) == owed


NEWER = x509.FreshestCRL(
    [x509.DistributionPoint([x509.UniformResourceIdentifier(THERE)], None, None, None)]
)
BASE = crl(AUTHORITY, NEWER, since=SIGNED)
DELTA = crl(AUTHORITY, x509.DeltaCRLIndicator(7))
REVOKING = crl(AUTHORITY, x509.DeltaCRLIndicator(7), revoked=(entry(SOMEBODY),))


@pytest.mark.parametrize(
    ("crls", "owed"),
    [
        ([DELTA], NO_NEWS),
        ([REVOKING], NO_NEWS),
        ([BASE], NO_NEWS),
        ([BASE, DELTA], PASSED),
        ([BASE, REVOKING], REVOKED),
    ],
    ids=["delta", "revoking delta", "base that names a newer one", "both", "base and revoking"],
)
@pytest.mark.rule("attacks.crl")
def test_a_base_and_its_delta_count_together(crls: list[bytes], owed: Told) -> None:
    """RFC 5280 §5.2.4, §5.2.6."""
    made = sealed(*crls, ROOT.crl(), ocsps=(AUTHORITY.ocsp(CLOCK),))
    assert told(judge(made, ROOT)) == owed


LISTS = ROOT.authority("Lists of others")
OF_OTHERS = AUTHORITY.issue("Somebody", SIGNS, points(THERE, LISTS))


def by_others(*revoked: x509.RevokedCertificate) -> bytes:
    return crl(LISTS, shard(THERE, indirect=True), revoked=revoked)


def issued_by_authority(of: Holder) -> x509.RevokedCertificate:
    issuer = x509.CertificateIssuer([x509.DirectoryName(AUTHORITY.parsed.subject)])
    return entry(of, issuer)


def indirect(*revoked: x509.RevokedCertificate, of: Holder = OF_OTHERS) -> bytes:
    made = signature(of).stamped(CLOCK, SIGNED)
    made.with_revocation([by_others(*revoked), ROOT.crl()], [AUTHORITY.ocsp(CLOCK)])
    return content_info(made, certificates=[*of.chain, LISTS.certificate, *CLOCK.chain])


@pytest.mark.rule("attacks.crl")
def test_an_indirect_crl_revokes_whom_it_names_by_their_issuer() -> None:
    assert told(judge(indirect(issued_by_authority(OF_OTHERS)), ROOT)) == REVOKED


@pytest.mark.rule("attacks.crl")
def test_an_indirect_crl_proves_nothing_for_those_who_do_not_name_it() -> None:
    assert told(judge(indirect(of=SOMEBODY), ROOT)) == NO_NEWS
