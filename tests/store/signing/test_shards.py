"""Shards: a CRL has so many certificates at most, however many an authority issues."""

from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from sqlalchemy import insert, select

from core.clock import FixedClock
from core.database import Ledger, Transaction
from keys.revocation import Reason
from keys.ring import Purpose
from signing.app import revoke_certificates
from signing.store import certificates, crls, shards, tables
from signing.store.authority import find_authorities, issuer_for
from signing.store.certificates import Issued, as_text
from signing.store.issuing import take_place
from signing.store.revocation import renew_crls
from tests.signing_service import OPERATOR
from tests.store.signing.conftest import CUSTODY

DAY = 86_400
ISSUER = 0xA


def taken(ledger: Ledger, ends: int, capacity: int = 3) -> int:
    return ledger.write_now(shards.take, ISSUER, ends, capacity).number


def test_certificates_fill_one_shard_after_the_other(ledger: Ledger) -> None:
    assert [taken(ledger, ends) for ends in (5, 9, 7, 8, 8, 8, 8)] == [0, 0, 0, 1, 1, 1, 2]
    found = ledger.read_now(shards.find_all, ISSUER)
    assert [(one.certificates, one.ends, one.newest) for one in found] == [
        (3, 9, False),
        (3, 8, False),
        (1, 8, True),
    ]


def test_of_many_that_issue_at_once_none_overfills_a_shard(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: taken(ledger, 1, capacity=7), range(50)))
    assert max(map(numbers.count, numbers)) == 7
    assert sum(one.certificates for one in ledger.read_now(shards.find_all, ISSUER)) == 50


def test_another_capacity_leaves_full_shards_as_they_are(ledger: Ledger) -> None:
    assert [taken(ledger, 1, capacity=2) for _ in range(3)] == [0, 0, 1]
    assert [taken(ledger, 1, capacity=4) for _ in range(4)] == [1, 1, 1, 2]


def fill(
    transaction: Transaction, issuer: Issued, number: int, serials: range, ends: int, now: int
) -> None:
    """Certificates by the thousand: rows as they are issued, but for their content."""
    rows = [
        {
            "serial": as_text(serial),
            "purpose": Purpose.SEAL,
            "owner": f"agency {serial}",
            "generation": 1,
            "kid": "",
            "issuer": as_text(issuer.serial),
            "shard": number,
            "der": issuer.certificate.der,
            "issued_at": now,
            "not_after": ends,
        }
        for serial in serials
    ]
    transaction.execute(insert(tables.certificates), rows)
    full = {"issuer": as_text(issuer.serial), "shard": number, "certificates": shards.CAPACITY}
    transaction.execute(insert(tables.shards), {**full, "ends": ends})


def test_a_new_shard_has_a_crl_at_once_and_a_revocation_reissues_its_own_alone(
    established: Ledger, clock: FixedClock
) -> None:
    now = clock.now()
    ours = established.read_now(find_authorities)
    assert ours is not None
    issuer = ours.issuing
    for number in (1, 2, 3):
        serials = range(number * 1_000, number * 1_000 + 500)
        established.write_now(fill, issuer, number, serials, now + DAY, now)
    opened = established.write_now(take_place, CUSTODY, OPERATOR, Purpose.SEAL, issuer, now)
    assert opened == 4
    assert established.read_now(crls.find, issuer.serial, 4) is not None
    established.write_now(renew_crls, CUSTODY, OPERATOR, now)
    before = numbers(established)
    revoked = revoke_certificates(
        established, CUSTODY, OPERATOR, range(2_000, 2_100), Reason.SUPERSEDED, now
    )
    assert len(revoked) == 100
    after = numbers(established)
    assert {one for one in after if after[one] != before[one]} == {(as_text(issuer.serial), 2)}
    found = established.read_now(crls.find, issuer.serial, 2)
    assert found is not None
    assert len(x509.load_der_x509_crl(found.der)) == 100
    statuses = established.read_now(certificates.find_statuses, [2_000, 2_100], [issuer.serial])
    assert [status.revoked is None for _, status in sorted(statuses.items())] == [False, True]


def test_a_shard_whose_certificates_have_ended_gets_one_more_crl_and_then_none(
    established: Ledger, clock: FixedClock
) -> None:
    now = clock.now()
    ours = established.read_now(find_authorities)
    assert ours is not None
    established.write_now(fill, ours.issuing, 1, range(10, 20), now + 5 * DAY, now)
    established.write_now(take_place, CUSTODY, OPERATOR, Purpose.SEAL, ours.issuing, now)
    counted = []
    for _ in range(8):
        while established.write_now(renew_crls, CUSTODY, OPERATOR, clock.now()):
            pass
        counted.append(numbers(established)[as_text(ours.issuing.serial), 1])
        clock.advance(DAY)
    assert counted == [1, 2, 3, 4, 5, 6, 7, 7]


def test_many_crls_are_renewed_some_at_a_time(established: Ledger, clock: FixedClock) -> None:
    now = clock.now()
    ours = established.read_now(find_authorities)
    assert ours is not None
    for number in range(1, 12):
        serials = range(number * 100, number * 100 + 2)
        established.write_now(fill, ours.issuing, number, serials, now + DAY, now)
    counted = [established.write_now(renew_crls, CUSTODY, OPERATOR, now) for _ in range(3)]
    assert counted == [8, 3, 0]


def test_a_line_of_its_own_has_another_authority(established: Ledger, clock: FixedClock) -> None:
    operator = type(OPERATOR)(OPERATOR.pki_url, OPERATOR.registry, lines={Purpose.SEAL: "Seal"})
    now = clock.now()
    first, again = (
        established.write_now(issuer_for, CUSTODY, operator, Purpose.SEAL, now) for _ in range(2)
    )
    other = established.write_now(issuer_for, CUSTODY, operator, Purpose.TIMESTAMP, now)
    assert first == again
    assert (first.owner, other.owner) == ("Seal", "")
    assert "CN=Tra Seal CA" in first.certificate.parsed.subject.rfc4514_string()


def numbers(ledger: Ledger) -> dict[tuple[str, int], int]:
    """The number of each CRL, by issuer and shard."""
    asked = select(tables.crls.c.issuer, tables.crls.c.shard, tables.crls.c.number)
    rows = ledger.read_now(lambda transaction: transaction.execute(asked).all())
    return {(row.issuer, row.shard): row.number for row in rows}
