"""The person's own page: who is signed in, and which services know what."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from core.database import Transaction
from idp.rules.claims import in_order, release
from idp.rules.interaction import Consent, Session
from idp.store import citizens, consents, interactions, sessions
from idp.store.citizens import Citizen
from idp.store.interactions import Flow
from idp.web import browser, refusals
from idp.web.context import Context
from keys.handles import new_id


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and the claims that the person agreed to share with it, and has."""

    name: str
    agency_name: str
    claims: tuple[str, ...]


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
        return await _sign_in_first(ctx, request)
    lang, claims = ctx.pages.language(request), found.citizen.claims
    services = []
    for client_id, consent in sorted(found.consents.items()):
        registered = await ctx.registry.find(client_id)
        if registered is not None:
            shared = tuple(in_order(release(claims, consent.claims)))
            agency = registered.agency.name(lang)
            services.append(Service(registered.client.name(lang), agency, shared))
    name = (claims.get("name#km") if lang == "km" else None) or claims.get("name", "")
    return ctx.pages.render(
        "account.html",
        request,
        lang=lang,
        person_name=name,
        level=found.citizen.level,
        services=services,
        signed_in_at=found.session.auth_time,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Who is signed in on this browser."""

    session: Session
    citizen: Citizen
    consents: dict[str, Consent]


def _find(transaction: Transaction, handle: str | None, now: int) -> Found | None:
    session = sessions.find(transaction, handle)
    if session is None or not session.lives(now):
        return None
    citizen = citizens.find(transaction, session.citizen_id)
    if citizen is None:
        return None
    return Found(session, citizen, consents.find_of_citizen(transaction, citizen.citizen_id))


async def _sign_in_first(ctx: Context, request: Request) -> Response:
    handle, interaction_id = browser.know_browser(ctx, request), new_id()
    now = ctx.clock.now()
    await ctx.ledger.write(
        interactions.park,
        interaction_id,
        handle,
        interactions.OWN_PAGES,
        {"page": "/account"},
        now,
        Flow.PAGE,
    )
    page = refusals.redirect(ctx.url(f"/login/{interaction_id}"))
    return browser.keep_browser(ctx, page, handle)
