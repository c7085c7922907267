"""Sessions: one a browser, known by the digest of its cookie; and one sid a client in each."""

from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from core.audit import kind, record
from core.database import Transaction
from core.statements import Prepared
from idp.rules.interaction import ABSOLUTE_SECONDS, Session
from idp.store.citizens import ACTIVE
from idp.store.tables import citizens, session_clients, sessions
from keys.handles import digest, new_id

SESSION_STARTED = kind(
    "citizen:session:start", "A person signed in.", "citizen_id", "session_id", "level"
)
SESSION_RENEWED = kind(
    "citizen:session:renew",
    "A person who was signed in signed in again.",
    "citizen_id",
    "session_id",
    "level",
)
SESSION_ENDED = kind("citizen:session:end", "A person signed out.", "citizen_id", "session_id")

KEPT_SECONDS = 7 * 86_400
"""How long an ended session can still be told of."""

SEEN_EVERY = 60
"""Seconds between two updates of when a session was last seen."""

_FIND = Prepared(
    select(sessions)
    .join(citizens, citizens.c.citizen_id == sessions.c.citizen_id)
    .where(
        sessions.c.digest == bindparam("digest"),
        sessions.c.ended_at.is_(None),
        citizens.c.status == ACTIVE,
    )
)
_ADD_CLIENT = Prepared.upsert(lambda insert: insert(session_clients).on_conflict_do_nothing())
_FIND_CLIENT = Prepared(
    select(session_clients.c.sid).where(
        session_clients.c.session_id == bindparam("session_id"),
        session_clients.c.client_id == bindparam("client_id"),
    )
)


def start(transaction: Transaction, handle: str, session: Session, now: int) -> None:
    """Store a new session under a fresh handle."""
    transaction.execute(
        insert(sessions),
        {
            "session_id": session.session_id,
            "digest": digest(handle),
            "citizen_id": session.citizen_id,
            "auth_time": session.auth_time,
            "level": session.level,
            "amr": " ".join(session.amr),
            "created_at": session.created_at,
            "last_seen_at": session.last_seen_at,
        },
    )
    record(
        transaction,
        SESSION_STARTED,
        actor=session.citizen_id,
        now=now,
        citizen_id=session.citizen_id,
        session_id=session.session_id,
        level=session.level,
    )


def renew(transaction: Transaction, handle: str, session: Session, now: int) -> None:
    """Put a fresh sign-in of the same person in the session's place, under a fresh handle. What
    clients know of it, and what was granted in it, stays tied to it."""
    transaction.execute(
        update(sessions)
        .where(sessions.c.session_id == session.session_id, sessions.c.ended_at.is_(None))
        .values(
            digest=digest(handle),
            auth_time=session.auth_time,
            level=session.level,
            amr=" ".join(session.amr),
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
        )
    )
    record(
        transaction,
        SESSION_RENEWED,
        actor=session.citizen_id,
        now=now,
        citizen_id=session.citizen_id,
        session_id=session.session_id,
        level=session.level,
    )


def find(transaction: Transaction, handle: str | None) -> Session | None:
    """The session of a cookie, where it has not ended and its person may be signed in; its limits
    are for the rules to weigh."""
    if handle is None:
        return None
    return _session(_FIND.first(transaction, {"digest": digest(handle)}))


def seen(transaction: Transaction, session: Session, now: int) -> None:
    """Note that the person is still there."""
    if now - session.last_seen_at >= SEEN_EVERY:
        transaction.execute(
            update(sessions)
            .where(sessions.c.session_id == session.session_id, sessions.c.last_seen_at < now)
            .values(last_seen_at=now)
        )


def end(transaction: Transaction, session_id: str, now: int) -> None:
    """End the session; ending it twice changes nothing."""
    ended = transaction.execute(
        update(sessions)
        .where(sessions.c.session_id == session_id, sessions.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(sessions.c.citizen_id)
    ).first()
    if ended is not None:
        record(
            transaction,
            SESSION_ENDED,
            actor=ended.citizen_id,
            now=now,
            citizen_id=ended.citizen_id,
            session_id=session_id,
        )


def sid(transaction: Transaction, session_id: str, client_id: str, now: int) -> str:
    """The session's identifier at that client (Back-Channel Logout 2.1), made at first use."""
    where = {"session_id": session_id, "client_id": client_id}
    found = _FIND_CLIENT.first(transaction, where)
    if found is None:
        _ADD_CLIENT.run(transaction, {**where, "sid": new_id(), "first_at": now})
        found = _FIND_CLIENT.first(transaction, where)
    return str(found.sid)


def find_clients(transaction: Transaction, session_id: str) -> tuple[str, ...]:
    """The clients that the session was used at, the first first."""
    rows = transaction.execute(
        select(session_clients.c.client_id)
        .where(session_clients.c.session_id == session_id)
        .order_by(session_clients.c.first_at, session_clients.c.client_id)
    )
    return tuple(rows.scalars())


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out sessions that ended by themselves long ago, with what clients called them."""
    long_ago = now - ABSOLUTE_SECONDS - KEPT_SECONDS
    old = select(sessions.c.session_id).where(sessions.c.created_at < long_ago)
    transaction.execute(delete(session_clients).where(session_clients.c.session_id.in_(old)))
    transaction.execute(delete(sessions).where(sessions.c.created_at < long_ago))


def find_of_citizen(transaction: Transaction, citizen_id: str) -> tuple[Session, ...]:
    """The person's sessions that have not ended, the newest first."""
    wanted = (sessions.c.citizen_id == citizen_id, sessions.c.ended_at.is_(None))
    rows = transaction.execute(
        select(sessions).where(*wanted).order_by(sessions.c.auth_time.desc(), sessions.c.session_id)
    )
    return tuple(session for session in map(_session, rows) if session is not None)


def _session(row: Any) -> Session | None:
    if row is None:
        return None
    return Session(
        row.session_id,
        row.citizen_id,
        row.auth_time,
        row.level,
        tuple(row.amr.split()),
        row.created_at,
        row.last_seen_at,
    )
