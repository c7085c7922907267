"""The inspector: tells developers what is wrong with what they send. It asks nobody, keeps nothing,
and writes nothing down."""

from starlette.requests import Request
from starlette.responses import Response

from clients.rules.client import Client
from core.errors import Refusal
from idp.rules import inspection, pasted
from idp.rules.inspection import Report, Us
from idp.web import browser
from idp.web.context import Context
from keys.jose import VerificationKey


async def show(ctx: Context, request: Request) -> Response:
    """GET /inspector."""
    return _page(ctx, request, None, empty=False)


async def inspect(ctx: Context, request: Request) -> Response:
    """POST /inspector."""
    try:
        fields = await browser.read_form(request)
    except Refusal as refusal:  # whose own words could repeat what was pasted, in the log
        raise Refusal(refusal.reason) from None
    text = fields.get("pasted", "")
    if not text.strip():
        return _page(ctx, request, None, empty=True)
    found = pasted.recognise(text, ctx.issuer)
    registered = await ctx.registry.find(found.client_id)
    client = registered.client if registered else None
    us = Us(ctx.issuer, ctx.addresses, ctx.own_keys())
    report = inspection.inspect(found, client, _known_keys(ctx, client), us, ctx.clock.now())
    return _page(ctx, request, report, empty=False)


def _known_keys(ctx: Context, client: Client | None) -> tuple[VerificationKey, ...] | None:
    """The client's keys as far as they are here."""
    return None if client is None else ctx.client_keys.known(client)


def _page(ctx: Context, request: Request, report: Report | None, *, empty: bool) -> Response:
    lang = ctx.pages.language(request)
    return ctx.pages.render("inspector.html", request, lang=lang, report=report, empty=empty)
