"""Refresh tokens, by the digest of their handle."""

from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from core.database import Transaction
from core.statements import Prepared
from idp.rules.refresh_grant import RefreshToken
from idp.rules.tokens import Grant
from idp.store import grants
from idp.store.tables import refresh_tokens
from keys.handles import digest
from keys.sealing import Sealer

_KEPT_SECONDS: Final = 86_400

_SAVE = Prepared(insert(refresh_tokens))
_FIND = Prepared(
    select(refresh_tokens).where(
        refresh_tokens.c.digest == bindparam("digest"),
        refresh_tokens.c.client_id == bindparam("client_id"),
    )
)
_ROTATE = Prepared(
    update(refresh_tokens)
    .where(refresh_tokens.c.digest == bindparam("old"), refresh_tokens.c.used_at.is_(None))
    .values(used_at=bindparam("now"), successor=bindparam("sealed"))
)
_EXTEND = Prepared(
    update(refresh_tokens)
    .where(refresh_tokens.c.digest == bindparam("kept"))
    .values(expires_at=bindparam("until"))
)


def save(transaction: Transaction, handle: str, grant: Grant, now: int, expires_at: int) -> None:
    _SAVE.run(
        transaction,
        {
            "digest": digest(handle),
            "grant_id": grant.grant_id,
            "client_id": grant.client_id,
            "issued_at": now,
            "expires_at": expires_at,
        },
    )


def find(transaction: Transaction, handle: str, client_id: str) -> RefreshToken | None:
    """The client's token, unless its grant was revoked."""
    row = _FIND.first(transaction, {"digest": digest(handle), "client_id": client_id})
    grant = grants.find_live(transaction, row.grant_id) if row else None
    return (
        RefreshToken(grant, row.expires_at, row.used_at, row.successor) if row and grant else None
    )


def rotate(
    transaction: Transaction,
    sealer: Sealer,
    handle: str,
    successor: str,
    found: RefreshToken,
    now: int,
    expires_at: int,
) -> bool:
    """Use the token up, once, for its successor: False where another request did."""
    sealed = sealer.seal(successor.encode(), _context(handle))
    if _ROTATE.run(transaction, {"old": digest(handle), "now": now, "sealed": sealed}) == 0:
        return False
    save(transaction, successor, found.grant, now, expires_at)
    return True


def extend(transaction: Transaction, handle: str, expires_at: int) -> None:
    """A token that is kept lives on by being used."""
    _EXTEND.run(transaction, {"kept": digest(handle), "until": expires_at})


def open_successor(sealer: Sealer, handle: str, sealed: bytes) -> str:
    """What a token was rotated into."""
    return sealer.open(sealed, _context(handle)).decode()


def find_grant(transaction: Transaction, handle: str, client_id: str) -> str | None:
    """The grant that a client's token belongs to, whatever became of either."""
    row = _FIND.first(transaction, {"digest": digest(handle), "client_id": client_id})
    return None if row is None else str(row.grant_id)


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out tokens long expired."""
    transaction.execute(
        delete(refresh_tokens).where(refresh_tokens.c.expires_at < now - _KEPT_SECONDS)
    )


def _context(handle: str) -> str:
    return f"successor of refresh token {digest(handle).hex()}"
