"""Opaque access tokens, and single tokens that were revoked before their time (RFC 7009)."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from idp.rules.token_exchange import LINEAGE
from idp.store.tables import access_tokens, revoked_tokens
from keys.handles import digest

_REVOKE = {
    "sqlite": sqlite.insert(revoked_tokens).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(revoked_tokens).on_conflict_do_nothing(),
}


def save(transaction: Transaction, handle: str, claims: dict[str, Any], grant_id: str) -> None:
    """Keep what an opaque token stands for: what a JWT would say itself (RFC 9068 §2.2)."""
    transaction.execute(
        insert(access_tokens),
        {
            "digest": digest(handle),
            "jti": claims["jti"],
            "grant_id": grant_id,
            "claims": json.dumps(claims, ensure_ascii=False),
            "expires_at": claims["exp"],
        },
    )


def find(transaction: Transaction, handle: str) -> dict[str, Any] | None:
    """What an opaque token stands for, revoked or not."""
    found = transaction.execute(
        select(access_tokens.c.claims).where(access_tokens.c.digest == digest(handle))
    ).scalar_one_or_none()
    return None if found is None else dict(json.loads(found))


def revoke(transaction: Transaction, jti: str, expires_at: int) -> None:
    """End one token. Revoking it twice changes nothing."""
    row = {"jti": jti, "expires_at": expires_at}
    transaction.execute(_REVOKE[transaction.dialect.name], row)


def is_revoked(transaction: Transaction, claims: Mapping[str, Any]) -> bool:
    """Whether the token was revoked, or one that it was exchanged from."""
    lineage = (claims["jti"], *claims.get(LINEAGE, ()))
    revoked = select(revoked_tokens.c.jti).where(revoked_tokens.c.jti.in_(lineage))
    return transaction.execute(revoked).first() is not None


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out what has expired by itself."""
    for table in (access_tokens, revoked_tokens):
        transaction.execute(delete(table).where(table.c.expires_at < now))
