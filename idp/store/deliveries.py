"""The outbox: what clients have to be told, kept until it is delivered or given up."""

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select, update

from core.audit import kind, record
from core.database import Transaction
from idp.rules.delivery import next_try
from idp.store.tables import deliveries
from keys.handles import new_id

DELIVERED = kind(
    "client:delivery:done", "A client was told.", "client_id", "delivery_id", "what", "attempts"
)
GIVEN_UP = kind(
    "client:delivery:give-up",
    "A client could not be told, and is not tried any more.",
    "client_id",
    "delivery_id",
    "what",
    "attempts",
)

LOGOUT: Final = "logout"
PING: Final = "ping"

LEASE_SECONDS: Final = 30
"""How long a delivery belongs to the process that took it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way. `payload` says what it is about."""

    delivery_id: str
    kind: str
    client_id: str
    uri: str
    payload: dict[str, Any]
    attempts: int


def queue(
    transaction: Transaction,
    kind: str,
    client_id: str,
    uri: str,
    payload: dict[str, Any],
    now: int,
) -> None:
    """Leave word; it goes out once the transaction stands."""
    transaction.execute(
        insert(deliveries),
        {
            "delivery_id": new_id(),
            "kind": kind,
            "client_id": client_id,
            "uri": uri,
            "payload": json.dumps(payload),
            "created_at": now,
            "attempts": 0,
            "next_at": now,
        },
    )


def take_due(transaction: Transaction, now: int, limit: int = 50) -> tuple[Delivery, ...]:
    """Take what is due; no other process gets it until the lease is over."""
    due = (
        select(deliveries.c.delivery_id)
        .where(
            deliveries.c.next_at <= now,
            deliveries.c.delivered_at.is_(None),
            deliveries.c.given_up_at.is_(None),
        )
        .order_by(deliveries.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = transaction.execute(
        update(deliveries)
        .where(deliveries.c.delivery_id.in_(due.scalar_subquery()))
        .values(next_at=now + LEASE_SECONDS, attempts=deliveries.c.attempts + 1)
        .returning(deliveries)
    )
    return tuple(
        Delivery(
            row.delivery_id,
            row.kind,
            row.client_id,
            row.uri,
            json.loads(row.payload),
            row.attempts,
        )
        for row in rows
    )


def settle(
    transaction: Transaction,
    delivery: Delivery,
    error: str | None,
    now: int,
    *,
    final: bool = False,
) -> None:
    """Write down how a try ended. `error` is None where the client has been told; a `final` one is
    not tried again."""
    again = None if error is None or final else next_try(delivery.attempts, now)
    values: dict[str, Any] = {"last_error": error}
    if error is None:
        values["delivered_at"] = now
    elif again is None:
        values["given_up_at"] = now
    else:
        values["next_at"] = again
    transaction.execute(
        update(deliveries).where(deliveries.c.delivery_id == delivery.delivery_id).values(values)
    )
    if again is None:
        record(
            transaction,
            DELIVERED if error is None else GIVEN_UP,
            actor="provider",
            now=now,
            client_id=delivery.client_id,
            delivery_id=delivery.delivery_id,
            what=delivery.kind,
            attempts=delivery.attempts,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery stands, for the operator and the agency."""

    delivery_id: str
    kind: str
    client_id: str
    created_at: int
    attempts: int
    state: str  # delivered, waiting, given up
    last_error: str | None


def find_recent(
    transaction: Transaction, client_id: str | None, limit: int = 100
) -> tuple[Outcome, ...]:
    """The newest deliveries, of one client or of all."""
    wanted = select(deliveries).order_by(deliveries.c.created_at.desc()).limit(limit)
    if client_id is not None:
        wanted = wanted.where(deliveries.c.client_id == client_id)
    return tuple(
        Outcome(
            row.delivery_id,
            row.kind,
            row.client_id,
            row.created_at,
            row.attempts,
            "delivered" if row.delivered_at else "given up" if row.given_up_at else "waiting",
            row.last_error,
        )
        for row in transaction.execute(wanted)
    )
