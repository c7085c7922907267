"""RP-Initiated Logout 1.0: the person confirms, the session ends, its grants with it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from clients.rules import redirect_uri
from clients.rules.client import LogoutChannels
from clients.rules.redirect_uri import ReplyTo
from clients.store.clients import Registered
from core.database import Transaction
from core.errors import Refusal, reason
from idp.rules import parameters
from idp.store import sessions
from idp.store.logout import SignedOut, end_session
from idp.web import browser, outbox, refusals
from idp.web.context import Context
from keys.jose import verify
from keys.segments import JoseError

HINT_REFUSED = reason(
    "logout_hint_refused",
    "invalid_request",
    400,
    "id_token_hint is not an ID token that this provider issued, or not to the client_id sent.",
    "RP-Initiated Logout 2, 4",
)
CLIENT_UNIDENTIFIED = reason(
    "logout_client_unidentified",
    "invalid_request",
    400,
    "post_logout_redirect_uri needs an id_token_hint, or the client_id that registered it.",
    "RP-Initiated Logout 3",
)

_FORM = "logout"
_CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked logout request."""

    client: Registered | None
    reply_to: ReplyTo | None
    state: str | None
    hinted: bool


async def show(ctx: Context, request: Request) -> Response:
    """GET and POST /logout: ask the person; a client alone ends nobody's session."""
    if request.method == "POST":
        # Sent from another site, a form comes without our cookies (SameSite=Lax); a link has them.
        query = urlencode(await browser.read_form(request))
        return refusals.redirect(ctx.url(f"/logout?{query}"))
    asked_parameters = parameters.parse(request.scope["query_string"])
    asked = await _check(ctx, asked_parameters)
    lang = ctx.pages.language(request, asked_parameters.get("ui_locales", "").split())
    session = await ctx.ledger.read(sessions.find, browser.session_handle(ctx, request))
    if session is None:
        return await _done(ctx, request, asked, lang, ())
    handle = browser.know_browser(ctx, request)
    page = ctx.pages.render(
        "logout.html",
        request,
        lang=lang,
        forms_to=(asked.reply_to.origin,) if asked.reply_to else (),
        action="/logout/confirm",
        csrf=browser.csrf(handle, _FORM),
        client=browser.shown(asked.client, lang),
        carried={name: asked_parameters[name] for name in _CARRIED if name in asked_parameters},
    )
    return browser.keep_browser(ctx, page, handle)


async def confirm(ctx: Context, request: Request) -> Response:
    """POST /logout/confirm: the person's answer."""
    fields = await browser.read_form(request)
    browser.check_csrf(ctx, request, fields, _FORM)
    asked = await _check(ctx, {name: value for name, value in fields.items() if value})
    if fields.get("decision") == "stay":
        return refusals.redirect(ctx.url("/account"))
    handle = browser.session_handle(ctx, request)
    signed_out = await ctx.ledger.write(_end, handle, ctx.clock.now())
    outbox.deliver_soon(ctx)
    lang = ctx.pages.language(request)
    page = await _done(ctx, request, asked, lang, signed_out)
    return browser.drop_session(ctx, page)


async def signed_out(ctx: Context, request: Request) -> Response:
    """GET /logout/confirm: the page after a sign-out, read again or in the other language."""
    return await _done(
        ctx, request, Asked(None, None, None, hinted=False), ctx.pages.language(request), ()
    )


def _end(transaction: Transaction, handle: str | None, now: int) -> tuple[SignedOut, ...]:
    """The clients that the ended session was used at."""
    session = sessions.find(transaction, handle)
    return () if session is None else end_session(transaction, session.session_id, now)


async def _done(
    ctx: Context,
    request: Request,
    asked: Asked,
    lang: str,
    signed_out: tuple[SignedOut, ...],
) -> Response:
    """Back to the client that sent a hint; one that only named itself is offered as a link.
    Where clients are told by the browser (Front-Channel Logout 3), a page of ours comes first."""
    found = [(out, await ctx.registry.find(out.client_id)) for out in signed_out]
    frames = [
        front_channel(ctx.issuer, registered.client.logout, out.sid)
        for out, registered in found
        if registered and registered.client.logout.frontchannel_uri
    ]
    return_url = None
    if asked.reply_to is not None:
        state = {} if asked.state is None else {"state": asked.state}
        return_url = asked.reply_to.with_parameters(state)
        if asked.hinted and not frames:
            return refusals.redirect(return_url)
    return ctx.pages.render(
        "logged_out.html",
        request,
        lang=lang,
        frames=frames,
        frames_from=sorted({browser.origin(frame) for frame in frames}),
        clients=[registered.client.name(lang) for _, registered in found if registered],
        return_url=return_url,
        returns=asked.hinted,
    )


def front_channel(issuer: str, channels: LogoutChannels, sid: str) -> str:
    """The address to load in a frame (Front-Channel Logout 2, 3)."""
    uri = channels.frontchannel_uri or ""
    if not channels.frontchannel_session_required:
        return uri
    joint = "&" if "?" in uri else "?"
    return f"{uri}{joint}{urlencode({'iss': issuer, 'sid': sid})}"


async def _check(ctx: Context, asked: dict[str, str]) -> Asked:
    """RP-Initiated Logout 2 and 3; raises Refusal."""
    hinted = _hinted_client(ctx, asked)
    client_id = hinted or asked.get("client_id")
    registered = await ctx.registry.find(client_id) if client_id else None
    uri = asked.get("post_logout_redirect_uri")
    if uri is not None and registered is None:
        raise Refusal(CLIENT_UNIDENTIFIED, client_id or "")
    reply_to = redirect_uri.check_post_logout(uri, registered.client) if registered else None
    return Asked(registered, reply_to, asked.get("state"), hinted=hinted is not None)


def _hinted_client(ctx: Context, asked: dict[str, str]) -> str | None:
    """Whom the hint was issued to. An expired one still says that (RP-Initiated Logout 4)."""
    hint = asked.get("id_token_hint")
    if hint is None:
        return None
    try:
        claims = verify(hint, ctx.own_keys(), {"ES256", "RS256", "PS256"}, {"jwt"})
    except JoseError as error:
        raise Refusal(HINT_REFUSED, str(error)) from error
    if claims.get("iss") != ctx.issuer or asked.get("client_id", claims["aud"]) != claims["aud"]:
        raise Refusal(HINT_REFUSED, "of another issuer or client")
    if "sub" not in claims:  # an answer of /authorize, which we sign too (JARM 2.1)
        raise Refusal(HINT_REFUSED, "not an ID token")
    return str(claims["aud"])
