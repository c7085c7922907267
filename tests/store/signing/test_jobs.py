"""Jobs: accepted once, each document taken by one worker, and nothing kept longer than it must."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from core.audit import events
from core.database import Ledger
from core.errors import OVERLOADED, Refusal
from signing.rules import reasons
from signing.rules.access_token import Caller
from signing.rules.job import (
    CRASHES,
    HELD_BYTES,
    JOB_ENDED,
    JOBS_HOLD_TOO_MUCH,
    KEPT_SECONDS,
    LEASE_SECONDS,
    UPLOAD_SECONDS,
    Accepted,
    DocumentState,
    Job,
    JobState,
    Offered,
    Rejected,
    Taken,
    Title,
)
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat, Wanted
from signing.store import jobs, tables

NOW = 1_776_132_000
MOC = Caller("moc-seal", "moc")
WANTED = Wanted(SealFormat.PADES, Level.LT)


def arrive(ledger: Ledger, job_id: str, count: int = 2, size: int = 10) -> tuple[Offered, ...]:
    offered = tuple(
        Offered(number, Title(f"{number}.pdf", ""), None, size, bytes((number,)) * 32)
        for number in range(1, count + 1)
    )
    for one in offered:
        ledger.write_now(jobs.put, job_id, one, b"title", b"sent %d" % one.number, NOW)
    return offered


def accept(
    ledger: Ledger,
    job_id: str = "job",
    key: str | None = None,
    count: int = 2,
    caller: Caller = MOC,
    size: int = 10,
) -> Accepted | Rejected:
    offered = arrive(ledger, job_id, count, size)
    return ledger.write_now(jobs.accept, job_id, caller, key, WANTED, offered, NOW)


def take(ledger: Ledger, now: int = NOW) -> Taken | None:
    return ledger.write_now(jobs.take, now)


def taken(ledger: Ledger, now: int = NOW) -> Taken:
    found = take(ledger, now)
    assert found is not None
    return found


def find(ledger: Ledger, job_id: str = "job", caller: Caller = MOC) -> Job | None:
    return ledger.read_now(jobs.find, job_id, caller)


def states(ledger: Ledger, job_id: str = "job") -> list[str]:
    found = find(ledger, job_id)
    assert found is not None
    return [one.state for one in found.documents]


def kept(ledger: Ledger) -> int:
    """Documents of which there is something."""
    counted = select(func.count()).select_from(tables.job_documents)
    return ledger.read_now(lambda transaction: transaction.execute(counted).scalar_one())


def recorded(ledger: Ledger) -> list[str]:
    return ledger.read_now(
        lambda transaction: list(
            transaction.execute(select(events.c.event).order_by(events.c.id)).scalars()
        )
    )


def test_nothing_is_taken_before_its_job_is_accepted(ledger: Ledger) -> None:
    arrive(ledger, "job")
    assert take(ledger) is None
    assert find(ledger) is None


def test_an_accepted_job_waits(ledger: Ledger) -> None:
    assert accept(ledger) == Accepted("job")
    found = find(ledger)
    assert found is not None
    assert (found.state, found.wanted, found.expires_at) == (
        JobState.WAITING,
        WANTED,
        NOW + KEPT_SECONDS,
    )
    assert recorded(ledger) == ["agency:job:accept"]


def test_of_50_requests_at_once_with_one_key_one_is_the_job(ledger: Ledger) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(lambda number: accept(ledger, f"job{number}", "key", 1), range(50)))
    assert len(answers) == 1
    assert kept(ledger) == 1
    assert recorded(ledger) == ["agency:job:accept"]


def test_a_key_is_good_for_one_job(ledger: Ledger) -> None:
    accept(ledger, "job", "key")
    assert accept(ledger, "other", "key", 3) == Rejected(reasons.IDEMPOTENCY_KEY_REUSED)
    assert accept(ledger, "theirs", "key", 3, Caller("other", "moc")) == Accepted("theirs")
    assert kept(ledger) == 5


def test_a_job_that_ended_is_not_begun_again_by_its_key(ledger: Ledger) -> None:
    accept(ledger, "job", "key")
    assert ledger.write_now(jobs.end, "job", MOC, NOW)
    assert accept(ledger, "again", "key") == Rejected(JOB_ENDED)
    assert kept(ledger) == 0


def test_an_agency_holds_no_more_than_is_allowed(ledger: Ledger) -> None:
    accept(ledger, "job", size=HELD_BYTES // 2)
    assert accept(ledger, "more", count=1) == Rejected(JOBS_HOLD_TOO_MUCH)
    assert accept(ledger, "theirs", 1, caller=Caller("nssf-seal", "nssf")) == Accepted("theirs")
    ledger.write_now(jobs.end, "job", MOC, NOW)
    assert accept(ledger, "later") == Accepted("later")


def test_of_50_workers_each_gets_a_document_of_its_own(ledger: Ledger) -> None:
    accept(ledger, count=20)
    with ThreadPoolExecutor(50) as pool:
        got = [one for one in pool.map(lambda _: take(ledger), range(50)) if one is not None]
    while (one := take(ledger)) is not None:  # PostgreSQL may pass over what another holds
        got.append(one)
    assert sorted(one.number for one in got) == list(range(1, 21))


def test_each_job_s_first_document_comes_before_any_job_s_second(ledger: Ledger) -> None:
    accept(ledger, "a", count=2)
    accept(ledger, "b", count=2)
    order = [taken(ledger) for _ in range(4)]
    assert [(one.job_id, one.number) for one in order] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_what_a_dead_worker_had_is_taken_over_after_its_lease(ledger: Ledger) -> None:
    accept(ledger, count=1)
    first = taken(ledger)
    assert take(ledger, NOW + LEASE_SECONDS - 1) is None
    second = taken(ledger, NOW + LEASE_SECONDS)
    assert not ledger.write_now(jobs.seal, first, "seal", b"late")
    assert ledger.write_now(jobs.seal, second, "seal", b"sealed")
    made = ledger.read_now(jobs.find_content, "job", 1, MOC)
    assert made is not None
    assert made[1] == b"sealed"


def test_a_document_of_which_workers_die_is_given_up(ledger: Ledger) -> None:
    accept(ledger, count=1)
    for number in range(CRASHES):
        taken(ledger, NOW + number * LEASE_SECONDS)
    assert take(ledger, NOW + CRASHES * LEASE_SECONDS) is None
    found = find(ledger)
    assert found is not None
    assert found.documents[0].code == "job_document_given_up"


def test_what_is_put_back_waits_for_its_time_and_is_no_crash(ledger: Ledger) -> None:
    accept(ledger, count=1)
    for number in range(2 * CRASHES):
        ledger.write_now(jobs.put_back, taken(ledger, NOW + number), NOW + number + 1)
        assert states(ledger) == [DocumentState.WAITING]
        assert not ledger.read_now(jobs.any_waits, NOW + number)
    assert ledger.read_now(jobs.any_waits, NOW + 2 * CRASHES)


def test_what_fails_again_and_again_is_given_up(ledger: Ledger) -> None:
    accept(ledger, count=1)
    for _ in range(CRASHES):
        ledger.write_now(jobs.put_back, taken(ledger), NOW, crashed=True)
    assert take(ledger) is None
    assert states(ledger) == [DocumentState.REFUSED]


def test_a_refused_document_is_not_kept(ledger: Ledger) -> None:
    accept(ledger, count=1)
    assert ledger.write_now(jobs.refuse, taken(ledger), "pdf_xfa")
    made = ledger.read_now(jobs.find_content, "job", 1, MOC)
    assert made is not None
    assert (made[0].state, made[0].code, made[1]) == (DocumentState.REFUSED, "pdf_xfa", None)
    assert ledger.read_now(jobs.held, "moc") == 0


def test_a_job_is_its_client_s_alone(ledger: Ledger) -> None:
    accept(ledger)
    for stranger in (Caller("other", "moc"), Caller("moc-seal", "other")):
        assert find(ledger, caller=stranger) is None
        assert ledger.read_now(jobs.find_content, "job", 1, stranger) is None
        assert not ledger.write_now(jobs.end, "job", stranger, NOW)
    assert states(ledger) == [DocumentState.WAITING] * 2


def test_of_50_ends_at_once_one_counts(ledger: Ledger) -> None:
    accept(ledger)
    with ThreadPoolExecutor(50) as pool:
        ends = list(pool.map(lambda _: ledger.write_now(jobs.end, "job", MOC, NOW), range(50)))
    assert sum(ends) == 1
    assert recorded(ledger) == ["agency:job:accept", "agency:job:end"]


def test_nothing_comes_back_after_the_end(ledger: Ledger) -> None:
    accept(ledger)
    one = taken(ledger)
    ledger.write_now(jobs.end, "job", MOC, NOW)
    assert not ledger.write_now(jobs.seal, one, "seal", b"sealed")
    assert kept(ledger) == 0


def test_a_job_is_forgotten_after_its_day(ledger: Ledger) -> None:
    accept(ledger, "job", "key")
    ledger.write_now(jobs.forget_old, NOW + KEPT_SECONDS - 1)
    assert kept(ledger) == 2
    ledger.write_now(jobs.forget_old, NOW + KEPT_SECONDS)
    assert kept(ledger) == 0
    assert recorded(ledger) == ["agency:job:accept", "agency:job:end"]
    assert accept(ledger, "next", "key") == Accepted("next")


def test_what_arrived_for_a_job_that_never_was_is_forgotten(ledger: Ledger) -> None:
    arrive(ledger, "broken off")
    accept(ledger, "job")
    ledger.write_now(jobs.forget_old, NOW + UPLOAD_SECONDS)
    assert kept(ledger) == 2
    assert states(ledger) == [DocumentState.WAITING] * 2


def test_a_job_some_of_whose_documents_were_forgotten_is_not_accepted(ledger: Ledger) -> None:
    offered = arrive(ledger, "job")
    ledger.write_now(
        lambda transaction: transaction.execute(
            update(tables.job_documents)
            .where(tables.job_documents.c.number == 1)
            .values(job_id="other")
        )
    )
    with pytest.raises(Refusal) as refused:
        ledger.write_now(jobs.accept, "job", MOC, None, WANTED, offered, NOW)
    assert refused.value.reason is OVERLOADED
    assert find(ledger) is None
