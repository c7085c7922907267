"""The people: who they are, what may be told of them, and how they prove it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from core.audit import kind, record
from core.database import Transaction
from core.statements import Prepared
from idp.rules.credentials import username_key
from idp.store.tables import citizens, credentials

CITIZEN_SAVED = kind("operator:citizen:save", "A person was added or changed.", "citizen_id")

ACTIVE = "active"
PASSWORD = "password"
TOTP = "totp"

_BY_USERNAME = Prepared(
    select(citizens).where(citizens.c.username_key == bindparam("username_key"))
)
_BY_ID = Prepared(select(citizens).where(citizens.c.citizen_id == bindparam("citizen_id")))


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person. `claims` may be released with consent; `register` never leaves."""

    citizen_id: str
    username: str
    status: str
    level: int
    claims: Mapping[str, Any]
    register: Mapping[str, Any]

    @property
    def active(self) -> bool:
        return self.status == ACTIVE


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret of a person: an argon2id hash, or a sealed TOTP key with its newest used step."""

    kind: str
    secret: bytes


def save(transaction: Transaction, citizen: Citizen, now: int, *, actor: str) -> str:
    """Add the person, or change what is known of the one with that user name; returns the id,
    which stays what it was."""
    key = username_key(citizen.username)
    values = {
        "username": citizen.username,
        "username_key": key,
        "status": citizen.status,
        "level": citizen.level,
        "claims": orjson.dumps(citizen.claims).decode(),
        "register": orjson.dumps(citizen.register).decode(),
        "updated_at": now,
    }
    found = find_by_username(transaction, citizen.username)
    citizen_id = found.citizen_id if found else citizen.citizen_id
    if found:
        transaction.execute(
            update(citizens).where(citizens.c.citizen_id == citizen_id).values(values)
        )
    else:
        row = {"citizen_id": citizen_id, "created_at": now, **values}
        transaction.execute(insert(citizens), row)
    record(transaction, CITIZEN_SAVED, actor=actor, now=now, citizen_id=citizen_id)
    return citizen_id


def save_credential(
    transaction: Transaction, citizen_id: str, credential: Credential, now: int
) -> None:
    """Set the person's secret of that kind. A time step that was used stays used."""
    values = {"secret": credential.secret, "created_at": now}
    found = transaction.execute(
        update(credentials)
        .where(credentials.c.citizen_id == citizen_id, credentials.c.kind == credential.kind)
        .values(values)
    )
    if found.rowcount == 0:
        row = {"citizen_id": citizen_id, "kind": credential.kind, "last_step": 0, **values}
        transaction.execute(insert(credentials), row)


def find(transaction: Transaction, citizen_id: str) -> Citizen | None:
    return _citizen(_BY_ID.first(transaction, {"citizen_id": citizen_id}))


def find_by_username(transaction: Transaction, username: str) -> Citizen | None:
    key = username_key(username)
    return _citizen(_BY_USERNAME.first(transaction, {"username_key": key}))


def find_credentials(transaction: Transaction, citizen_id: str) -> dict[str, Credential]:
    """The person's secrets by kind."""
    rows = transaction.execute(select(credentials).where(credentials.c.citizen_id == citizen_id))
    return {row.kind: Credential(row.kind, row.secret) for row in rows}


def totp_context(citizen_id: str) -> str:
    """What a person's sealed TOTP key is bound to."""
    return f"totp {citizen_id}"


def take_totp_step(transaction: Transaction, citizen_id: str, step: int) -> bool:
    """Use a time step once (RFC 6238 §5.2): False where it, or a later one, was used before."""
    taken = transaction.execute(
        update(credentials)
        .where(
            credentials.c.citizen_id == citizen_id,
            credentials.c.kind == TOTP,
            credentials.c.last_step < step,
        )
        .values(last_step=step)
    )
    return taken.rowcount == 1


def _citizen(row: Any) -> Citizen | None:
    if row is None:
        return None
    return Citizen(
        row.citizen_id,
        row.username,
        row.status,
        row.level,
        orjson.loads(row.claims),
        orjson.loads(row.register),
    )
