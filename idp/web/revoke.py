"""Token revocation (RFC 7009): 200 whatever the token was, but only one's own is revoked."""

from typing import Any, Final

from core.audit import kind, record
from core.database import Transaction
from core.errors import Reason, Refusal
from core.serving import Answer, Asked
from idp.grants.exchange import take_proofs
from idp.rules.introspection import TOKEN_PARAMETER_MISSING
from idp.store import access_tokens, grants, refresh_tokens
from idp.web import bearer, client_request
from idp.web.context import Context

TOKEN_REVOKED = kind(
    "client:token:revoke", "A client revoked one access token of its own.", "client_id", "jti"
)

_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def revoke(ctx: Context, asked: Asked) -> Answer:
    """POST /revoke."""
    form, _ = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/revoke")
    if "token" not in form:
        raise Refusal(TOKEN_PARAMETER_MISSING)
    client_id, token = authenticated.client.client_id, form["token"]
    own = bearer.own_claims(ctx, token)

    def end(transaction: Transaction, now: int) -> Reason | None:
        refused = take_proofs(transaction, authenticated, None)
        if refused is None:
            _end(transaction, token, own, client_id, now)
        return refused

    refused = await ctx.ledger.write(end, ctx.clock.now())
    if refused is not None:
        raise Refusal(refused, client_id)
    return Answer(200, b"", headers=_NO_STORE)


def _end(
    transaction: Transaction, token: str, own: dict[str, Any] | None, client_id: str, now: int
) -> None:
    """A refresh token ends with its whole family (RFC 7009 §2.1), an access token alone."""
    claims = own or access_tokens.find(transaction, token)
    if claims is not None:
        if claims["client_id"] == client_id:
            jti = claims["jti"]
            access_tokens.revoke(transaction, jti, claims["exp"])
            record(
                transaction, TOKEN_REVOKED, actor=client_id, now=now, client_id=client_id, jti=jti
            )
        return
    grant_id = refresh_tokens.find_grant(transaction, token, client_id)
    if grant_id is not None:
        grants.revoke(transaction, grant_id, "revoked_by_client", now, actor=client_id)
