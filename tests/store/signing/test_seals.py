"""Seals: each is reserved once, completed once, and taken over when its lease has ended."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import select

from core.audit import events
from core.database import Ledger
from signing.rules.sealing import (
    LEASE_SECONDS,
    RETRY_SECONDS,
    AlreadySealed,
    InProgress,
    KeyReused,
    Reservation,
    Reserved,
    SealEvidence,
)
from signing.store import seals, tables
from tests.store.plans import plans

NOW = 1_776_132_000
DOCUMENT = b"d" * 32
EVIDENCE = SealEvidence(5, NOW, b"s" * 32, b"r" * 32, b"appended")


def reserve(
    ledger: Ledger,
    key: str | None = "key",
    now: int = NOW,
    document: bytes = DOCUMENT,
    asked: str = "pades B-LT",
) -> Reservation:
    return ledger.write_now(seals.reserve, "moc", "moc-seal", key, document, asked, now)


def reserved(ledger: Ledger, key: str | None = "key", now: int = NOW) -> Reserved:
    taken = reserve(ledger, key, now)
    assert isinstance(taken, Reserved)
    return taken


def complete(ledger: Ledger, taken: Reserved, evidence: SealEvidence = EVIDENCE) -> bool:
    return ledger.write_now(seals.complete, taken, evidence, NOW)


def test_of_50_requests_at_once_with_one_key_one_may_seal(ledger: Ledger) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: reserve(ledger), range(50)))
    assert sum(isinstance(answer, Reserved) for answer in answers) == 1
    assert sum(isinstance(answer, InProgress) for answer in answers) == 49


def test_of_50_retries_after_a_crash_one_takes_over(ledger: Ledger) -> None:
    first = reserved(ledger)
    later = NOW + LEASE_SECONDS
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: reserve(ledger, now=later), range(50)))
    assert [answer for answer in answers if isinstance(answer, Reserved)] == [
        Reserved(first.seal_id, 2)
    ]


def test_of_50_completions_at_once_one_counts(ledger: Ledger) -> None:
    taken = reserved(ledger)
    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(lambda _: complete(ledger, taken), range(50))) == 1


def test_without_a_key_each_request_is_its_own_seal(ledger: Ledger) -> None:
    assert reserved(ledger, None).seal_id != reserved(ledger, None).seal_id


def test_a_signed_seal_is_answered_again_with_the_same_bytes(ledger: Ledger) -> None:
    taken = reserved(ledger)
    assert complete(ledger, taken)
    assert reserve(ledger) == AlreadySealed(taken.seal_id, b"appended")


def test_a_key_belongs_to_one_document(ledger: Ledger) -> None:
    reserved(ledger)
    assert reserve(ledger, document=b"other" + bytes(27)) == KeyReused()


def test_a_key_belongs_to_what_was_asked_for(ledger: Ledger) -> None:
    reserved(ledger)
    assert reserve(ledger, asked="PAdES B-LTA") == KeyReused()


def test_keys_of_different_clients_do_not_meet(ledger: Ledger) -> None:
    reserved(ledger)
    other = ledger.write_now(seals.reserve, "moc", "another", "key", DOCUMENT, "pades B-LT", NOW)
    assert isinstance(other, Reserved)


def test_a_lease_is_told_in_seconds(ledger: Ledger) -> None:
    reserved(ledger)
    assert reserve(ledger, now=NOW + 10) == InProgress(LEASE_SECONDS - 10)


def test_an_attempt_that_lost_its_lease_cannot_complete(ledger: Ledger) -> None:
    first = reserved(ledger)
    second = reserved(ledger, now=NOW + LEASE_SECONDS)
    late = replace(EVIDENCE, appended=b"late")
    assert complete(ledger, second)
    assert not complete(ledger, first, late)
    assert reserve(ledger) == AlreadySealed(first.seal_id, b"appended")


def test_a_reservation_that_was_given_up_is_free_at_once(ledger: Ledger) -> None:
    first = reserved(ledger)
    ledger.write_now(seals.release, first, NOW)
    assert reserved(ledger) == Reserved(first.seal_id, 2)


def test_what_was_appended_is_forgotten_after_a_day_and_the_evidence_stays(
    ledger: Ledger,
) -> None:
    taken = reserved(ledger)
    complete(ledger, taken)
    ledger.write_now(seals.forget_old, NOW + RETRY_SECONDS + 1)
    assert reserve(ledger) == AlreadySealed(taken.seal_id, None)
    kept = ledger.read_now(lambda transaction: transaction.execute(select(tables.seals)).one())
    assert kept.sealed_digest == EVIDENCE.sealed_digest


def test_only_a_completed_seal_is_in_the_audit_log(ledger: Ledger) -> None:
    def sealed() -> list[str]:
        return ledger.read_now(
            lambda transaction: list(transaction.execute(select(events.c.event)).scalars())
        )

    taken = reserved(ledger)
    assert sealed() == []
    complete(ledger, taken)
    complete(ledger, taken)
    assert sealed() == ["agency:document:seal"]


def test_what_is_forgotten_is_found_by_an_index_of_what_is_kept(ledger: Ledger) -> None:
    [told] = plans(ledger, seals.forget_old, NOW)
    assert "seals_kept" in told
