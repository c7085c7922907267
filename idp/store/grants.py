"""Grants and the codes that carry them. What descends from a grant dies with it."""

from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, insert, select, update

from core.audit import kind, record
from core.database import Transaction
from core.statements import Prepared
from idp.rules import authorization_details
from idp.rules.binding import Binding, load
from idp.rules.code_grant import Code
from idp.rules.tokens import CODE_SECONDS, Grant
from idp.store.tables import codes, grants, refresh_tokens
from keys.handles import digest

CODE_ISSUED = kind(
    "client:code:issue", "A code was issued to a client.", "client_id", "citizen_id", "grant_id"
)
TOKENS_ISSUED = kind(
    "client:token:issue",
    "Tokens were issued to a client.",
    "client_id",
    "grant_id",
    "grant_type",
    "jti",
)
GRANT_REVOKED = kind(
    "client:grant:revoke",
    "A grant and all its tokens were revoked.",
    "client_id",
    "grant_id",
    "cause",
)

_CODES_KEPT: Final = 86_400
_GRANTS_KEPT: Final = 7 * 86_400

_SAVE = Prepared(insert(grants))
_SAVE_CODE = Prepared(insert(codes))
_TAKE = Prepared(
    update(codes)
    .where(
        codes.c.digest == bindparam("wanted"),
        codes.c.client_id == bindparam("whose"),
        codes.c.used_at.is_(None),
        codes.c.expires_at > bindparam("now"),
    )
    .values(used_at=bindparam("now"))
    .returning(codes)
)
_FIND = Prepared(select(grants).where(grants.c.grant_id == bindparam("grant_id")))
_BIND = Prepared(
    update(grants)
    .where(grants.c.grant_id == bindparam("bound"))
    .values(binding=bindparam("binding"))
)


def save(transaction: Transaction, grant: Grant, now: int) -> None:
    """Store a grant."""
    _SAVE.run(
        transaction,
        {
            "grant_id": grant.grant_id,
            "client_id": grant.client_id,
            "citizen_id": grant.citizen_id,
            "session_id": grant.session_id,
            "sub": grant.sub,
            "sid": grant.sid,
            "scope": " ".join(grant.scope),
            "claims": grant.claims,
            "claims_locales": " ".join(grant.claims_locales),
            "level": grant.level,
            "amr": " ".join(grant.amr),
            "auth_time": grant.auth_time,
            "created_at": now,
            "resources": " ".join(grant.resources),
            "authorization_details": authorization_details.dump(grant.authorization_details),
            "binding": grant.binding.dump() if grant.binding else "",
            "offline": int(grant.offline),
        },
    )


def save_code(
    transaction: Transaction,
    grant: Grant,
    code: str,
    redirect_uri: str,
    code_challenge: str | None,
    nonce: str | None,
    now: int,
    *,
    dpop_jkt: str | None = None,
) -> None:
    """Store a grant with the code that its client will redeem."""
    save(transaction, grant, now)
    _SAVE_CODE.run(
        transaction,
        {
            "digest": digest(code),
            "grant_id": grant.grant_id,
            "client_id": grant.client_id,
            "redirect_uri": redirect_uri,
            "code_challenge": code_challenge,
            "nonce": nonce,
            "expires_at": now + CODE_SECONDS,
            "dpop_jkt": dpop_jkt,
        },
    )
    record(
        transaction,
        CODE_ISSUED,
        actor=grant.citizen_id,
        now=now,
        client_id=grant.client_id,
        citizen_id=grant.citizen_id,
        grant_id=grant.grant_id,
    )


def take_code(transaction: Transaction, code: str, client_id: str, now: int) -> Code | None:
    """Use the code, once, by the client that it was issued to; None where that can't be."""
    wanted = {"wanted": digest(code), "whose": client_id, "now": now}
    row = _TAKE.first(transaction, wanted)
    if row is None:
        return None
    grant = _FIND.first(transaction, {"grant_id": row.grant_id})
    return Code(
        _grant(grant),
        row.redirect_uri,
        row.code_challenge,
        row.nonce,
        row.dpop_jkt,
        grant.revoked_at is not None,
    )


def find_replayed(transaction: Transaction, code: str, client_id: str) -> str | None:
    """The grant of a code that this client has used before."""
    found = transaction.execute(
        select(codes.c.grant_id).where(
            codes.c.digest == digest(code),
            codes.c.client_id == client_id,
            codes.c.used_at.is_not(None),
        )
    ).scalar_one_or_none()
    return None if found is None else str(found)


def bind(transaction: Transaction, grant_id: str, binding: Binding) -> None:
    """Note the key that the grant's first tokens are bound to."""
    _BIND.run(transaction, {"bound": grant_id, "binding": binding.dump()})


def find_live(transaction: Transaction, grant_id: str) -> Grant | None:
    """The grant, unless it was revoked."""
    row = _FIND.first(transaction, {"grant_id": grant_id})
    return _grant(row) if row is not None and row.revoked_at is None else None


def revoke(transaction: Transaction, grant_id: str, cause: str, now: int, *, actor: str) -> None:
    """End the grant, and so every token that descends from it."""
    _record_revoked(
        transaction,
        update(grants)
        .where(grants.c.grant_id == grant_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=now),
        cause,
        now,
        actor,
    )


def revoke_of_client(transaction: Transaction, client_id: str, now: int) -> None:
    """End everything that was granted to a client that is no more."""
    _record_revoked(
        transaction,
        update(grants)
        .where(grants.c.client_id == client_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=now),
        "client_removed",
        now,
        client_id,
    )


def revoke_of_citizen(transaction: Transaction, citizen_id: str, cause: str, now: int) -> None:
    """End everything that a person granted."""
    _record_revoked(
        transaction,
        update(grants)
        .where(grants.c.citizen_id == citizen_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=now),
        cause,
        now,
        "operator",
    )


def revoke_of_session(
    transaction: Transaction, session_id: str, now: int, *, actor: str
) -> dict[str, str]:
    """End what was granted in a session that ends, but for offline access. Returns by which sub
    each client knew the person."""
    subs = transaction.execute(
        select(grants.c.client_id, grants.c.sub).where(grants.c.session_id == session_id)
    )
    known = {row.client_id: row.sub for row in subs}
    _record_revoked(
        transaction,
        update(grants)
        .where(
            grants.c.session_id == session_id,
            grants.c.offline == 0,
            grants.c.revoked_at.is_(None),
        )
        .values(revoked_at=now),
        "logout",
        now,
        actor,
    )
    return known


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out codes long dead (a day's worth stays, so that a replay is known as one), and
    grants that nothing can be asked of any more."""
    transaction.execute(delete(codes).where(codes.c.expires_at < now - _CODES_KEPT))
    alive = exists().where(
        refresh_tokens.c.grant_id == grants.c.grant_id, refresh_tokens.c.expires_at >= now
    )
    transaction.execute(delete(grants).where(grants.c.created_at < now - _GRANTS_KEPT, ~alive))


def _record_revoked(
    transaction: Transaction, statement: Any, cause: str, now: int, actor: str
) -> None:
    revoked = transaction.execute(statement.returning(grants.c.grant_id, grants.c.client_id)).all()
    for row in revoked:
        record(
            transaction,
            GRANT_REVOKED,
            actor=actor,
            now=now,
            client_id=row.client_id,
            grant_id=row.grant_id,
            cause=cause,
        )


def _grant(row: Any) -> Grant:
    return Grant(
        row.grant_id,
        row.client_id,
        row.citizen_id,
        row.session_id,
        row.sub,
        row.sid,
        tuple(row.scope.split()),
        row.claims,
        tuple(row.claims_locales.split()),
        row.level,
        tuple(row.amr.split()),
        row.auth_time,
        tuple(row.resources.split()),
        authorization_details.load(row.authorization_details),
        load(row.binding),
        bool(row.offline),
    )
