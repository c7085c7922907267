"""The UserInfo endpoint (OIDC Core 5.3) and the bearer tokens that open it (RFC 6750)."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from core.database import Transaction
from core.errors import Reason, Refusal, reason
from core.serving import Answer, Asked
from idp.rules import claims, parameters, tokens
from idp.rules.tokens import Grant
from idp.store import citizens, grants
from idp.web.context import Context
from keys.jose import JoseError, verify
from keys.signer import Algorithm

TOKEN_MISSING = reason(
    "access_token_missing",
    "invalid_request",
    401,
    "Send the access token in the Authorization header: Bearer, a space, the token.",
    "RFC 6750 §2.1",
)
TOKEN_TWICE = reason(
    "access_token_twice",
    "invalid_request",
    400,
    "Send the access token in one place, and never in the query.",
    "RFC 6750 §2, RFC 9700 §4.3.2",
)
TOKEN_REFUSED = reason(
    "access_token_refused",
    "invalid_token",
    401,
    "The access token is not one of ours for this endpoint, has expired, or was revoked.",
    "RFC 6750 §3.1, RFC 9068 §4",
)
SCOPE_INSUFFICIENT = reason(
    "scope_insufficient",
    "insufficient_scope",
    403,
    "The access token was not granted openid.",
    "RFC 6750 §3.1",
)

_FORM: Final = b"application/x-www-form-urlencoded"
_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def userinfo(ctx: Context, asked: Asked) -> Answer:
    """GET and POST /userinfo."""
    token = _find_token(ctx, asked)
    verified = _check_token(ctx, token)
    found = await ctx.ledger.read(_gather, verified.get("grant_id", ""))
    if found is None:
        raise _refuse(ctx, TOKEN_REFUSED, "revoked")
    grant, person = found
    wanted = claims.for_userinfo(grant.scope, claims.parse(grant.claims or None))
    body = {**claims.release(person, wanted, grant.claims_locales), "sub": grant.sub}
    return Answer(200, orjson.dumps(body), headers=_NO_STORE)


def _gather(transaction: Transaction, grant_id: str) -> tuple[Grant, Mapping[str, Any]] | None:
    grant = grants.find_live(transaction, grant_id)
    citizen = citizens.find(transaction, grant.citizen_id) if grant else None
    return (grant, citizen.claims) if grant and citizen and citizen.active else None


def _find_token(ctx: Context, asked: Asked) -> str:
    """RFC 6750 §2.1 and §2.2; the query (§2.3) is refused."""
    authorization = asked.headers(b"authorization")
    in_query = b"access_token=" in asked.query
    in_body = ""
    if (asked.header(b"content-type") or "").encode("latin-1").startswith(_FORM):
        in_body = parameters.parse(asked.body).get("access_token", "")
    if in_query or len(authorization) + bool(in_body) > 1:
        raise _refuse(ctx, TOKEN_TWICE)
    if in_body:
        return in_body
    scheme, _, token = (authorization[0] if authorization else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _refuse(ctx, TOKEN_MISSING)
    return token.strip()


def _check_token(ctx: Context, token: str) -> dict[str, Any]:
    """RFC 9068 §4."""
    try:
        verified = verify(
            token, ctx.own_keys(), {Algorithm.ES256.value}, {tokens.ACCESS_TOKEN_TYPE}
        )
    except JoseError as error:
        raise _refuse(ctx, TOKEN_REFUSED, str(error)) from error
    audience = verified["aud"] if isinstance(verified["aud"], list) else [verified["aud"]]
    if verified["iss"] != ctx.issuer or ctx.issuer not in audience:
        raise _refuse(ctx, TOKEN_REFUSED, "for another audience")
    if verified["exp"] <= ctx.clock.now():
        raise _refuse(ctx, TOKEN_REFUSED, "expired")
    if "openid" not in verified["scope"].split():
        raise _refuse(ctx, SCOPE_INSUFFICIENT)
    return verified


def _refuse(ctx: Context, reason: Reason, debug: str = "") -> Refusal:
    """RFC 6750 §3: a request without a token is told the scheme and nothing more."""
    challenge = f'Bearer realm="{ctx.issuer}"'
    if reason is not TOKEN_MISSING:
        challenge += f', error="{reason.error}", error_description="{reason.hint}"'
    return Refusal(reason, debug, {"WWW-Authenticate": challenge})
