"""Consent: the person sees who asks for what, with the very values, and decides."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from clients.rules.profiles import DEVICE_CODE
from clients.store.clients import Registered
from core.database import Transaction
from core.errors import Refusal
from idp.rules import authorize, decoupled
from idp.rules.authorize import AuthorizationRequest
from idp.rules.claims import asked_for
from idp.rules.interaction import Consent
from idp.rules.telling import told
from idp.store import citizens, consents, interactions, sessions
from idp.store.citizens import Citizen
from idp.store.interactions import Flow, Interaction
from idp.web import browser, refusals
from idp.web.context import Context


@dataclass(frozen=True, slots=True)
class Asking:
    """The request that waits for the person's decision."""

    interaction: Interaction
    citizen: Citizen
    session_id: str

    @property
    def form(self) -> str:
        """What its page's CSRF token is bound to: this request, and this person's sign-in."""
        return f"{self.interaction.interaction_id} {self.session_id}"


@dataclass(frozen=True, slots=True)
class Device:
    """What a person can compare with the device before them (RFC 8628 §3.3, §5.4)."""

    user_code: str
    asked_at: int
    network: str  # same as this browser's, or other


async def show(ctx: Context, request: Request) -> Response:
    """GET /consent/{interaction_id}."""
    asking = await _asking(ctx, request)
    registered, checked = await _checked(ctx, asking.interaction)
    lang = ctx.pages.language(request, checked.ui_locales)
    return ctx.pages.render(
        "consent.html",
        request,
        lang=lang,
        forms_to=browser.origins(asking.interaction.asked),
        action=request.url.path,
        csrf=browser.csrf(browser.browser_handle(ctx, request), asking.form),
        client=browser.shown(registered, lang),
        device=_device(asking.interaction),
        claims=told(asking.citizen.claims, checked),
        scopes=checked.scope,
        details=checked.authorization_details,
    )


async def decide(ctx: Context, request: Request) -> Response:
    """POST /consent/{interaction_id}."""
    asking = await _asking(ctx, request)
    fields = await browser.read_form(request)
    browser.check_csrf(ctx, request, fields, asking.form)
    _, checked = await _checked(ctx, asking.interaction)
    approved = fields.get("decision") == "approve"
    await ctx.ledger.write(_write, asking, checked, approved, ctx.clock.now())
    return refusals.redirect(ctx.url(asking.interaction.back))


def _write(
    transaction: Transaction,
    asking: Asking,
    request: AuthorizationRequest,
    approved: bool,  # the ledger hands arguments on by position
    now: int,
) -> None:
    interaction = asking.interaction
    if not approved:
        interactions.note(transaction, interaction.interaction_id, denied_at=now)
        return
    consent = Consent(frozenset(request.scope), asked_for(request.scope, request.claims))
    consents.give(transaction, asking.citizen.citizen_id, interaction.client_id, consent, now)
    interactions.note(transaction, interaction.interaction_id, consented_at=now)


async def _asking(ctx: Context, request: Request) -> Asking:
    found = await ctx.ledger.read(
        _find,
        request.path_params["interaction_id"],
        browser.browser_handle(ctx, request),
        browser.session_handle(ctx, request),
        ctx.clock.now(),
    )
    if found is None:
        raise Refusal(browser.INTERACTION_LOST)
    return found


def _find(
    transaction: Transaction,
    interaction_id: str,
    browser_handle: str | None,
    session_handle: str | None,
    now: int,
) -> Asking | None:
    interaction = interactions.find(transaction, interaction_id, browser_handle, now)
    session = sessions.find(transaction, session_handle)
    if interaction is None or session is None or not session.lives(now):
        return None
    citizen = citizens.find(transaction, session.citizen_id)
    return Asking(interaction, citizen, session.session_id) if citizen else None


async def _checked(
    ctx: Context, interaction: Interaction
) -> tuple[Registered, AuthorizationRequest]:
    registered = await ctx.registry.find(interaction.client_id)
    if registered is None:
        raise Refusal(browser.INTERACTION_LOST)
    client = registered.client
    if interaction.flow is Flow.DEVICE:
        return registered, decoupled.check(interaction.asked, client, ctx.issuer, DEVICE_CODE)
    return registered, authorize.check(interaction.asked, client, ctx.issuer)


def _device(interaction: Interaction) -> Device | None:
    asked = interaction.asked
    if interaction.flow is not Flow.DEVICE:
        return None
    return Device(asked["user_code"], int(asked["asked_at"]), asked["network"])
