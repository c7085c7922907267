"""What the requests of devices and of agencies have in common: decided once, polled, taken once."""

from sqlalchemy import Table, select, update

from core.audit import kind, record
from core.database import Transaction
from idp.rules.polling import Polled
from keys.handles import digest

Requests = Table
"""device_requests or ciba_requests."""

REQUEST_APPROVED = kind(
    "citizen:request:approve",
    "A person agreed to the request of a device, or of an agency's server.",
    "citizen_id",
    "client_id",
    "request_id",
    "grant_id",
)
REQUEST_DENIED = kind(
    "citizen:request:deny",
    "A person refused the request of a device, or of an agency's server.",
    "citizen_id",
    "client_id",
    "request_id",
)


def find(transaction: Transaction, table: Requests, handle: str, client_id: str) -> Polled | None:
    """The client's request, by the handle that it polls with."""
    row = transaction.execute(
        select(table).where(table.c.digest == digest(handle), table.c.client_id == client_id)
    ).first()
    if row is None:
        return None
    return Polled(
        row.interval,
        row.last_poll_at,
        row.expires_at,
        row.grant_id is not None,
        row.denied_at is not None,
        row.used_at is not None,
    )


def note_poll(
    transaction: Transaction, table: Requests, handle: str, interval: int, now: int
) -> None:
    """Write down that the client asked."""
    transaction.execute(
        update(table)
        .where(table.c.digest == digest(handle))
        .values(last_poll_at=now, interval=interval)
    )


def take(
    transaction: Transaction, table: Requests, handle: str, client_id: str, now: int
) -> str | None:
    """Take the grant of an approved request, once, by its client; None where that can't be."""
    return transaction.execute(
        update(table)
        .where(
            table.c.digest == digest(handle),
            table.c.client_id == client_id,
            table.c.grant_id.is_not(None),
            table.c.denied_at.is_(None),
            table.c.used_at.is_(None),
            table.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(table.c.grant_id)
    ).scalar_one_or_none()


def approve(
    transaction: Transaction,
    table: Requests,
    request_id: str,
    citizen_id: str,
    grant_id: str,
    now: int,
) -> bool:
    """The person agrees. The first decision counts: False where there was one, or it is late."""
    return _decide(transaction, table, request_id, citizen_id, grant_id, now)


def deny(
    transaction: Transaction, table: Requests, request_id: str, citizen_id: str, now: int
) -> bool:
    """The person refuses; False as above."""
    return _decide(transaction, table, request_id, citizen_id, None, now)


def _decide(
    transaction: Transaction,
    table: Requests,
    request_id: str,
    citizen_id: str,
    grant_id: str | None,
    now: int,
) -> bool:
    decision = {"denied_at": now} if grant_id is None else {"grant_id": grant_id}
    client_id = transaction.execute(
        update(table)
        .where(
            table.c.request_id == request_id,
            table.c.grant_id.is_(None),
            table.c.denied_at.is_(None),
            table.c.expires_at > now,
        )
        .values(**decision)
        .returning(table.c.client_id)
    ).scalar_one_or_none()
    if client_id is None:
        return False
    granted = {} if grant_id is None else {"grant_id": grant_id}
    record(
        transaction,
        REQUEST_DENIED if grant_id is None else REQUEST_APPROVED,
        actor=citizen_id,
        now=now,
        citizen_id=citizen_id,
        client_id=client_id,
        request_id=request_id,
        **granted,
    )
    return True
