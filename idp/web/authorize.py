"""The authorization endpoint (OIDC Core 3.1.2, RFC 6749 §3.1): one door in, one door out."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from clients.rules import redirect_uri
from clients.rules.authentication import CLIENT_UNKNOWN
from clients.rules.client import Client
from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import person
from idp.rules import authorize, id_token_hint, parameters, request_object
from idp.rules.authorize import AuthorizationRequest
from idp.rules.id_token_hint import ID_TOKEN_HINT_REFUSED
from idp.rules.interaction import (
    ACCESS_DENIED,
    AskConsent,
    Login,
    Proceed,
    Progress,
    Refuse,
    Session,
    next_step,
)
from idp.store import consents, grants, interactions, pushed_requests, sessions, subjects
from idp.store.interactions import Flow, Interaction
from idp.web import browser, refusals, responses
from idp.web.context import Context
from keys.handles import new_handle, new_id
from keys.jose import unverified_kid

PUSHED = "pushed request"
"""Where the parameters of a pushed request keep its handle; one that was sent is left out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request, and the fresh values that its answer will need."""

    request: AuthorizationRequest
    client: Client
    redirect_uri: str
    parameters: Mapping[str, str]
    hinted_sub: str | None
    interaction: Interaction | None
    session_handle: str | None
    browser: str


@dataclass(frozen=True, slots=True)
class Park:
    """Send the person to a page of ours."""

    page: str
    interaction_id: str


@dataclass(frozen=True, slots=True)
class Issued:
    """Send the person back with a code."""

    code: str


async def begin(ctx: Context, request: Request) -> Response:
    """GET and POST /authorize."""
    if request.method == "POST":
        # Sent from another site, a form comes without our cookies (SameSite=Lax); a link has them.
        query = urlencode(await browser.read_form(request))
        return refusals.redirect(ctx.url(f"/authorize?{query}"))
    return await _walk(ctx, request, parameters.parse(request.scope["query_string"]), None)


async def resume(ctx: Context, request: Request) -> Response:
    """GET /authorize/{interaction_id}: back from a page of ours."""
    handle = browser.browser_handle(ctx, request)
    interaction = await ctx.ledger.read(
        interactions.find, request.path_params["interaction_id"], handle, ctx.clock.now()
    )
    if interaction is None:
        raise Refusal(browser.INTERACTION_LOST)
    if interaction.flow is Flow.PAGE:
        await ctx.ledger.write(interactions.finish, interaction.interaction_id, ctx.clock.now())
        return refusals.redirect(ctx.url(interaction.asked["page"]))
    if interaction.flow is not Flow.CODE:
        raise Refusal(browser.INTERACTION_LOST, f"of {interaction.flow}")
    return await _walk(ctx, request, interaction.asked, interaction)


async def _walk(
    ctx: Context,
    request: Request,
    sent: Mapping[str, str],
    interaction: Interaction | None,
) -> Response:
    registered = await ctx.registry.find(sent.get("client_id", ""))
    if registered is None:
        raise Refusal(CLIENT_UNKNOWN, sent.get("client_id", "")[:200])
    client = registered.client
    opened = await _open(ctx, client, sent, resumed=interaction is not None)
    reply_to = redirect_uri.check(opened.get("redirect_uri"), client)
    try:
        if client.require_pushed_authorization_requests and PUSHED not in opened:
            raise Refusal(authorize.PUSHED_REQUEST_REQUIRED)
        checked = authorize.check(opened, client, ctx.issuer)
        hinted_sub = _hinted_sub(ctx, checked)
    except Refusal as refusal:
        return responses.error(ctx, request, reply_to, client, opened, refusal.reason)
    handle = browser.know_browser(ctx, request)
    asked = Asked(
        checked,
        client,
        reply_to.uri,
        opened,
        hinted_sub,
        interaction,
        browser.session_handle(ctx, request),
        handle,
    )
    outcome = await ctx.ledger.write(_advance, asked, ctx.clock.now())
    if isinstance(outcome, Park):
        page = refusals.redirect(ctx.url(f"/{outcome.page}/{outcome.interaction_id}"))
        return browser.keep_browser(ctx, page, handle)
    if outcome in {browser.INTERACTION_LOST, authorize.REQUEST_URI_REFUSED}:
        raise Refusal(outcome)
    if isinstance(outcome, Reason):
        return responses.error(ctx, request, reply_to, client, opened, outcome)
    return responses.send(ctx, request, reply_to, client, opened, {"code": outcome.code})


async def _open(
    ctx: Context, client: Client, sent: Mapping[str, str], *, resumed: bool
) -> Mapping[str, str]:
    """The parameters that count: those pushed, those of the request object, or those sent. A
    request that was parked had been opened before. Raises Refusal, which is shown as a page."""
    if resumed:
        return sent
    if "request_uri" in sent:
        return await ctx.ledger.read(_open_pushed, client, sent["request_uri"], ctx.clock.now())
    if "request" in sent:
        keys = await ctx.client_keys.of(client, unverified_kid(sent["request"]))
        now = ctx.clock.now()
        sent = request_object.parse(sent["request"], client, keys, sent, ctx.issuer, now)
    elif client.require_signed_request_object:
        raise Refusal(authorize.REQUEST_OBJECT_REQUIRED, client.client_id)
    return {name: value for name, value in sent.items() if name != PUSHED}


def _open_pushed(
    transaction: Transaction, client: Client, request_uri: str, now: int
) -> Mapping[str, str]:
    """RFC 9126 §4. It is used up with the answer, so that a reload of the page still works."""
    if not request_uri.startswith(pushed_requests.URN):
        raise Refusal(authorize.REQUEST_URI_UNSUPPORTED, request_uri[:200])
    handle = request_uri.removeprefix(pushed_requests.URN)
    pushed = pushed_requests.find(transaction, handle)
    if pushed is None or pushed.used or pushed.expires_at <= now:
        raise Refusal(authorize.REQUEST_URI_REFUSED, "unknown, used or expired")
    if pushed.client_id != client.client_id:
        raise Refusal(authorize.REQUEST_URI_REFUSED, "pushed by another client")
    return {**pushed.asked, PUSHED: handle}


def _advance(transaction: Transaction, asked: Asked, now: int) -> Park | Issued | Reason:
    """Gather, decide, apply: one step of the request towards its answer."""
    interaction = asked.interaction
    if interaction is not None and interaction.denied:
        return _finish(transaction, asked, now) or ACCESS_DENIED
    session = sessions.find(transaction, asked.session_handle)
    step = next_step(
        asked.request,
        asked.client,
        session,
        _hinted_citizen(transaction, asked),
        consents.find(transaction, session.citizen_id, asked.client.client_id) if session else None,
        interaction.progress(session) if interaction else Progress(),
        now,
    )
    match step:
        case Login():
            return Park("login", _park(transaction, asked, now))
        case AskConsent():
            return Park("consent", _park(transaction, asked, now))
        case Refuse():
            return _finish(transaction, asked, now) or step.reason
        case Proceed():
            return _finish(transaction, asked, now) or _issue(transaction, asked, step.session, now)


def _park(transaction: Transaction, asked: Asked, now: int) -> str:
    if asked.interaction is not None:
        return asked.interaction.interaction_id
    interaction_id = new_id()
    interactions.park(
        transaction, interaction_id, asked.browser, asked.client.client_id, asked.parameters, now
    )
    return interaction_id


def _finish(transaction: Transaction, asked: Asked, now: int) -> Reason | None:
    """A request that was parked or pushed is answered once: a second answer is refused."""
    interaction, pushed = asked.interaction, asked.parameters.get(PUSHED)
    if interaction is not None and not interactions.finish(
        transaction, interaction.interaction_id, now
    ):
        return browser.INTERACTION_LOST
    if pushed is not None and not pushed_requests.use(transaction, pushed, now):
        return authorize.REQUEST_URI_REFUSED
    return None


def _issue(transaction: Transaction, asked: Asked, session: Session, now: int) -> Issued:
    client, request = asked.client, asked.request
    claims = asked.parameters.get("claims", "")
    grant = person.grant(transaction, request, client, session, claims, now)
    code = new_handle()
    grants.save_code(
        transaction,
        grant,
        code,
        asked.redirect_uri,
        request.code_challenge,
        request.nonce,
        now,
        dpop_jkt=request.dpop_jkt,
    )
    return Issued(code)


def _hinted_citizen(transaction: Transaction, asked: Asked) -> str | None:
    """Whom the request is about: '' for nobody that we know."""
    if asked.hinted_sub is None:
        return None
    sector = subjects.sector(asked.client)
    return subjects.find_citizen(transaction, asked.hinted_sub, sector) or ""


def _hinted_sub(ctx: Context, request: AuthorizationRequest) -> str | None:
    """The sub of the id_token_hint (expired ones will do), or of the claims request."""
    demanded = request.claims.demanded_sub()
    if request.id_token_hint is None:
        return demanded
    hinted = id_token_hint.check(
        request.id_token_hint, ctx.own_keys(), ctx.issuer, request.client_id
    )
    if demanded not in {None, hinted}:
        raise Refusal(ID_TOKEN_HINT_REFUSED, "claims demands another sub")
    return hinted
