"""The UserInfo endpoint (OIDC Core 5.3)."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from clients.rules.client import Client
from core.database import Transaction
from core.serving import Answer, Asked
from idp.rules import claims
from idp.rules.tokens import Grant
from idp.store import citizens, grants
from idp.web import bearer, protection
from idp.web.bearer import SCOPE_INSUFFICIENT, TOKEN_REFUSED, Opened
from idp.web.context import Context
from keys.encryption import encrypt

_JSON: Final = b"application/json"
_JWT: Final = b"application/jwt"
_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def userinfo(ctx: Context, asked: Asked) -> Answer:
    """GET and POST /userinfo."""
    opened = bearer.find(ctx, asked, "/userinfo")
    # A proof is used up, which is a write; a plain token is only looked at.
    ask = ctx.ledger.read if opened.proof is None else ctx.ledger.write
    grant, scope, person = await ask(_gather, ctx, asked, opened, ctx.clock.now())
    wanted = claims.for_userinfo(scope, claims.parse(grant.claims or None))
    body = {**claims.release(person, wanted, grant.claims_locales), "sub": grant.sub}
    return await _answer(ctx, await _client(ctx, grant), body)


async def _client(ctx: Context, grant: Grant) -> Client:
    registered = await ctx.registry.find(grant.client_id)
    if registered is None:
        raise bearer.refuse(ctx, TOKEN_REFUSED, "its client is no more")
    return registered.client


async def _answer(ctx: Context, client: Client, body: dict[str, Any]) -> Answer:
    """As the client registered it: plain, signed, encrypted, or signed and then encrypted (OIDC
    Core 5.3.2)."""
    signed_by, encryption = client.userinfo_signed_response_alg, client.userinfo_encryption
    reader = await protection.reader(ctx, client, encryption)
    answer = orjson.dumps(body)
    if signed_by is not None:
        claims_set = {**body, "iss": ctx.issuer, "aud": client.client_id}
        answer = ctx.signer(signed_by).sign(claims_set).encode()
    if reader is not None:
        answer = encrypt(answer, reader, nested=signed_by is not None).encode()
    plain = signed_by is None and reader is None
    return Answer(200, answer, _JSON if plain else _JWT, _NO_STORE)


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
