"""A request that a client sends by itself: a form, and proof of who sends it."""

from collections.abc import Mapping
from typing import Final

from clients.rules import authentication
from clients.rules.authentication import (
    CLIENT_AUTHENTICATION_TWICE,
    Authenticated,
)
from core.errors import Refusal, reason
from core.serving import Asked
from idp.rules import parameters
from idp.web.context import Context
from keys.jose import VerificationKey, unverified_kid

FORM_EXPECTED = reason(
    "form_expected",
    "invalid_request",
    400,
    "Send the parameters in the body as application/x-www-form-urlencoded.",
    "RFC 6749 §3.2",
)

_FORM: Final = "application/x-www-form-urlencoded"


def parse_form(asked: Asked) -> tuple[dict[str, str], tuple[str, ...]]:
    """The body's parameters, and its `resource` ones, of which there may be several (RFC 8707);
    raises Refusal."""
    content_type = (asked.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != _FORM:
        raise Refusal(FORM_EXPECTED, content_type[:80])
    return parameters.parse_with_resources(asked.body)


async def authenticate(
    ctx: Context, asked: Asked, form: Mapping[str, str], path: str
) -> Authenticated:
    """Who sends this request; raises Refusal."""
    authorization = asked.headers(b"authorization")
    if len(authorization) > 1:
        raise Refusal(CLIENT_AUTHENTICATION_TWICE, "several Authorization headers")
    presented = authentication.parse_presented(authorization[0] if authorization else None, form)
    registered = await ctx.registry.find(presented.client_id)
    client = registered.client if registered else None
    keys: tuple[VerificationKey, ...] = ()
    if client is not None and presented.assertion:
        keys = await ctx.client_keys.of(client, unverified_kid(presented.assertion))
    return authentication.check(presented, client, keys, ctx.issuer, ctx.url(path), ctx.clock.now())
