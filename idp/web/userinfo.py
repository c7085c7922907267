"""The UserInfo endpoint (OIDC Core 5.3)."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from core.database import Transaction
from core.serving import Answer, Asked
from idp.rules import claims
from idp.rules.tokens import Grant
from idp.store import citizens, grants
from idp.web import bearer
from idp.web.bearer import SCOPE_INSUFFICIENT, TOKEN_REFUSED, Opened
from idp.web.context import Context

_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def userinfo(ctx: Context, asked: Asked) -> Answer:
    """GET and POST /userinfo."""
    opened = bearer.find(ctx, asked, "/userinfo")
    # A proof is used up, which is a write; a plain token is only looked at.
    ask = ctx.ledger.read if opened.proof is None else ctx.ledger.write
    grant, scope, person = await ask(_gather, ctx, asked, opened, ctx.clock.now())
    wanted = claims.for_userinfo(scope, claims.parse(grant.claims or None))
    body = {**claims.release(person, wanted, grant.claims_locales), "sub": grant.sub}
    return Answer(200, orjson.dumps(body), headers=_NO_STORE)


def _gather(
    transaction: Transaction, ctx: Context, asked: Asked, opened: Opened, now: int
) -> tuple[Grant, tuple[str, ...], Mapping[str, Any]]:
    """The token's grant and its person, both alive, and its scope, which may be less than what
    was granted; raises Refusal."""
    token = bearer.open_token(transaction, ctx, asked, opened, now)
    scope = tuple(token["scope"].split())
    if "openid" not in scope:
        raise bearer.refuse(ctx, SCOPE_INSUFFICIENT)
    grant = grants.find_live(transaction, token.get("grant_id", ""))
    citizen = citizens.find(transaction, grant.citizen_id) if grant else None
    if grant is None or citizen is None or not citizen.active:
        raise bearer.refuse(ctx, TOKEN_REFUSED, "revoked")
    return grant, scope, citizen.claims
