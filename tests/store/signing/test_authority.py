"""The certificate authority: what is issued and revoked stands with its key, CRL and event."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from sqlalchemy import select

from core.audit import events
from core.clock import FixedClock
from core.database import Ledger
from keys import store as key_store
from keys.revocation import Reason, Revoked, Status
from keys.ring import Purpose, Ring
from signing.app import add_agency, establish, revoke_certificates
from signing.store import certificates, crls
from signing.store.agencies import Agency
from signing.store.authority import find_authorities
from signing.store.certificates import Issued, Wanted
from signing.store.revocation import renew_crls
from tests.signing_service import AGENCY, OPERATOR, OTHER_AGENCY
from tests.store.signing.conftest import CUSTODY


def sealing(ledger: Ledger, clock: FixedClock, agency: Agency = AGENCY) -> Issued:
    return add_agency(ledger, CUSTODY, OPERATOR, agency, clock.now())


def revoke(
    ledger: Ledger, clock: FixedClock, issued: Issued, reason: Reason, since: int | None = None
) -> Revoked | None:
    return revoke_certificates(
        ledger, CUSTODY, OPERATOR, [issued.serial], reason, clock.now(), since=since
    ).get(issued.serial)


def published(ledger: Ledger, issued: Issued) -> x509.CertificateRevocationList:
    """The CRL that would list a certificate."""
    found = ledger.read_now(crls.find, issued.issuer, issued.shard)
    assert found is not None
    return x509.load_der_x509_crl(found.der)


def test_of_many_processes_that_start_at_once_all_have_the_same_certificates(
    ledger: Ledger, clock: FixedClock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: establish(ledger, CUSTODY, OPERATOR, clock.now()), range(8)))
    assert len({each.root.serial for each in made}) == 1
    assert len({each.issuing.serial for each in made}) == 1
    assert len(ledger.read_now(certificates.find_page, Wanted(clock.now()), 9)) == 4
    purposes = [record.purpose for record in ledger.read_now(key_store.find_all)]
    assert sorted(set(purposes)) == sorted(
        [Purpose.AUDIT, Purpose.ISSUING, Purpose.OCSP, Purpose.ROOT, Purpose.TIMESTAMP]
    )
    assert len(purposes) - purposes.count(Purpose.AUDIT) == 4


def test_each_certificate_has_its_key(established: Ledger, clock: FixedClock) -> None:
    sealing(established, clock)
    ring = Ring(established.read_now(key_store.find_all), CUSTODY)
    for issued in established.read_now(certificates.find_page, Wanted(clock.now()), 99):
        signer = ring.signer(ring.find(issued.kid))
        assert issued.certificate.parsed.public_key() == signer.public_key


def test_the_chain_leads_from_a_seal_to_the_root(established: Ledger, clock: FixedClock) -> None:
    ours = established.read_now(find_authorities)
    assert ours is not None
    seal = sealing(established, clock).certificate.parsed
    seal.verify_directly_issued_by(ours.issuing.certificate.parsed)
    ours.issuing.certificate.parsed.verify_directly_issued_by(ours.root.certificate.parsed)


def test_an_agency_keeps_its_seal_until_its_name_changes(
    established: Ledger, clock: FixedClock
) -> None:
    first = sealing(established, clock)
    assert sealing(established, clock) == first
    renamed = Agency(AGENCY.agency_id, "ឈ្មោះថ្មី", AGENCY.name_en, AGENCY.organization_identifier)
    second = sealing(established, clock, renamed)
    assert (second.generation, second.revoked) == (2, None)


def test_of_many_that_add_an_agency_at_once_all_get_one_seal(
    established: Ledger, clock: FixedClock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: sealing(established, clock, OTHER_AGENCY), range(8)))
    assert len({each.serial for each in made}) == 1


def test_a_revocation_is_in_status_crl_and_audit_at_once(
    established: Ledger, clock: FixedClock
) -> None:
    seal = sealing(established, clock)
    before = published(established, seal)
    assert before.get_revoked_certificate_by_serial_number(seal.serial) is None
    assert revoke(established, clock, seal, Reason.SUPERSEDED) is not None
    entry = published(established, seal).get_revoked_certificate_by_serial_number(seal.serial)
    assert entry is not None
    assert entry.revocation_date_utc == clock.utc()
    statuses = established.read_now(certificates.find_statuses, [seal.serial, 99])
    assert statuses == {seal.serial: Status(Revoked(clock.now(), Reason.SUPERSEDED))}
    recorded = established.read_now(
        lambda transaction: transaction.execute(select(events.c.event)).scalars().all()
    )
    assert recorded[-1] == "authority:certificate:revoke"


def test_a_certificate_is_revoked_once(established: Ledger, clock: FixedClock) -> None:
    seal = sealing(established, clock)
    assert revoke(established, clock, seal, Reason.SUPERSEDED) is not None
    assert revoke(established, clock, seal, Reason.KEY_COMPROMISE) is None


def test_an_unknown_certificate_is_not_revoked(established: Ledger, clock: FixedClock) -> None:
    nothing = revoke_certificates(
        established, CUSTODY, OPERATOR, [99], Reason.SUPERSEDED, clock.now()
    )
    assert nothing == {}


@pytest.mark.parametrize(("since", "counts_from"), [(-600, -600), (600, 0), (None, -60)])
def test_a_compromise_counts_from_when_it_began_or_from_the_certificate_s_beginning(
    established: Ledger, clock: FixedClock, since: int | None, counts_from: int
) -> None:
    seal, now = sealing(established, clock), clock.now()
    began = None if since is None else now + since
    revoked = revoke(established, clock, seal, Reason.KEY_COMPROMISE, began)
    assert revoked == Revoked(now + counts_from, Reason.KEY_COMPROMISE)


def test_a_revoked_agency_gets_a_new_seal(established: Ledger, clock: FixedClock) -> None:
    first = sealing(established, clock)
    revoke(established, clock, first, Reason.KEY_COMPROMISE)
    assert sealing(established, clock).generation == 2


def test_crls_are_renewed_at_half_their_life_and_numbered_on(
    established: Ledger, clock: FixedClock
) -> None:
    def renewed() -> int:
        return established.write_now(renew_crls, CUSTODY, OPERATOR, clock.now())

    seal = sealing(established, clock)
    assert renewed() == 0
    clock.advance(12 * 3_600 - 1)
    assert renewed() == 0
    clock.advance(1)
    assert renewed() == 1
    number = published(established, seal).extensions.get_extension_for_class(x509.CRLNumber)
    assert number.value.crl_number == 2


def test_an_expired_certificate_leaves_the_crl_once_a_later_crl_has_had_it(
    established: Ledger, clock: FixedClock
) -> None:
    seal = sealing(established, clock)
    revoke(established, clock, seal, Reason.SUPERSEDED)
    clock.advance(3 * 365 * 86_400)
    for listed in (1, 0):
        established.write_now(renew_crls, CUSTODY, OPERATOR, clock.now())
        assert len(published(established, seal)) == listed
        clock.advance(86_400)


def test_of_many_that_revoke_at_once_all_are_in_the_crl(
    established: Ledger, clock: FixedClock
) -> None:
    agencies = [Agency(f"a{n}", f"ក្រសួង {n}", f"Agency {n}", f"GA:KH-a{n}") for n in range(8)]
    seals = [sealing(established, clock, agency) for agency in agencies]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seal: revoke(established, clock, seal, Reason.SUPERSEDED), seals))
    listed = {entry.serial_number for entry in published(established, seals[0])}
    assert listed == {seal.serial for seal in seals}


def test_certificates_that_are_revoked_together_make_one_crl(
    established: Ledger, clock: FixedClock
) -> None:
    seals = [sealing(established, clock), sealing(established, clock, OTHER_AGENCY)]
    serials = [seal.serial for seal in seals]
    done = revoke_certificates(
        established, CUSTODY, OPERATOR, [*serials, 99], Reason.SUPERSEDED, clock.now()
    )
    assert set(done) == set(serials)
    number = published(established, seals[0]).extensions.get_extension_for_class(x509.CRLNumber)
    assert number.value.crl_number == 2
