"""The person's own page: who is signed in, and which services know what."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from core.database import Transaction
from idp.rules.claims import in_order, release
from idp.rules.interaction import Consent, Session
from idp.store import ciba_requests, citizens, consents, logout, sessions
from idp.store.ciba_requests import CibaRequest
from idp.store.citizens import Citizen
from idp.web import browser, outbox, refusals
from idp.web.context import Context


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and the claims that the person agreed to share with it, and has."""

    name: str
    agency_name: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that the person has yet to decide (CIBA Core 8)."""

    url: str
    name: str
    agency_name: str
    binding_message: str | None
    asked_at: int


async def home(ctx: Context, request: Request) -> Response:
    """GET /: what this is; whoever is signed in is led to their account."""
    found = await ctx.ledger.read(_find, browser.session_handle(ctx, request), ctx.clock.now())
    if found is not None:
        return refusals.redirect(ctx.url("/account"))
    return ctx.pages.render("home.html", request, lang=ctx.pages.language(request))


async def account(ctx: Context, request: Request) -> Response:
    """GET /account. Whoever is not signed in yet is asked to, and comes back here."""
    found = await ctx.ledger.read(_find, browser.session_handle(ctx, request), ctx.clock.now())
    if found is None:
        return await browser.sign_in_first(ctx, request, "/account")
    lang, claims = ctx.pages.language(request), found.citizen.claims
    services = []
    for client_id, consent in sorted(found.consents.items()):
        registered = await ctx.registry.find(client_id)
        if registered is not None:
            shared = tuple(in_order(release(claims, consent.claims)))
            agency = registered.agency.name(lang)
            services.append(Service(registered.client.name(lang), agency, shared))
    waiting = []
    for asked in found.waiting:
        registered = await ctx.registry.find(asked.client_id)
        if registered is not None:
            waiting.append(
                Waiting(
                    f"/ciba/{asked.request_id}",
                    registered.client.name(lang),
                    registered.agency.name(lang),
                    asked.binding_message,
                    asked.created_at,
                )
            )
    name = (claims.get("name#km") if lang == "km" else None) or claims.get("name", "")
    return ctx.pages.render(
        "account.html",
        request,
        lang=lang,
        person_name=name,
        level=found.citizen.level,
        services=services,
        waiting=waiting,
        signed_in_at=found.session.auth_time,
        elsewhere=found.elsewhere,
        csrf=browser.csrf(browser.browser_handle(ctx, request), _form(found.session)),
    )


async def end_elsewhere(ctx: Context, request: Request) -> Response:
    """POST /account/elsewhere: sign out on every other browser, and leave this one signed in."""
    fields = await browser.read_form(request)
    handle = browser.session_handle(ctx, request)
    found = await ctx.ledger.read(_find, handle, ctx.clock.now())
    if found is None:
        return await browser.sign_in_first(ctx, request, "/account")
    browser.check_csrf(ctx, request, fields, _form(found.session))
    await ctx.ledger.write(_end_others, found.session, ctx.clock.now())
    outbox.deliver_soon(ctx)
    return refusals.redirect(ctx.url("/account"))


def _form(session: Session) -> str:
    """What the CSRF token of the page's form is bound to."""
    return f"elsewhere {session.session_id}"


def _end_others(transaction: Transaction, session: Session, now: int) -> None:
    for other in sessions.find_of_citizen(transaction, session.citizen_id):
        if other.session_id != session.session_id:
            logout.end_session(transaction, other.session_id, now)


@dataclass(frozen=True, slots=True)
class Found:
    """Who is signed in on this browser."""

    session: Session
    citizen: Citizen
    consents: dict[str, Consent]
    waiting: tuple[CibaRequest, ...]
    elsewhere: tuple[Session, ...]


def _find(transaction: Transaction, handle: str | None, now: int) -> Found | None:
    session = sessions.find(transaction, handle)
    if session is None or not session.lives(now):
        return None
    citizen = citizens.find(transaction, session.citizen_id)
    if citizen is None:
        return None
    others = sessions.find_of_citizen(transaction, citizen.citizen_id)
    return Found(
        session,
        citizen,
        consents.find_of_citizen(transaction, citizen.citizen_id),
        ciba_requests.find_waiting(transaction, citizen.citizen_id, now),
        tuple(
            other for other in others if other.session_id != session.session_id and other.lives(now)
        ),
    )
