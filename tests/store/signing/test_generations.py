"""Authorities follow one another without a gap: the new one issues, the old one still answers."""

from dataclasses import replace
from datetime import datetime

import pytest
from cryptography import x509

from core.clock import FixedClock
from core.database import Ledger
from keys import ceremony, enrolment
from keys.certificates import Certificate, Locations
from keys.enrolment import EnrolmentRefused
from keys.revocation import Reason
from keys.ring import Purpose
from signing.app import add_agency, install_crl, revoke_certificates
from signing.store import certificates, crls, shards
from signing.store.authority import (
    Authorities,
    NoAuthority,
    find_authorities,
    issuer_for,
    overdue,
    renew,
)
from signing.store.certificates import Issued
from signing.store.enrolment import ask, install
from signing.store.operator import Operator
from signing.store.revocation import KeyElsewhere, renew_crls
from tests.signing_service import AGENCY, OPERATOR, OTHER_AGENCY
from tests.store.signing.conftest import CUSTODY

DAY = 86_400
YEAR = 365 * DAY


def authorities(ledger: Ledger) -> Authorities:
    found = ledger.read_now(find_authorities)
    assert found is not None
    return found


def to(clock: FixedClock, moment: int) -> None:
    clock.at = datetime.fromtimestamp(moment, clock.at.tzinfo)


def renewed(ledger: Ledger, clock: FixedClock, operator: Operator = OPERATOR) -> list[Issued]:
    return ledger.write_now(renew, CUSTODY, operator, clock.now())


def follow(ledger: Ledger, clock: FixedClock) -> None:
    """To when the issuing authority is followed by another."""
    ends = authorities(ledger).issuing.certificate.not_after
    to(clock, ends - 6 * YEAR)
    renewed(ledger, clock)


def test_an_authority_that_nears_its_end_is_followed_by_another(
    established: Ledger, clock: FixedClock
) -> None:
    old = authorities(established)
    seal = add_agency(established, CUSTODY, OPERATOR, AGENCY, clock.now())
    follow(established, clock)
    new = authorities(established)
    assert new.issuing.generation == 2
    assert new.issuing.kid != old.issuing.kid
    assert "CN=Tra Issuing CA G2" in new.issuing.certificate.parsed.subject.rfc4514_string()
    assert new.root == old.root
    assert new.chain(new.issuing) == (old.root,)
    assert new.chain(seal) == (old.issuing, old.root)
    issued = add_agency(established, CUSTODY, OPERATOR, OTHER_AGENCY, clock.now())
    assert issued.issuer == new.issuing.serial
    assert issued.certificate.not_after - clock.now() == 2 * YEAR - 61  # a full time
    assert renewed(established, clock) == []


def test_the_old_authority_answers_until_its_last_certificate_ends(
    established: Ledger, clock: FixedClock
) -> None:
    follow(established, clock)
    old = authorities(established).issuers[-1]
    add_agency(established, CUSTODY, replace(OPERATOR), AGENCY, clock.now())
    stamping = established.read_now(certificates.find_by_purpose, Purpose.TIMESTAMP)
    last = max(one.certificate.not_after for one in stamping if one.issuer == old.serial)
    to(clock, last - 2 * DAY)
    renewed(established, clock)
    responder = authorities(established).responders[old.serial]
    assert responder.certificate.not_after > clock.now()
    assert established.read_now(shards.find_end, old.serial) == last
    while established.write_now(renew_crls, CUSTODY, OPERATOR, clock.now()):
        pass
    found = established.read_now(crls.find, old.serial, 0)
    assert found is not None
    assert found.this_update == clock.now()
    to(clock, last + 40 * DAY)
    renewed(established, clock)
    assert authorities(established).responders[old.serial] == responder
    new = authorities(established).issuing
    assert authorities(established).responders[new.serial].certificate.not_after > clock.now()


def test_a_root_that_nears_its_end_is_followed_before_it_would_shorten_what_it_certifies(
    established: Ledger, clock: FixedClock
) -> None:
    old = authorities(established).root
    for _ in range(3):
        follow(established, clock)
    ours = authorities(established)
    assert [root.generation for root in ours.roots] == [2, 1]
    assert "CN=Tra Root CA G2" in ours.root.certificate.parsed.subject.rfc4514_string()
    assert ours.issuing.issuer == ours.root.serial
    for issuer in ours.issuers:
        root = ours.chain(issuer)[-1]
        issuer.certificate.parsed.verify_directly_issued_by(root.certificate.parsed)
        assert issuer.certificate.not_after - issuer.certificate.not_before > 9 * YEAR
    assert ours.chain(ours.issuers[-1]) == (old,)


def test_whoever_a_revoked_authority_certified_gets_another_certificate(
    established: Ledger, clock: FixedClock
) -> None:
    add_agency(established, CUSTODY, OPERATOR, AGENCY, clock.now())
    old = authorities(established).issuing
    revoke_certificates(
        established, CUSTODY, OPERATOR, [old.serial], Reason.CA_COMPROMISE, clock.now()
    )
    made = renewed(established, clock)
    assert {issued.purpose for issued in made} == {
        Purpose.ISSUING,
        Purpose.OCSP,
        Purpose.SEAL,
        Purpose.TIMESTAMP,
    }
    new = authorities(established)
    assert new.issuing.generation == 2
    assert new.timestamp.issuer == new.issuing.serial
    assert renewed(established, clock) == []
    root = established.read_now(crls.find, new.root.serial, 0)
    assert root is not None
    assert [entry.serial_number for entry in x509.load_der_x509_crl(root.der)] == [old.serial]


class Safe:
    """A root that is elsewhere, and what its operator does."""

    def __init__(self, now: int) -> None:
        subject = OPERATOR.authority(Purpose.ROOT)
        self.safe, self.shares = ceremony.make_root(subject, 2, 3, now)
        self.signer = self.safe.open(self.shares)

    def certify(self, request: bytes, now: int) -> Certificate:
        where = Locations("http://root.example.com/r.cer", "http://root.example.com/r.crl", None)
        return ceremony.sign_request(self.safe, self.signer, request, where, now)

    def crl(self, now: int) -> bytes:
        self.safe, encoded = ceremony.sign_crl(self.safe, self.signer, now)
        return encoded


@pytest.fixture
def elsewhere(clock: FixedClock) -> Safe:
    return Safe(clock.now())


BELOW = replace(OPERATOR, own_root=False)
WITH_LINE = replace(BELOW, lines={Purpose.TIMESTAMP: "Time"})


def installed(ledger: Ledger, clock: FixedClock, safe: Safe, purpose: Purpose) -> Issued:
    now = clock.now()
    request = ledger.write_now(ask, CUSTODY, WITH_LINE, now, purpose)
    given = safe.certify(request, now)
    root = safe.safe.root
    return ledger.write_now(install, CUSTODY, WITH_LINE, root, given, safe.crl(now), now)


def test_under_a_root_that_is_elsewhere_each_line_is_asked_for_by_itself(
    ledger: Ledger, clock: FixedClock, elsewhere: Safe
) -> None:
    first = installed(ledger, clock, elsewhere, Purpose.SEAL)
    assert ledger.read_now(find_authorities) is None  # no time-stamps yet
    with pytest.raises(NoAuthority):
        ledger.write_now(issuer_for, CUSTODY, WITH_LINE, Purpose.TIMESTAMP, clock.now())
    second = installed(ledger, clock, elsewhere, Purpose.TIMESTAMP)
    ours = authorities(ledger)
    assert (first.owner, second.owner) == ("", "Time")
    assert (ours.issuing, ours.timestamp.issuer) == (first, second.serial)
    assert set(ours.responders) == {first.serial, second.serial}


def test_a_successor_that_is_installed_takes_over(
    ledger: Ledger, clock: FixedClock, elsewhere: Safe
) -> None:
    for purpose in (Purpose.SEAL, Purpose.TIMESTAMP):
        installed(ledger, clock, elsewhere, purpose)
    old = authorities(ledger).issuing
    to(clock, old.certificate.not_after - 6 * YEAR)
    assert not {one.purpose for one in renewed(ledger, clock, WITH_LINE)} & {Purpose.ISSUING}
    due = ledger.read_now(overdue, clock.now())
    assert {one.owner for one in due} == {"", "Time"}
    new = installed(ledger, clock, elsewhere, Purpose.SEAL)
    assert "CN=Tra Issuing CA G2" in new.certificate.parsed.subject.rfc4514_string()
    assert [one.owner for one in ledger.read_now(overdue, clock.now())] == ["Time"]
    seal = add_agency(ledger, CUSTODY, WITH_LINE, AGENCY, clock.now())
    assert seal.issuer == new.serial
    assert authorities(ledger).chain(old) == authorities(ledger).chain(new)


def test_a_certificate_that_is_renewed_for_the_same_key_goes_on(
    ledger: Ledger, clock: FixedClock, elsewhere: Safe
) -> None:
    now = clock.now()
    operator = replace(BELOW)
    request = ledger.write_now(ask, CUSTODY, operator, now)
    for generation in (1, 2):
        given = elsewhere.certify(request, now + generation)
        crl = elsewhere.crl(now)
        issued = ledger.write_now(
            install, CUSTODY, operator, elsewhere.safe.root, given, crl, now + generation
        )
        assert issued.generation == generation
    ours = authorities(ledger)
    assert len({one.kid for one in ours.issuers}) == 1
    assert len(ours.responders) == 2


def test_a_revocation_by_the_root_is_known_from_its_crl(
    ledger: Ledger, clock: FixedClock, elsewhere: Safe
) -> None:
    for purpose in (Purpose.SEAL, Purpose.TIMESTAMP):
        installed(ledger, clock, elsewhere, purpose)
    old, now = authorities(ledger).issuing, clock.now()
    with pytest.raises(KeyElsewhere):
        revoke_certificates(ledger, CUSTODY, WITH_LINE, [old.serial], Reason.SUPERSEDED, now)
    elsewhere.safe = ceremony.revoke(elsewhere.safe, old.serial, Reason.CA_COMPROMISE, now)
    install_crl(ledger, elsewhere.crl(now), now)
    known = ledger.read_now(certificates.find, old.serial)
    assert known is not None
    assert known.revoked is not None
    assert known.revoked.reason is Reason.CA_COMPROMISE
    assert [one.owner for one in ledger.read_now(overdue, now)] == [""]
    with pytest.raises(NoAuthority):
        add_agency(ledger, CUSTODY, WITH_LINE, AGENCY, now)
    request = ledger.write_now(ask, CUSTODY, WITH_LINE, now)
    given = elsewhere.certify(request, now)
    elsewhere.safe = ceremony.revoke(elsewhere.safe, given.serial, Reason.SUPERSEDED, now)
    with pytest.raises(EnrolmentRefused, match="revokes"):
        ledger.write_now(
            install, CUSTODY, WITH_LINE, elsewhere.safe.root, given, elsewhere.crl(now), now
        )
    new = installed(ledger, clock, elsewhere, Purpose.SEAL)
    assert add_agency(ledger, CUSTODY, WITH_LINE, AGENCY, now).issuer == new.serial


def test_the_request_of_a_successor_has_the_successor_s_name(
    established: Ledger, clock: FixedClock
) -> None:
    request = established.write_now(ask, CUSTODY, OPERATOR, clock.now())
    assert enrolment.check_request(request)[0].common_name == "Tra Issuing CA G2"
    assert established.read_now(shards.find_all, 99) == ()
