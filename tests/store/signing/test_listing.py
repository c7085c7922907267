"""Certificates are listed page by page, whatever is asked of them."""

import re
from dataclasses import replace

import pytest

from core.database import Ledger
from keys.certificates import Certificate, issue
from keys.revocation import Reason, Revoked
from keys.ring import Purpose
from signing.store import certificates
from signing.store.certificates import Issued, State, Wanted, find_page
from tests.keys.authorities import CITIZEN, MINISTRY, UNDER_ISSUING, Infrastructure
from tests.store.plans import plans

NOW = 1_776_132_000
DAY = 86_400
PKI = Infrastructure(NOW)
ALL = Wanted(NOW + DAY)


def made(number: int) -> Issued:
    """The certificates of four agencies and four people, in turn; two were issued at a time."""
    purpose, subject = (Purpose.SEAL, MINISTRY) if number % 2 else (Purpose.SIGNATURE, CITIZEN)
    key, issuer = PKI.seal.signer.public_key, PKI.issuing
    certificate: Certificate = issue(
        purpose, subject, key, issuer.certificate, issuer.signer, UNDER_ISSUING, NOW
    )
    owner = f"owner-{number % 4}"
    return Issued(certificate, purpose, owner, number, "kid", 1, 0, NOW + number // 2)


EIGHT = tuple(sorted(map(made, range(8)), key=lambda one: (one.issued_at, one.serial)))


@pytest.fixture
def stocked(ledger: Ledger) -> Ledger:
    for one in EIGHT:
        assert ledger.write_now(certificates.save, one)
    return ledger


def serials(found: tuple[Issued, ...]) -> list[int]:
    return [one.serial for one in found]


@pytest.mark.parametrize("size", [1, 3, 8, 100])
def test_pages_follow_one_another_without_a_gap(stocked: Ledger, size: int) -> None:
    found, after = [], None
    while page := stocked.read_now(find_page, ALL, size, after):
        assert len(page) <= size
        found += serials(page)
        after = found[-1]
    assert found == serials(EIGHT)


def test_a_certificate_that_is_issued_meanwhile_comes_last(stocked: Ledger) -> None:
    first = stocked.read_now(find_page, ALL, 4)
    newest = replace(made(8), issued_at=NOW + DAY)
    stocked.write_now(certificates.save, newest)
    rest = stocked.read_now(find_page, ALL, 100, first[-1].serial)
    assert serials(rest) == [*serials(EIGHT[4:]), newest.serial]


def test_after_one_that_is_not_ours_there_is_nothing(stocked: Ledger) -> None:
    assert stocked.read_now(find_page, ALL, 100, 1) == ()


def test_those_of_an_owner_or_a_purpose_or_a_serial_number_are_found(stocked: Ledger) -> None:
    def found(**wanted: object) -> list[int]:
        return serials(stocked.read_now(find_page, replace(ALL, **wanted), 100))  # type: ignore[arg-type]

    assert found(owner="owner-1") == serials(tuple(x for x in EIGHT if x.owner == "owner-1"))
    assert found(purpose=Purpose.SIGNATURE, owner="owner-1") == []
    assert len(found(purpose=Purpose.SIGNATURE)) == 4
    whole = certificates.as_text(EIGHT[5].serial)
    assert found(serial=whole) == [EIGHT[5].serial]
    digit = [one.serial for one in EIGHT if certificates.as_text(one.serial).startswith(whole[:1])]
    assert found(serial=whole[:1]) == digit
    assert found(serial="%") == []


def test_what_stands_is_revoked_or_has_ended_is_told_apart(stocked: Ledger) -> None:
    revoked = Revoked(NOW, Reason.SUPERSEDED)
    stocked.write_now(certificates.revoke, EIGHT[0].serial, revoked)

    def states(now: int) -> dict[State, int]:
        found = {
            state: stocked.read_now(find_page, Wanted(now, state=state), 100) for state in State
        }
        for state, page in found.items():
            assert {one.state(now) for one in page} <= {state}
        return {state: len(page) for state, page in found.items()}

    ends = min(one.certificate.not_after for one in EIGHT)
    assert states(ends) == {State.STANDS: 7, State.REVOKED: 1, State.ENDED: 0}
    later = states(ends + 1)
    assert later[State.REVOKED] == 1
    assert later[State.ENDED] > 0
    assert sum(later.values()) == 8


@pytest.mark.parametrize("state", [State.STANDS, State.ENDED])
def test_those_of_a_state_that_time_makes_follow_one_another_by_when_they_end(
    stocked: Ledger, state: State
) -> None:
    by_end = sorted(EIGHT, key=lambda one: (one.certificate.not_after, one.serial))
    now = by_end[4].certificate.not_after
    expected = [one.serial for one in by_end if one.state(now) is state]
    found, after = [], None
    while page := stocked.read_now(find_page, Wanted(now, state=state), 3, after):
        found += serials(page)
        after = found[-1]
    assert found == expected
    assert 0 < len(found) < 8


REVOKED, ENDED = replace(ALL, state=State.REVOKED), replace(ALL, state=State.ENDED)
STANDS = replace(ALL, state=State.STANDS)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (ALL, "certificates_by_issue"),
        (replace(ALL, owner="owner-1"), "certificates_by_owner"),
        (replace(ALL, purpose=Purpose.SEAL), "certificates_by_purpose"),
        (REVOKED, "certificates_revoked_by_issue"),
        (replace(REVOKED, purpose=Purpose.SEAL), "certificates_revoked_by_purpose"),
        (ENDED, "certificates_by_end"),
        (STANDS, "certificates_by_end"),
        (replace(ENDED, purpose=Purpose.SEAL), "certificates_by_purpose_and_end"),
        (replace(STANDS, purpose=Purpose.SEAL), "certificates_by_purpose_and_end"),
    ],
)
def test_a_page_is_found_by_an_index_that_has_its_order(
    stocked: Ledger, wanted: Wanted, index: str
) -> None:
    """Of a million, no more are looked at than are told of."""
    [told] = plans(stocked, find_page, wanted, 10)
    assert re.search(rf"\b{index}\b", told)
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told
