"""Jobs: documents arrive one by one, are accepted together, and are taken by one worker each."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from core import audit
from core.audit import EventKind
from core.database import Transaction
from core.errors import OVERLOADED, Refusal
from signing.rules import reasons
from signing.rules.access_token import Caller
from signing.rules.job import (
    CRASHES,
    HELD_BYTES,
    JOB_DOCUMENT_GIVEN_UP,
    JOB_ENDED,
    JOBS_HOLD_TOO_MUCH,
    KEPT_SECONDS,
    LEASE_SECONDS,
    UPLOAD_SECONDS,
    Accepted,
    DocumentState,
    Job,
    JobDocument,
    Offered,
    Rejected,
    Taken,
    fingerprint,
    key_of,
)
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat, Wanted
from signing.store.tables import job_documents as documents
from signing.store.tables import jobs

ACCEPTED: Final = audit.kind(
    "agency:job:accept", "An agency's documents were taken in, to be sealed.", "job", "agency"
)
ENDED: Final = audit.kind(
    "agency:job:end",
    "A job's documents were forgotten: its client ended it, or its day was over.",
    "job",
    "agency",
)

_INSERTS = {
    "sqlite": sqlite.insert(jobs).on_conflict_do_nothing().returning(jobs.c.job_id),
    "postgresql": postgresql.insert(jobs).on_conflict_do_nothing().returning(jobs.c.job_id),
}


def put(
    transaction: Transaction, job_id: str, offered: Offered, title: bytes, content: bytes, now: int
) -> None:
    """A document of a job that is not accepted yet. Title and content are encrypted."""
    transaction.execute(
        insert(documents).values(
            job_id=job_id,
            number=offered.number,
            title=title,
            idempotency_key=key_of(job_id, offered.number, offered.key),
            size=offered.size,
            document_digest=offered.digest,
            content=content,
            state=DocumentState.ARRIVED,
            attempt=0,
            crashes=0,
            lease_until=0,
            arrived_at=now,
        )
    )


def drop(transaction: Transaction, job_id: str) -> None:
    """Forget a job's documents."""
    transaction.execute(delete(documents).where(documents.c.job_id == job_id))


def accept(
    transaction: Transaction,
    job_id: str,
    caller: Caller,
    idempotency_key: str | None,
    wanted: Wanted,
    offered: tuple[Offered, ...],
    now: int,
) -> Accepted | Rejected:
    """Take on what has arrived, or say what was accepted before under the same key."""
    row = {
        "job_id": job_id,
        "agency_id": caller.agency_id,
        "client_id": caller.client_id,
        "idempotency_key": idempotency_key or job_id,
        "fingerprint": fingerprint(wanted, offered),
        "format": wanted.format,
        "level": wanted.level,
        "created_at": now,
        "expires_at": now + KEPT_SECONDS,
    }
    if transaction.execute(_INSERTS[transaction.dialect.name], row).first() is None:
        drop(transaction, job_id)
        return _before(transaction, row)
    if held(transaction, caller.agency_id) > HELD_BYTES:
        drop(transaction, job_id)
        transaction.execute(delete(jobs).where(jobs.c.job_id == job_id))
        return Rejected(JOBS_HOLD_TOO_MUCH)
    arrived = transaction.execute(
        update(documents).where(documents.c.job_id == job_id).values(state=DocumentState.WAITING)
    )
    if arrived.rowcount != len(offered):  # it took too long, and some were forgotten already
        raise Refusal(OVERLOADED, "documents of the job are gone")
    _record(transaction, ACCEPTED, job_id, caller.agency_id, f"client:{caller.client_id}", now)
    return Accepted(job_id)


def held(transaction: Transaction, agency_id: str) -> int:
    """Bytes of an agency's documents in jobs."""
    counted = (
        select(func.coalesce(func.sum(documents.c.size), 0))
        .join_from(documents, jobs, documents.c.job_id == jobs.c.job_id)
        .where(jobs.c.agency_id == agency_id, documents.c.content.is_not(None))
    )
    return int(transaction.execute(counted).scalar_one())


def find(transaction: Transaction, job_id: str, caller: Caller) -> Job | None:
    """A job of that client, which it has not ended."""
    found = transaction.execute(_owned(job_id, caller)).one_or_none()
    if found is None:
        return None
    rows = transaction.execute(
        select(
            *(documents.c[name] for name in ("number", "title", "size", "document_digest")),
            *(documents.c[name] for name in ("state", "seal_id", "code")),
        )
        .where(documents.c.job_id == job_id)
        .order_by(documents.c.number)
    )
    return Job(
        job_id, _wanted(found), found.created_at, found.expires_at, tuple(map(_document, rows))
    )


def find_content(
    transaction: Transaction, job_id: str, number: int, caller: Caller
) -> tuple[JobDocument, bytes | None, Wanted] | None:
    """A document of a job, its content as it is stored, and what it was to become."""
    job = transaction.execute(_owned(job_id, caller)).one_or_none()
    found = transaction.execute(
        select(documents).where(documents.c.job_id == job_id, documents.c.number == number)
    ).one_or_none()
    if job is None or found is None:
        return None
    return _document(found), found.content, _wanted(job)


def end(transaction: Transaction, job_id: str, caller: Caller, now: int) -> bool:
    """Forget a job's documents at its client's word. Its key is remembered for the day."""
    ended = transaction.execute(
        update(jobs)
        .where(
            jobs.c.job_id == job_id,
            jobs.c.client_id == caller.client_id,
            jobs.c.agency_id == caller.agency_id,
            jobs.c.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if ended.rowcount != 1:
        return False
    drop(transaction, job_id)
    _record(transaction, ENDED, job_id, caller.agency_id, f"client:{caller.client_id}", now)
    return True


def any_waits(transaction: Transaction, now: int) -> bool:
    """Whether there is something to take."""
    return bool(transaction.execute(select(exists().where(_may_be_taken(now)))).scalar_one())


def take(transaction: Transaction, now: int) -> Taken | None:
    """The next document: of each job its first before any job's second. Of many workers one gets
    it; where the one that had it died, the next does when its lease has ended."""
    while (found := _take(transaction, now)) is not None:
        job = transaction.execute(select(jobs).where(jobs.c.job_id == found.job_id)).one()
        taken = Taken(
            found.job_id,
            found.number,
            found.attempt,
            Caller(job.client_id, job.agency_id),
            _wanted(job),
            found.idempotency_key,
            bytes(found.title),
            bytes(found.content),
        )
        if found.crashes < CRASHES:
            return taken
        refuse(transaction, taken, JOB_DOCUMENT_GIVEN_UP.code)
    return None


def seal(transaction: Transaction, taken: Taken, seal_id: str, content: bytes) -> bool:
    """What is answered takes the place of what was sent; False where the lease was lost, or the
    job ended."""
    return _settle(transaction, taken, state=DocumentState.SEALED, seal_id=seal_id, content=content)


def refuse(transaction: Transaction, taken: Taken, code: str) -> bool:
    """A document that is not sealed is not kept."""
    return _settle(transaction, taken, state=DocumentState.REFUSED, code=code, content=None)


def put_back(transaction: Transaction, taken: Taken, at: int, *, crashed: bool = False) -> bool:
    """To be taken again, not before `at`. `crashed`: as if its worker had died."""
    return _settle(
        transaction,
        taken,
        state=DocumentState.WAITING,
        lease_until=at,
        crashes=documents.c.crashes + int(crashed),
    )


def forget_old(transaction: Transaction, now: int) -> None:
    """Jobs whose day is over, and documents of jobs that were never accepted."""
    over = transaction.execute(
        delete(jobs)
        .where(jobs.c.expires_at <= now)
        .returning(jobs.c.job_id, jobs.c.agency_id, jobs.c.ended_at)
    ).all()
    for job in over:
        if job.ended_at is None:
            drop(transaction, job.job_id)
            _record(transaction, ENDED, job.job_id, job.agency_id, "service", now)
    transaction.execute(
        delete(documents).where(
            documents.c.state == DocumentState.ARRIVED,
            documents.c.arrived_at <= now - UPLOAD_SECONDS,
        )
    )


def _before(transaction: Transaction, row: dict[str, Any]) -> Accepted | Rejected:
    """What was accepted under a key."""
    found = transaction.execute(
        select(jobs).where(
            jobs.c.client_id == row["client_id"],
            jobs.c.idempotency_key == row["idempotency_key"],
        )
    ).one()
    if (found.agency_id, bytes(found.fingerprint)) != (row["agency_id"], row["fingerprint"]):
        return Rejected(reasons.IDEMPOTENCY_KEY_REUSED)
    return Accepted(found.job_id) if found.ended_at is None else Rejected(JOB_ENDED)


def _may_be_taken(now: int) -> ColumnElement[bool]:
    """What waits and is due, and what somebody has who died."""
    return and_(
        documents.c.state.in_((DocumentState.WAITING, DocumentState.SEALING)),
        documents.c.lease_until <= now,
    )


def _take(transaction: Transaction, now: int) -> Row[Any] | None:
    turn = (
        select(documents.c.job_id, documents.c.number)
        .where(_may_be_taken(now))
        .order_by(documents.c.number, documents.c.arrived_at, documents.c.job_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    due = transaction.execute(turn).one_or_none()
    if due is None:
        return None
    crashed = case((documents.c.state == DocumentState.SEALING, 1), else_=0)
    return transaction.execute(
        update(documents)
        .where(
            documents.c.job_id == due.job_id,
            documents.c.number == due.number,
            _may_be_taken(now),
        )
        .values(
            state=DocumentState.SEALING,
            attempt=documents.c.attempt + 1,
            crashes=documents.c.crashes + crashed,
            lease_until=now + LEASE_SECONDS,
        )
        .returning(documents)
    ).one_or_none()


def _settle(transaction: Transaction, taken: Taken, **values: Any) -> bool:
    """What became of a document that was taken: one statement, which only its holder's may be."""
    done = transaction.execute(
        update(documents)
        .where(
            documents.c.job_id == taken.job_id,
            documents.c.number == taken.number,
            documents.c.attempt == taken.attempt,
            documents.c.state == DocumentState.SEALING,
        )
        .values(**values)
    )
    return done.rowcount == 1


def _owned(job_id: str, caller: Caller) -> Select[Any]:
    return select(jobs).where(
        jobs.c.job_id == job_id,
        jobs.c.client_id == caller.client_id,
        jobs.c.agency_id == caller.agency_id,
        jobs.c.ended_at.is_(None),
    )


def _wanted(job: Row[Any]) -> Wanted:
    return Wanted(SealFormat(job.format), Level(job.level))


def _document(found: Row[Any]) -> JobDocument:
    return JobDocument(
        found.number,
        bytes(found.title),
        found.size,
        bytes(found.document_digest),
        DocumentState(found.state),
        found.seal_id,
        found.code,
    )


def _record(
    transaction: Transaction, kind: EventKind, job_id: str, agency_id: str, actor: str, now: int
) -> None:
    audit.record(transaction, kind, actor=actor, now=now, job=job_id, agency=agency_id)
