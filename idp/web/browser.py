"""The browser's side of a sign-in: two cookies, and the tokens that guard its forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from clients.store.clients import Registered
from core.errors import BODY_TOO_LARGE, MALFORMED_BODY, Refusal, reason
from core.serving import BODY_BYTES
from idp.rules import parameters
from idp.rules.interaction import ABSOLUTE_SECONDS
from idp.store import interactions
from idp.store.interactions import Flow
from idp.web.context import Context
from idp.web.refusals import redirect
from keys.handles import mac, new_handle, new_id, same

INTERACTION_LOST = reason(
    "interaction_lost",
    "invalid_request",
    400,
    "This sign-in was finished, took longer than 30 minutes, or was begun in another browser. Go "
    "back to the service and start again.",
    "RFC 9700 §4.7",
)
FORM_FORGED = reason(
    "form_forged",
    "invalid_request",
    403,
    "The form was not sent from our own page. Go back to the service and start again.",
    "RFC 6749 §10.12",
)

_SESSION: Final = "tra-session"
_BROWSER: Final = "tra-browser"


def session_handle(ctx: Context, request: Request) -> str | None:
    """The handle of the person's session."""
    return request.cookies.get(_name(ctx, _SESSION))


def browser_handle(ctx: Context, request: Request) -> str | None:
    """What ties a parked request to the browser that sent it."""
    return request.cookies.get(_name(ctx, _BROWSER))


def know_browser(ctx: Context, request: Request) -> str:
    """The browser's handle, a new one where it has none yet."""
    return browser_handle(ctx, request) or new_handle()


def keep_session(ctx: Context, response: Response, handle: str) -> Response:
    _set(ctx, response, _SESSION, handle)
    return response


def keep_browser(ctx: Context, response: Response, handle: str) -> Response:
    _set(ctx, response, _BROWSER, handle)
    return response


def drop_session(ctx: Context, response: Response) -> Response:
    response.delete_cookie(
        _name(ctx, _SESSION), path="/", secure=ctx.https, httponly=True, samesite="lax"
    )
    return response


def csrf(browser: str | None, form: str) -> str:
    """The token that this browser's copy of that form carries."""
    return mac(browser or "", f"csrf {form}")


async def read_form(request: Request) -> dict[str, str]:
    """A form's fields; raises Refusal."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES:
                raise Refusal(BODY_TOO_LARGE)
    except ClientDisconnect as error:
        raise Refusal(MALFORMED_BODY, "the browser went away") from error
    return parameters.parse(bytes(body))


def check_csrf(ctx: Context, request: Request, fields: dict[str, str], form: str) -> None:
    """Raises Refusal."""
    browser = browser_handle(ctx, request)
    if browser is None or not same(fields.get("csrf", ""), csrf(browser, form)):
        raise Refusal(FORM_FORGED)


def _set(ctx: Context, response: Response, name: str, handle: str) -> None:
    response.set_cookie(
        _name(ctx, name),
        handle,
        max_age=ABSOLUTE_SECONDS,
        path="/",
        secure=ctx.https,
        httponly=True,
        samesite="lax",
    )


def _name(ctx: Context, name: str) -> str:
    """`__Host-` ties a cookie to this host over https; plain http is for development alone."""
    return f"__Host-{name}" if ctx.https else name


async def sign_in_first(ctx: Context, request: Request, page: str) -> Response:
    """To the sign-in page, and then to the page of ours with that path."""
    handle, interaction_id = know_browser(ctx, request), new_id()
    await ctx.ledger.write(
        interactions.park,
        interaction_id,
        handle,
        interactions.OWN_PAGES,
        {"page": page},
        ctx.clock.now(),
        Flow.PAGE,
    )
    return keep_browser(ctx, redirect(ctx.url(f"/login/{interaction_id}")), handle)


@dataclass(frozen=True, slots=True)
class Shown:
    """A client as pages show it."""

    name: str
    agency_name: str
    logo: str | None  # its path here
    policy_uri: str | None
    tos_uri: str | None


def shown(registered: Registered | None, lang: str) -> Shown | None:
    """Nothing for our own pages."""
    if registered is None:
        return None
    client = registered.client
    agency = registered.agency.name(lang)
    logo = f"/clients/{quote(client.client_id, safe='')}/logo" if client.logo_uri else None
    return Shown(client.name(lang), agency, logo, client.policy_uri, client.tos_uri)


def origins(asked: Mapping[str, str]) -> tuple[str, ...]:
    """Where a form of ours may end up: browsers hold redirects after a form to `form-action`.
    The redirect URI was checked before the request was parked."""
    uri = asked.get("redirect_uri")
    return () if uri is None else (origin(uri),)


def origin(uri: str) -> str:
    """What a Content-Security-Policy calls whoever is at that address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
