"""Opaque access tokens, and single tokens that were revoked before their time (RFC 7009)."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select

from core.database import Transaction
from core.statements import Prepared
from idp.rules.token_exchange import LINEAGE
from idp.store.tables import access_tokens, revoked_tokens
from keys.handles import digest

_SAVE = Prepared(insert(access_tokens))
_FIND = Prepared(
    select(access_tokens.c.claims).where(access_tokens.c.digest == bindparam("digest"))
)
_REVOKE = Prepared.upsert(lambda insert: insert(revoked_tokens).on_conflict_do_nothing())
_FIND_REVOKED = Prepared(
    select(revoked_tokens.c.jti).where(revoked_tokens.c.jti == bindparam("jti"))
)


def save(transaction: Transaction, handle: str, claims: dict[str, Any], grant_id: str) -> None:
    """Keep what an opaque token stands for: what a JWT would say itself (RFC 9068 §2.2)."""
    _SAVE.run(
        transaction,
        {
            "digest": digest(handle),
            "jti": claims["jti"],
            "grant_id": grant_id,
            "claims": orjson.dumps(claims).decode(),
            "expires_at": claims["exp"],
        },
    )


def find(transaction: Transaction, handle: str) -> dict[str, Any] | None:
    """What an opaque token stands for, revoked or not."""
    found = _FIND.first(transaction, {"digest": digest(handle)})
    return None if found is None else dict(orjson.loads(found.claims))


def revoke(transaction: Transaction, jti: str, expires_at: int) -> None:
    """End one token. Revoking it twice changes nothing."""
    _REVOKE.run(transaction, {"jti": jti, "expires_at": expires_at})


def is_revoked(transaction: Transaction, claims: Mapping[str, Any]) -> bool:
    """Whether the token was revoked, or one that it was exchanged from."""
    lineage = (claims["jti"], *claims.get(LINEAGE, ()))
    return any(_FIND_REVOKED.first(transaction, {"jti": jti}) for jti in lineage)


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out what has expired by itself."""
    for table in (access_tokens, revoked_tokens):
        transaction.execute(delete(table).where(table.c.expires_at < now))
