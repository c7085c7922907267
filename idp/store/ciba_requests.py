"""CIBA requests, by the digest of their auth_req_id; a person's page names them by another id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, select

from core.audit import kind, record
from core.database import Transaction
from idp.rules.decoupled import INTERVAL_SECONDS
from idp.store.tables import ciba_requests
from keys.handles import digest

REQUEST_BEGUN = kind(
    "client:request:begin",
    "An agency's server asked for a person's decision.",
    "client_id",
    "citizen_id",
    "request_id",
)

TABLE: Final = ciba_requests

_KEPT_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class CibaRequest:
    """What waits for a person's decision. The sealed handles go into a ping."""

    request_id: str
    client_id: str
    citizen_id: str
    asked: Mapping[str, str]
    binding_message: str | None
    notification_token: bytes | None
    auth_req_id: bytes | None
    created_at: int
    expires_at: int


def save(transaction: Transaction, auth_req_id: str, request: CibaRequest) -> None:
    """Leave it for the person."""
    transaction.execute(
        insert(ciba_requests),
        {
            "digest": digest(auth_req_id),
            "request_id": request.request_id,
            "client_id": request.client_id,
            "citizen_id": request.citizen_id,
            "asked": json.dumps(dict(request.asked)),
            "binding_message": request.binding_message,
            "notification_token": request.notification_token,
            "auth_req_id": request.auth_req_id,
            "interval": INTERVAL_SECONDS,
            "last_poll_at": 0,
            "created_at": request.created_at,
            "expires_at": request.expires_at,
        },
    )
    record(
        transaction,
        REQUEST_BEGUN,
        actor=request.client_id,
        now=request.created_at,
        client_id=request.client_id,
        citizen_id=request.citizen_id,
        request_id=request.request_id,
    )


def count_waiting(transaction: Transaction, citizen_id: str, client_id: str, now: int) -> int:
    """How many of that client's requests the person has yet to decide."""
    waiting = select(func.count()).where(
        *_waiting(now),
        ciba_requests.c.citizen_id == citizen_id,
        ciba_requests.c.client_id == client_id,
    )
    return transaction.execute(waiting).scalar_one()


def find_waiting(
    transaction: Transaction, citizen_id: str, now: int, limit: int = 50
) -> tuple[CibaRequest, ...]:
    """What the person has yet to decide, the newest first."""
    rows = transaction.execute(
        select(ciba_requests)
        .where(*_waiting(now), ciba_requests.c.citizen_id == citizen_id)
        .order_by(ciba_requests.c.created_at.desc(), ciba_requests.c.request_id)
        .limit(limit)
    )
    return tuple(map(_request, rows))


def find(
    transaction: Transaction, request_id: str, citizen_id: str, now: int
) -> CibaRequest | None:
    """The person's own request, while it can be decided."""
    if not request_id.isalnum():
        return None
    row = transaction.execute(
        select(ciba_requests).where(
            *_waiting(now),
            ciba_requests.c.request_id == request_id,
            ciba_requests.c.citizen_id == citizen_id,
        )
    ).first()
    return None if row is None else _request(row)


def find_by_handle(transaction: Transaction, auth_req_id: str, now: int) -> CibaRequest | None:
    """The request of that auth_req_id, while it can be decided."""
    row = transaction.execute(
        select(ciba_requests).where(*_waiting(now), ciba_requests.c.digest == digest(auth_req_id))
    ).first()
    return None if row is None else _request(row)


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out those long past. An hour's worth stays, so that a late poll is told why."""
    transaction.execute(
        delete(ciba_requests).where(ciba_requests.c.expires_at < now - _KEPT_SECONDS)
    )


def _waiting(now: int) -> tuple[ColumnElement[bool], ...]:
    return (
        ciba_requests.c.grant_id.is_(None),
        ciba_requests.c.denied_at.is_(None),
        ciba_requests.c.expires_at > now,
    )


def _request(row: Row[Any]) -> CibaRequest:
    return CibaRequest(
        row.request_id,
        row.client_id,
        row.citizen_id,
        json.loads(row.asked),
        row.binding_message,
        row.notification_token,
        row.auth_req_id,
        row.created_at,
        row.expires_at,
    )
