"""The registered clients, with the digests of their secrets."""

import json
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, insert, select, update

from clients.rules.agency import Agency
from clients.rules.client import Client, Secret
from clients.rules.metadata import parse
from clients.store.tables import agencies, client_secrets, clients
from core.audit import kind, record
from core.database import Transaction

CLIENT_SAVED = kind("operator:client:save", "A client was added or changed.", "client_id")

_FIND = (
    select(clients, agencies.c.name_km, agencies.c.name_en)
    .join(agencies, agencies.c.agency_id == clients.c.agency_id)
    .where(clients.c.client_id == bindparam("client_id"))
)
_SECRETS = select(client_secrets).where(client_secrets.c.client_id == bindparam("client_id"))


@dataclass(frozen=True, slots=True)
class Registered:
    """A client and the agency behind it."""

    client: Client
    agency: Agency


def save(transaction: Transaction, client: Client, now: int, *, actor: str) -> None:
    """Add the client with its secrets, or replace what is registered."""
    values = {
        "agency_id": client.agency_id,
        "metadata": json.dumps(client.metadata, ensure_ascii=False),
        "updated_at": now,
    }
    found = transaction.execute(
        update(clients).where(clients.c.client_id == client.client_id).values(values)
    )
    if found.rowcount == 0:
        row = {"client_id": client.client_id, "created_at": now, **values}
        transaction.execute(insert(clients), row)
    kept = {row.digest for row in transaction.execute(_SECRETS, {"client_id": client.client_id})}
    for secret in client.secrets:
        if secret.digest not in kept:
            row = {
                "digest": secret.digest,
                "client_id": client.client_id,
                "created_at": now,
                "expires_at": secret.expires_at,
            }
            transaction.execute(insert(client_secrets), row)
    record(transaction, CLIENT_SAVED, actor=actor, now=now, client_id=client.client_id)


def find(transaction: Transaction, client_id: str) -> Registered | None:
    row = transaction.execute(_FIND, {"client_id": client_id}).first()
    if row is None:
        return None
    secrets = transaction.execute(_SECRETS, {"client_id": client_id})
    client = replace(
        parse(json.loads(row.metadata), client_id=client_id, agency_id=row.agency_id),
        secrets=tuple(Secret(secret.digest, secret.expires_at) for secret in secrets),
    )
    return Registered(client, Agency(row.agency_id, row.name_km, row.name_en))
