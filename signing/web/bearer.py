"""Who asks: the bearer of an access token of our provider (RFC 6750, RFC 9068)."""

from starlette.requests import Request

from core.errors import Refusal
from signing.rules import access_token, reasons
from signing.rules.access_token import Caller
from signing.web.context import Context


async def authenticate(ctx: Context, request: Request) -> Caller:
    """Who asks, by the one access token in the Authorization header (RFC 6750 §2.1)."""
    given = request.headers.getlist("authorization")
    if not given:
        raise Refusal(reasons.TOKEN_MISSING)
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(reasons.TOKEN_MISSING, f"scheme {scheme[:20]}")
    if len(given) > 1 or "access_token" in request.query_params:
        raise Refusal(reasons.TOKEN_REPEATED)
    claims = await ctx.provider.check(token.strip())
    return access_token.check(claims, ctx.issuer, ctx.url, ctx.clock.now())
