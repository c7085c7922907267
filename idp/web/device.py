"""Where a person lets a device in (RFC 8628 §3.3): the code, then sign-in and consent, then done.

The address that carries the code only fills the form: nothing is begun without the person's own
click, and nothing approved before they saw whose device it is (RFC 8628 §5.4).
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from clients.rules.client import Client
from clients.rules.profiles import DEVICE_CODE
from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import person
from idp.rules import credentials, decoupled, device
from idp.rules.authorize import AuthorizationRequest
from idp.rules.device import DEVICE_REQUEST_OVER
from idp.rules.interaction import AskConsent, Login, Proceed, Refuse, Session, next_step
from idp.store import (
    attempts,
    consents,
    device_requests,
    grants,
    interactions,
    polled,
    sessions,
)
from idp.store.interactions import Flow, Interaction
from idp.web import browser, refusals
from idp.web.context import Context
from keys.handles import new_id

_FORM: Final = "device"


@dataclass(frozen=True, slots=True)
class Typed:
    """A code that a person typed, and what its interaction needs. `try_of` is None where tries
    are not counted."""

    user_code: str | None
    browser: str
    source: str
    try_of: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A device's request on its way through the pages."""

    request: AuthorizationRequest
    client: Client
    interaction: Interaction
    session_handle: str | None


async def show(ctx: Context, request: Request) -> Response:
    """GET /device."""
    user_code = request.query_params.get("user_code", "")
    return _page(ctx, request, browser.know_browser(ctx, request), user_code[:40])


async def take_code(ctx: Context, request: Request) -> Response:
    """POST /device."""
    fields = await browser.read_form(request)
    browser.check_csrf(ctx, request, fields, _FORM)
    handle = browser.know_browser(ctx, request)
    text = fields.get("user_code", "")
    peer = request.client.host if request.client else ""
    source = credentials.source(peer)
    try_of = f"device {source}" if ctx.throttles(peer) else None
    typed = Typed(device.parse_user_code(text), handle, source, try_of)
    begun = await ctx.ledger.write(_begin, typed, ctx.clock.now())
    if begun is None:
        return _page(ctx, request, handle, text[:40], error="unknown")
    if isinstance(begun, int):
        return _page(ctx, request, handle, text[:40], error="slow_down", wait_seconds=begun)
    return refusals.redirect(ctx.url(f"/device/{begun}"))


async def resume(ctx: Context, request: Request) -> Response:
    """GET /device/{interaction_id}: one step towards the decision."""
    interaction = await ctx.ledger.read(
        interactions.find,
        request.path_params["interaction_id"],
        browser.browser_handle(ctx, request),
        ctx.clock.now(),
    )
    if interaction is None or interaction.flow is not Flow.DEVICE:
        raise Refusal(browser.INTERACTION_LOST)
    registered = await ctx.registry.find(interaction.client_id)
    if registered is None:
        raise Refusal(DEVICE_REQUEST_OVER, interaction.client_id)
    client = registered.client
    checked = decoupled.check(interaction.asked, client, ctx.issuer, DEVICE_CODE)
    asked = Asked(checked, client, interaction, browser.session_handle(ctx, request))
    outcome = await ctx.ledger.write(_advance, asked, ctx.clock.now())
    if isinstance(outcome, Reason):
        raise Refusal(outcome, client.client_id)
    return refusals.redirect(ctx.url(outcome))


async def done(ctx: Context, request: Request) -> Response:
    """GET /device/approved and /device/denied."""
    outcome = request.url.path.rpartition("/")[2]
    lang = ctx.pages.language(request)
    return ctx.pages.render("device_done.html", request, lang=lang, outcome=outcome)


def _begin(transaction: Transaction, typed: Typed, now: int) -> str | int | None:
    """The new interaction; or the seconds to wait; or None where the code is nobody's."""
    if typed.try_of is not None:
        wait = attempts.begin(transaction, typed.try_of, now)
        if wait:
            return wait
    if typed.user_code is None:
        return None
    found = device_requests.find_waiting(transaction, typed.user_code, now)
    if found is None:
        return None
    if typed.try_of is not None:
        attempts.forgive(transaction, typed.try_of)
    asked = {
        **found.asked,
        "device_request": found.request_id,
        "user_code": device.shown(typed.user_code),
        "asked_at": str(found.created_at),
        "network": "same" if found.source == typed.source else "other",
    }
    interaction_id = new_id()
    interactions.park(
        transaction, interaction_id, typed.browser, found.client_id, asked, now, Flow.DEVICE
    )
    return interaction_id


def _advance(transaction: Transaction, asked: Asked, now: int) -> str | Reason:
    """Gather, decide, apply: the path of the next page."""
    interaction, client = asked.interaction, asked.client
    session = sessions.find(transaction, asked.session_handle)
    if interaction.denied and session is not None:
        return _deny(transaction, asked, session, now) or "/device/denied"
    consent = consents.find(transaction, session.citizen_id, client.client_id) if session else None
    progress = interaction.progress(session)
    step = next_step(asked.request, client, session, None, consent, progress, now)
    match step:
        case Login():
            return f"/login/{interaction.interaction_id}"
        case AskConsent():
            return f"/consent/{interaction.interaction_id}"
        case Refuse():
            assert session is not None  # nobody is refused before they are known
            return _deny(transaction, asked, session, now) or step.reason
        case Proceed():
            return _approve(transaction, asked, step.session, now) or "/device/approved"


def _approve(transaction: Transaction, asked: Asked, session: Session, now: int) -> Reason | None:
    claims = asked.interaction.asked.get("claims", "")
    grant = person.grant(transaction, asked.request, asked.client, session, claims, now)
    request_id = asked.interaction.asked["device_request"]
    interactions.finish(transaction, asked.interaction.interaction_id, now)
    if not polled.approve(
        transaction, device_requests.TABLE, request_id, session.citizen_id, grant.grant_id, now
    ):
        return DEVICE_REQUEST_OVER
    grants.save(transaction, grant, now)
    return None


def _deny(transaction: Transaction, asked: Asked, session: Session, now: int) -> Reason | None:
    request_id = asked.interaction.asked["device_request"]
    interactions.finish(transaction, asked.interaction.interaction_id, now)
    denied = polled.deny(transaction, device_requests.TABLE, request_id, session.citizen_id, now)
    return None if denied else DEVICE_REQUEST_OVER


def _page(
    ctx: Context,
    request: Request,
    handle: str,
    user_code: str,
    *,
    error: str | None = None,
    **values: Any,
) -> Response:
    page = ctx.pages.render(
        "device.html",
        request,
        lang=ctx.pages.language(request),
        status=200 if error is None else 400,
        csrf=browser.csrf(handle, _FORM),
        user_code=user_code,
        error=error,
        wait_seconds=values.get("wait_seconds", 0),
    )
    return browser.keep_browser(ctx, page, handle)
