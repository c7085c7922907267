"""Renewal: each certificate of ours has its successor in time, once, beside the old one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.clock import FixedClock
from core.database import Ledger
from keys import store as key_store
from keys.profiles import PROFILES
from keys.revocation import Reason
from keys.ring import Purpose, Ring
from signing.app import add_agency, revoke_certificates
from signing.store import certificates
from signing.store.authority import find_authorities, renew
from signing.store.certificates import Issued
from tests.signing_service import AGENCY, OPERATOR
from tests.store.signing.conftest import CUSTODY

DAY = 86_400


def renewed(ledger: Ledger, clock: FixedClock) -> list[Issued]:
    return ledger.write_now(renew, CUSTODY, OPERATOR, clock.now())


def current(ledger: Ledger, purpose: Purpose, owner: str = "") -> Issued:
    found = ledger.read_now(certificates.find_current, purpose, owner)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("purpose", "days"),
    [
        (Purpose.SEAL, 60),
        (Purpose.OCSP, 30),
        (Purpose.TIMESTAMP, 5 * 365),
        (Purpose.ISSUING, 6 * 365),
        (Purpose.ROOT, 10 * 365),
    ],
)
def test_renewal_is_due_so_many_days_before_the_end(purpose: Purpose, days: int) -> None:
    profile = PROFILES[purpose]
    assert not profile.renewal_due(1_000 * DAY * 10, 1_000 * DAY * 10 - days * DAY - 1)
    assert profile.renewal_due(1_000 * DAY * 10, 1_000 * DAY * 10 - days * DAY)


def test_what_nears_its_end_has_a_successor_with_a_key_of_its_own(
    established: Ledger, clock: FixedClock
) -> None:
    old = add_agency(established, CUSTODY, OPERATOR, AGENCY, clock.now())
    assert renewed(established, clock) == []
    clock.at = clock.at.fromtimestamp(old.certificate.not_after - 60 * DAY, clock.at.tzinfo)
    made = {issued.purpose: issued for issued in renewed(established, clock)}
    assert set(made) == {Purpose.SEAL, Purpose.OCSP, Purpose.TIMESTAMP}
    assert renewed(established, clock) == []
    new = current(established, Purpose.SEAL, AGENCY.agency_id)
    assert (new, new.generation) == (made[Purpose.SEAL], 2)
    assert new.kid != old.kid
    assert new.certificate.subject == old.certificate.subject
    assert new.certificate.not_before <= clock.now() < old.certificate.not_after
    ring = Ring(established.read_now(key_store.find_all), CUSTODY)
    assert ring.signer(ring.find(old.kid)).public_key != ring.signer(ring.find(new.kid)).public_key
    ours = established.read_now(find_authorities)
    assert ours is not None
    assert (ours.timestamp, ours.ocsp) == (made[Purpose.TIMESTAMP], made[Purpose.OCSP])


def test_what_is_revoked_is_not_renewed(established: Ledger, clock: FixedClock) -> None:
    seal = add_agency(established, CUSTODY, OPERATOR, AGENCY, clock.now())
    revoke_certificates(
        established, CUSTODY, OPERATOR, [seal.serial], Reason.CESSATION_OF_OPERATION, clock.now()
    )
    clock.advance(720 * DAY)
    assert Purpose.SEAL not in {issued.purpose for issued in renewed(established, clock)}


def test_of_many_processes_that_renew_at_once_all_end_with_one_successor(
    established: Ledger, clock: FixedClock
) -> None:
    clock.advance(350 * DAY)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: renewed(established, clock), range(8)))
    ours = established.read_now(find_authorities)
    assert ours is not None
    assert ours.ocsp.generation == 2
