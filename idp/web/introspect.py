"""Token introspection (RFC 7662), signed where asked for (RFC 9701)."""

from typing import Any, Final

import orjson

from clients.rules.authentication import CLIENT_AUTHENTICATION_MISSING
from clients.rules.client import Client
from core.database import Transaction
from core.errors import Refusal
from core.serving import Answer, Asked
from idp.grants.exchange import take_proofs
from idp.rules import introspection
from idp.rules.introspection import INACTIVE, TOKEN_PARAMETER_MISSING
from idp.store import access_tokens, grants, refresh_tokens
from idp.web import bearer, client_request
from idp.web.context import Context
from keys.signer import Algorithm

_SIGNED: Final = "application/token-introspection+jwt"
_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def introspect(ctx: Context, asked: Asked) -> Answer:
    """POST /introspect."""
    form, _ = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/introspect")
    client = authenticated.client
    if client.public:  # RFC 7662 §2.1: nobody may try tokens out
        raise Refusal(CLIENT_AUTHENTICATION_MISSING, client.client_id)
    if "token" not in form:
        raise Refusal(TOKEN_PARAMETER_MISSING)
    token, now = form["token"], ctx.clock.now()
    own = bearer.own_claims(ctx, token)

    def look(transaction: Transaction) -> dict[str, Any]:
        return _look(transaction, token, own, client, now)

    if authenticated.assertion_jti is None:
        answer = await ctx.ledger.read(look)
    else:
        refused = await ctx.ledger.write(take_proofs, authenticated, None)
        if refused is not None:
            raise Refusal(refused, client.client_id)
        answer = await ctx.ledger.read(look)
    if client.introspection_signed_response_alg is None and _SIGNED not in (
        asked.header(b"accept") or ""
    ):
        return Answer(200, orjson.dumps(answer), headers=_NO_STORE)
    claims = {
        "iss": ctx.issuer,
        "aud": client.client_id,
        "iat": now,
        "token_introspection": answer,
    }
    signer = ctx.signer(client.introspection_signed_response_alg or Algorithm.ES256)
    signed = signer.sign(claims, "token-introspection+jwt")
    return Answer(200, signed.encode(), _SIGNED.encode(), _NO_STORE)


def _look(
    transaction: Transaction, token: str, own: dict[str, Any] | None, client: Client, now: int
) -> dict[str, Any]:
    """What the token is, as far as this client may know."""
    claims = own or access_tokens.find(transaction, token)
    if claims is None:
        return _look_at_refresh_token(transaction, token, client, now)
    if claims["exp"] <= now or not introspection.may_know(client, claims):
        return INACTIVE
    if access_tokens.is_revoked(transaction, claims):
        return INACTIVE
    grant_id = claims.get("grant_id")
    if grant_id is not None and grants.find_live(transaction, grant_id) is None:
        return INACTIVE
    return introspection.of_access_token(claims)


def _look_at_refresh_token(
    transaction: Transaction, token: str, client: Client, now: int
) -> dict[str, Any]:
    """A refresh token is nobody's business but its client's."""
    found = refresh_tokens.find(transaction, token, client.client_id)
    if found is None or found.used_at is not None or found.expires_at <= now:
        return INACTIVE
    return introspection.of_refresh_token(found)
