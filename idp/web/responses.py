"""How the answer of /authorize travels: in the query, by a form, or signed (JARM)."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from clients.rules.client import Client, ResponseMode
from clients.rules.redirect_uri import ReplyTo
from core.errors import Reason, Refusal
from core.serving import log_refusal
from idp.web import refusals
from idp.web.context import Context

JARM_SECONDS: Final = 600
"""Life of a signed answer (JARM 2.1 advises at most ten minutes)."""

_BY_FORM: Final = frozenset({ResponseMode.FORM_POST, ResponseMode.FORM_POST_JWT})
_PLAIN: Final = frozenset({ResponseMode.QUERY, ResponseMode.FORM_POST})


def error(
    ctx: Context,
    request: Request,
    reply_to: ReplyTo,
    client: Client,
    asked: Mapping[str, str],
    why: Reason,
) -> Response:
    """RFC 6749 §4.1.2.1."""
    log_refusal(Refusal(why), request.scope.get("state", {}).get("request_id", ""))
    answer = {"error": why.error, "error_description": f"{why.code}: {why.hint}"}
    return send(ctx, request, reply_to, client, asked, answer)


def send(
    ctx: Context,
    request: Request,
    reply_to: ReplyTo,
    client: Client,
    asked: Mapping[str, str],
    answer: dict[str, str],
) -> Response:
    """Add `iss` (RFC 9207 §2) and `state`, and send the person back."""
    if "state" in asked:
        answer["state"] = asked["state"]
    answer["iss"] = ctx.issuer
    mode = _mode(client, asked)
    if mode not in _PLAIN:
        answer = {"response": _signed(ctx, client, answer)}
    if mode in _BY_FORM:
        return ctx.pages.render(
            "form_post.html",
            request,
            lang=ctx.pages.language(request, asked.get("ui_locales", "").split()),
            forms_to=(reply_to.origin,),
            action=reply_to.uri,
            fields=answer,
        )
    return refusals.redirect(reply_to.with_parameters(answer))


def _mode(client: Client, asked: Mapping[str, str]) -> ResponseMode:
    """What was asked for, where the client may have it; else its own way."""
    for mode in client.response_modes:
        if asked.get("response_mode") == mode:
            return mode
    return ResponseMode.QUERY if ResponseMode.QUERY in client.response_modes else ResponseMode.JWT


def _signed(ctx: Context, client: Client, answer: dict[str, str]) -> str:
    """JARM 2.1."""
    now = ctx.clock.now()
    claims = {**answer, "aud": client.client_id, "exp": now + JARM_SECONDS, "iat": now}
    return ctx.signer(client.authorization_signed_response_alg).sign(claims)
