"""Requests of devices (RFC 8628), by the digests of their two codes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from idp.rules.decoupled import INTERVAL_SECONDS
from idp.rules.device import DEVICE_SECONDS
from idp.store.tables import device_requests
from keys.handles import digest, new_id

TABLE: Final = device_requests

_KEPT_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """What waits for a person's decision."""

    request_id: str
    client_id: str
    asked: Mapping[str, str]
    source: str
    created_at: int


def save(
    transaction: Transaction,
    device_code: str,
    user_code: str,
    client_id: str,
    asked: Mapping[str, str],
    source: str,
    now: int,
) -> bool:
    """False where the user code is another request's: take a fresh one."""
    dialect = postgresql if transaction.dialect.name == "postgresql" else sqlite
    row = {
        "digest": digest(device_code),
        "user_code": digest(user_code),
        "request_id": new_id(),
        "client_id": client_id,
        "asked": json.dumps(dict(asked)),
        "source": source,
        "interval": INTERVAL_SECONDS,
        "last_poll_at": 0,
        "created_at": now,
        "expires_at": now + DEVICE_SECONDS,
    }
    saved = transaction.execute(
        dialect.insert(device_requests)
        .values(row)
        .on_conflict_do_nothing()
        .returning(device_requests.c.request_id)
    )
    return saved.first() is not None


def find_waiting(transaction: Transaction, user_code: str, now: int) -> DeviceRequest | None:
    """The request of that user code, while it can be decided."""
    row = transaction.execute(
        select(device_requests).where(
            device_requests.c.user_code == digest(user_code),
            device_requests.c.grant_id.is_(None),
            device_requests.c.denied_at.is_(None),
            device_requests.c.expires_at > now,
        )
    ).first()
    if row is None:
        return None
    return DeviceRequest(
        row.request_id, row.client_id, json.loads(row.asked), row.source, row.created_at
    )


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out those long past. An hour's worth stays, so that a late poll is told why."""
    transaction.execute(
        delete(device_requests).where(device_requests.c.expires_at < now - _KEPT_SECONDS)
    )
