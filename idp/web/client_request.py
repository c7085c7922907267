"""A request that a client sends by itself: a form, and proof of who sends it."""

from collections.abc import Mapping
from typing import Final

from clients.rules import authentication, certificate
from clients.rules.authentication import (
    CLIENT_AUTHENTICATION_TWICE,
    Authenticated,
    Presented,
)
from clients.rules.client import Client
from core.errors import Refusal, reason
from core.serving import Asked
from idp.rules import parameters
from idp.web.context import Context
from keys.jose import VerificationKey

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
    presented = authentication.parse_presented(
        authorization[0] if authorization else None, form, asked.certificate
    )
    registered = await ctx.registry.find(presented.client_id)
    client = registered.client if registered else None
    return authentication.check(
        presented,
        client,
        await _keys(ctx, client, presented),
        ctx.issuer,
        # The token endpoint's address names us at the others too (RFC 9126 §2, CIBA Core 7.1).
        {*ctx.addresses(path), *ctx.addresses("/token")},
        ctx.clock.now(),
        anchors=ctx.tls_client_ca,
    )


async def _keys(
    ctx: Context, client: Client | None, presented: Presented
) -> tuple[VerificationKey, ...]:
    """The client's keys, as far as they matter here."""
    if client is None:
        return ()
    if presented.assertion is not None:
        return await ctx.client_keys.of(client, presented.assertion.kid)
    if presented.certificate is not None and client.by_certificate:
        public_key = certificate.parse(presented.certificate).public_key()
        return await ctx.client_keys.of(client, public_key=public_key)
    return ()
