"""The end of a session, with all that hangs on it: grants, and the clients that must be told."""

from dataclasses import dataclass

from sqlalchemy import select

from clients.store import clients
from core.database import Transaction
from idp.store import deliveries, grants, sessions
from idp.store.deliveries import LOGOUT
from idp.store.tables import session_clients
from idp.store.tables import sessions as sessions_table


@dataclass(frozen=True, slots=True)
class SignedOut:
    """A client that the ended session was used at."""

    client_id: str
    sid: str


def end_session(transaction: Transaction, session_id: str, now: int) -> tuple[SignedOut, ...]:
    """End the session, revoke what was granted in it, and leave word for the clients that want to
    be told (Back-Channel Logout 2.3). The first client that was signed in to comes first."""
    rows = transaction.execute(
        select(session_clients, sessions_table.c.citizen_id)
        .join(sessions_table, sessions_table.c.session_id == session_clients.c.session_id)
        .where(session_clients.c.session_id == session_id)
        .order_by(session_clients.c.first_at, session_clients.c.client_id)
    ).all()
    sessions.end(transaction, session_id, now)
    actor = rows[0].citizen_id if rows else "provider"
    subs = grants.revoke_of_session(transaction, session_id, now, actor=actor)
    for row in rows:
        registered = clients.find(transaction, row.client_id)
        uri = registered.client.logout.backchannel_uri if registered else None
        if uri is not None:
            payload = {"sid": row.sid, "sub": subs.get(row.client_id, "")}
            deliveries.queue(transaction, LOGOUT, row.client_id, uri, payload, now)
    return tuple(SignedOut(row.client_id, row.sid) for row in rows)


def end_everything(transaction: Transaction, citizen_id: str, cause: str, now: int) -> None:
    """End all sessions of a person, and all that they granted, offline access too: they may not
    sign in any more, or not as surely."""
    for session in sessions.find_of_citizen(transaction, citizen_id):
        end_session(transaction, session.session_id, now)
    grants.revoke_of_citizen(transaction, citizen_id, cause, now)
