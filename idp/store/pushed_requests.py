"""Pushed authorization requests (RFC 9126), by the digest of their handle, used once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from core.database import Transaction
from core.statements import Prepared
from idp.store.tables import pushed_requests
from keys.handles import digest

URN: Final = "urn:ietf:params:oauth:request_uri:"

PUSHED_SECONDS: Final = 90
"""How long a request_uri is good for being opened (RFC 9126 §2.2)."""

_KEPT_SECONDS: Final = 86_400

_SAVE = Prepared(insert(pushed_requests))
_FIND = Prepared(select(pushed_requests).where(pushed_requests.c.digest == bindparam("digest")))
_USE = Prepared(
    update(pushed_requests)
    .where(pushed_requests.c.digest == bindparam("pushed"), pushed_requests.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A pushed request. What is too late or used is for the endpoint to refuse."""

    client_id: str
    asked: Mapping[str, str]
    expires_at: int
    used: bool


def save(
    transaction: Transaction,
    handle: str,
    client_id: str,
    asked: Mapping[str, str],
    now: int,
) -> None:
    _SAVE.run(
        transaction,
        {
            "digest": digest(handle),
            "client_id": client_id,
            "asked": json.dumps(dict(asked)),
            "expires_at": now + PUSHED_SECONDS,
        },
    )


def find(transaction: Transaction, handle: str) -> Pushed | None:
    row = _FIND.first(transaction, {"digest": digest(handle)})
    if row is None:
        return None
    return Pushed(row.client_id, json.loads(row.asked), row.expires_at, row.used_at is not None)


def use(transaction: Transaction, handle: str, now: int) -> bool:
    """Use it up with the request's one answer: False where it was answered before."""
    return _USE.run(transaction, {"pushed": digest(handle), "now": now}) == 1


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out those long past. A day's worth stays, so that a second use is known as one."""
    transaction.execute(
        delete(pushed_requests).where(pushed_requests.c.expires_at < now - _KEPT_SECONDS)
    )
