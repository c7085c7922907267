"""Where a person decides what an agency's server asked for (CIBA Core 8)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from clients.rules.client import Client
from clients.rules.profiles import CIBA
from clients.store.clients import Registered
from core.database import Transaction
from core.errors import Refusal
from idp.grants import ciba as decision
from idp.rules import ciba, decoupled
from idp.rules.authorize import AuthorizationRequest
from idp.rules.ciba import CIBA_REQUEST_OVER, Ability
from idp.rules.interaction import Session
from idp.rules.telling import told
from idp.store import ciba_requests, citizens, sessions
from idp.store.ciba_requests import CibaRequest
from idp.store.citizens import Citizen
from idp.web import browser, outbox, refusals
from idp.web.context import Context


@dataclass(frozen=True, slots=True)
class Found:
    """A person who is signed in, and a request of theirs."""

    session: Session
    citizen: Citizen
    waiting: CibaRequest

    @property
    def form(self) -> str:
        """What its page's CSRF token is bound to: this request, and this person's sign-in."""
        return f"ciba {self.waiting.request_id} {self.session.session_id}"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request with its client, and what the person can do about it."""

    found: Found
    registered: Registered
    request: AuthorizationRequest
    ability: Ability

    @property
    def client(self) -> Client:
        return self.registered.client


async def show(ctx: Context, request: Request) -> Response:
    """GET /ciba/{request_id}."""
    asking = await _asking(ctx, request)
    if asking is None or asking.ability is Ability.SIGN_IN:
        return await browser.sign_in_first(ctx, request, request.url.path)
    lang = ctx.pages.language(request, asking.request.ui_locales)
    waiting = asking.found.waiting
    return ctx.pages.render(
        "ciba.html",
        request,
        lang=lang,
        action=request.url.path,
        csrf=browser.csrf(browser.browser_handle(ctx, request), asking.found.form),
        client=browser.shown(asking.registered, lang),
        binding_message=waiting.binding_message,
        asked_at=waiting.created_at,
        claims=told(asking.found.citizen.claims, asking.request),
        scopes=asking.request.scope,
        details=asking.request.authorization_details,
        may_approve=asking.ability is Ability.DECIDE,
    )


async def decide(ctx: Context, request: Request) -> Response:
    """POST /ciba/{request_id}."""
    fields = await browser.read_form(request)
    asking = await _asking(ctx, request)
    if asking is None:
        return await browser.sign_in_first(ctx, request, request.url.path)
    browser.check_csrf(ctx, request, fields, asking.found.form)
    approved = fields.get("decision") == "approve"
    if approved and asking.ability is not Ability.DECIDE:
        return await browser.sign_in_first(ctx, request, request.url.path)
    if not await ctx.ledger.write(_write, asking, approved, ctx.clock.now()):
        raise Refusal(CIBA_REQUEST_OVER)
    outbox.deliver_soon(ctx)
    return refusals.redirect(ctx.url(f"/ciba/{'approved' if approved else 'denied'}"))


async def done(ctx: Context, request: Request) -> Response:
    """GET /ciba/approved and /ciba/denied."""
    outcome = request.url.path.rpartition("/")[2]
    lang = ctx.pages.language(request)
    return ctx.pages.render("ciba_done.html", request, lang=lang, outcome=outcome)


def _write(transaction: Transaction, asking: Asking, approved: bool, now: int) -> bool:
    waiting, session = asking.found.waiting, asking.found.session
    if not approved:
        return decision.deny(transaction, waiting, asking.client, now)
    return decision.approve(transaction, waiting, asking.request, asking.client, session, now)


async def _asking(ctx: Context, request: Request) -> Asking | None:
    """None where nobody is signed in; raises Refusal where the request is not theirs, or over."""
    session_handle, now = browser.session_handle(ctx, request), ctx.clock.now()
    request_id = request.path_params["request_id"]
    found = await ctx.ledger.read(_find, request_id, session_handle, now)
    if found is None:
        return None
    waiting = found.waiting
    registered = await ctx.registry.find(waiting.client_id)
    if registered is None:
        raise Refusal(CIBA_REQUEST_OVER, waiting.client_id)
    client = registered.client
    checked = decoupled.check(waiting.asked, client, ctx.issuer, CIBA)
    level = ciba.demanded_level(checked, client)
    ability = ciba.ability(level, found.session, waiting.created_at)
    return Asking(found, registered, checked, ability)


def _find(
    transaction: Transaction, request_id: str, session_handle: str | None, now: int
) -> Found | None:
    session = sessions.find(transaction, session_handle)
    citizen = citizens.find(transaction, session.citizen_id) if session else None
    if session is None or citizen is None or not session.lives(now):
        return None
    waiting = ciba_requests.find(transaction, request_id, session.citizen_id, now)
    if waiting is None:
        raise Refusal(CIBA_REQUEST_OVER, request_id[:80])
    return Found(session, citizen, waiting)
