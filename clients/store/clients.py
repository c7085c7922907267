"""The registered clients, with the digests of their secrets."""

import json
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, delete, insert, select, update

from clients.rules.agency import Agency
from clients.rules.client import Client, Secret
from clients.rules.metadata import parse
from clients.rules.redirect_uri import origins
from clients.store.tables import agencies, client_secrets, clients
from core.audit import kind, record
from core.database import Transaction

CLIENT_SAVED = kind("operator:client:save", "A client was added or changed.", "client_id")
SECRET_ROTATED = kind(
    "operator:client:rotate_secret",
    "A client was given another secret; its old ones end.",
    "client_id",
)

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
    """Add the client, or replace what is registered. Its secrets are those that it has from now
    on, and no others."""
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
    wanted = {secret.digest for secret in client.secrets}
    known = {row.digest for row in transaction.execute(_SECRETS, {"client_id": client.client_id})}
    if known - wanted:
        transaction.execute(
            delete(client_secrets).where(
                client_secrets.c.client_id == client.client_id,
                client_secrets.c.digest.not_in(wanted),
            )
        )
    for secret in client.secrets:
        if secret.digest not in known:
            _insert_secret(transaction, client.client_id, secret, now)
    record(transaction, CLIENT_SAVED, actor=actor, now=now, client_id=client.client_id)


def rotate_secret(
    transaction: Transaction,
    client_id: str,
    secret: Secret,
    old_until: int,
    now: int,
    *,
    actor: str,
) -> None:
    """Give the client another secret; those that it has are good until `old_until` at most."""
    expires_at = client_secrets.c.expires_at
    of_client = client_secrets.c.client_id == client_id
    transaction.execute(
        update(client_secrets)
        .where(of_client, expires_at.is_(None) | (expires_at > old_until))
        .values(expires_at=old_until)
    )
    transaction.execute(delete(client_secrets).where(of_client, expires_at <= now))
    _insert_secret(transaction, client_id, secret, now)
    record(transaction, SECRET_ROTATED, actor=actor, now=now, client_id=client_id)


def _insert_secret(transaction: Transaction, client_id: str, secret: Secret, now: int) -> None:
    row = {
        "digest": secret.digest,
        "client_id": client_id,
        "created_at": now,
        "expires_at": secret.expires_at,
    }
    transaction.execute(insert(client_secrets), row)


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


def find_origins_of_pages(transaction: Transaction) -> frozenset[str]:
    """Where public clients have pages: their redirect URIs' origins."""
    documents = (
        json.loads(text) for text in transaction.execute(select(clients.c.metadata)).scalars()
    )
    public = (one for one in documents if one.get("token_endpoint_auth_method") == "none")
    return origins(uri for one in public for uri in one.get("redirect_uris", ()))
