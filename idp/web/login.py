"""Signing in: a password, then a one-time code. Nothing is issued here."""

import binascii
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import pyotp
from starlette.requests import Request
from starlette.responses import Response

from clients.store.clients import Registered
from core.audit import kind, record
from core.database import Transaction
from core.errors import Refusal
from idp.rules import assurance, credentials
from idp.rules.interaction import Session
from idp.store import attempts, citizens, interactions, logout, sessions
from idp.store.citizens import Citizen
from idp.store.interactions import PASSWORD_SECONDS, Interaction
from idp.web import browser, refusals
from idp.web.context import Context
from keys.handles import new_handle, new_id, same
from keys.passwords import fits

SIGN_IN_FAILED = kind(
    "citizen:sign-in:fail", "A password or one-time code was wrong.", "citizen_id", "factor"
)


_PATHS: Final = {"login": "", "totp": "/code"}
"""The forms, by their templates."""


async def show_password(ctx: Context, request: Request) -> Response:
    """GET /login/{interaction_id}."""
    interaction = await _interaction(ctx, request)
    registered = await ctx.registry.find(interaction.client_id)
    return _page(ctx, request, "login", interaction, registered, username=interaction.username)


async def take_password(ctx: Context, request: Request) -> Response:
    """POST /login/{interaction_id}: the same answer, in the same time, whatever is wrong."""
    interaction = await _interaction(ctx, request)
    fields = await browser.read_form(request)
    browser.check_csrf(ctx, request, fields, interaction.interaction_id)
    username, password = fields.get("username", ""), fields.get("password", "")
    try_of = f"password {_source(request)} {credentials.username_key(username)}"
    wait = await _begin_try(ctx, request, try_of)
    if wait:
        return await _again(ctx, interaction, "login", f"slow_down:{wait}", username=username[:200])
    found = await ctx.ledger.read(_find, username)
    if not await _password_fits(ctx, password, found.password) or not found.citizen:
        await _record_failure(ctx, found.citizen, "password")
        return await _again(ctx, interaction, "login", "wrong_credentials", username=username[:200])
    if found.totp is None:
        signed_in = Signing(found.citizen, (assurance.PASSWORD,), try_of)
        return await _sign_in(ctx, request, interaction, signed_in)
    await ctx.ledger.write(
        _note_password, interaction, found.citizen, try_of, username, ctx.clock.now()
    )
    return refusals.redirect(ctx.url(f"/login/{interaction.interaction_id}/code"))


async def show_code(ctx: Context, request: Request) -> Response:
    """GET /login/{interaction_id}/code."""
    interaction = await _interaction(ctx, request)
    if not _password_known(ctx, interaction):
        return await _again(ctx, interaction, "login", "expired")
    registered = await ctx.registry.find(interaction.client_id)
    restart = f"/login/{interaction.interaction_id}"
    return _page(ctx, request, "totp", interaction, registered, restart_url=restart)


async def take_code(ctx: Context, request: Request) -> Response:
    """POST /login/{interaction_id}/code: a code of the last, this or the next half minute, once."""
    interaction = await _interaction(ctx, request)
    fields = await browser.read_form(request)
    browser.check_csrf(ctx, request, fields, interaction.interaction_id)
    if not _password_known(ctx, interaction) or interaction.citizen_id is None:
        return await _again(ctx, interaction, "login", "expired")
    try_of = f"totp {interaction.citizen_id}"
    wait = await _begin_try(ctx, request, try_of)
    if wait:
        return await _again(ctx, interaction, "totp", f"slow_down:{wait}")
    found = await ctx.ledger.read(_find_by_id, interaction.citizen_id)
    step = _step(ctx, found, credentials.one_time_code(fields.get("code", "")))
    if step is None or found.citizen is None:
        await _record_failure(ctx, found.citizen, "totp")
        return await _again(ctx, interaction, "totp", "wrong_code")
    amr = (assurance.PASSWORD, assurance.ONE_TIME_CODE)
    return await _sign_in(ctx, request, interaction, Signing(found.citizen, amr, try_of, step))


@dataclass(frozen=True, slots=True)
class Found:
    """A person who may sign in, with their secrets; empty where there is none."""

    citizen: Citizen | None = None
    password: bytes | None = None
    totp: bytes | None = None


@dataclass(frozen=True, slots=True)
class Signing:
    """A person whose factors were right."""

    citizen: Citizen
    methods: tuple[str, ...]
    try_of: str
    totp_step: int | None = None


def _find(transaction: Transaction, username: str) -> Found:
    return _with_secrets(transaction, citizens.find_by_username(transaction, username))


def _find_by_id(transaction: Transaction, citizen_id: str) -> Found:
    return _with_secrets(transaction, citizens.find(transaction, citizen_id))


def _with_secrets(transaction: Transaction, citizen: Citizen | None) -> Found:
    if citizen is None or not citizen.active:
        return Found()
    secrets = citizens.find_credentials(transaction, citizen.citizen_id)
    password, totp = secrets.get(citizens.PASSWORD), secrets.get(citizens.TOTP)
    return Found(citizen, password.secret if password else None, totp.secret if totp else None)


async def _interaction(ctx: Context, request: Request) -> Interaction:
    interaction = await ctx.ledger.read(
        interactions.find,
        request.path_params["interaction_id"],
        browser.browser_handle(ctx, request),
        ctx.clock.now(),
    )
    if interaction is None:
        raise Refusal(browser.INTERACTION_LOST)
    return interaction


def _note_password(
    transaction: Transaction,
    interaction: Interaction,
    citizen: Citizen,
    try_of: str,
    username: str,
    now: int,
) -> None:
    attempts.succeed(transaction, try_of)
    interactions.note(
        transaction,
        interaction.interaction_id,
        citizen_id=citizen.citizen_id,
        password_at=now,
        error=None,
        username=username[:200],
    )


def _password_known(ctx: Context, interaction: Interaction) -> bool:
    at = interaction.password_at
    return at is not None and ctx.clock.now() - at < PASSWORD_SECONDS


async def _begin_try(ctx: Context, request: Request, try_of: str) -> int:
    if not ctx.throttles(_peer(request)):
        return 0
    return await ctx.ledger.write(attempts.begin, try_of, ctx.clock.now())


async def _password_fits(ctx: Context, password: str, known: bytes | None) -> bool:
    if len(password.encode()) > credentials.PASSWORD_BYTES:
        password = ""
    return await ctx.slow.run(fits, password, known)


def _step(ctx: Context, found: Found, code: str) -> int | None:
    """The time step that the code belongs to (RFC 6238 §5.2: one step either way)."""
    if found.totp is None or found.citizen is None or not code.isascii():
        return None
    key = ctx.sealer.open(found.totp, citizens.totp_context(found.citizen.citizen_id)).decode()
    try:
        generator = pyotp.TOTP(key)
        current = generator.timecode(datetime.fromtimestamp(ctx.clock.now(), UTC))
        for step in (current, current - 1, current + 1):
            if same(generator.generate_otp(step), code):
                return step
    except binascii.Error:
        return None
    return None


async def _sign_in(
    ctx: Context, request: Request, interaction: Interaction, signing: Signing
) -> Response:
    """Begin a session under a fresh handle, and go back to the request."""
    handle = new_handle()
    old = browser.session_handle(ctx, request)
    now = ctx.clock.now()
    if not await ctx.ledger.write(_begin_session, interaction, signing, handle, old, now):
        return await _again(ctx, interaction, "totp", "used_code")
    back = refusals.redirect(ctx.url(interaction.back))
    return browser.keep_session(ctx, back, handle)


def _begin_session(
    transaction: Transaction,
    interaction: Interaction,
    signing: Signing,
    handle: str,
    old_handle: str | None,
    now: int,
) -> bool:
    """False where the one-time code was used before."""
    citizen = signing.citizen
    if signing.totp_step is not None and not citizens.take_totp_step(
        transaction, citizen.citizen_id, signing.totp_step
    ):
        return False
    amr = assurance.amr_of(signing.methods)
    session = Session(
        new_id(), citizen.citizen_id, now, assurance.reached(citizen.level, amr), amr, now, now
    )
    old = sessions.find(transaction, old_handle)
    if old is not None and old.citizen_id == citizen.citizen_id and old.lives(now):
        session = replace(session, session_id=old.session_id)
        sessions.renew(transaction, handle, session, now)
    else:
        if old is not None:
            logout.end_session(transaction, old.session_id, now)
        sessions.start(transaction, handle, session, now)
    interactions.note(
        transaction, interaction.interaction_id, session_id=session.session_id, error=None
    )
    attempts.succeed(transaction, signing.try_of)
    return True


async def _again(
    ctx: Context, interaction: Interaction, form: str, error: str, **kept: str
) -> Response:
    """Back to the form, which says what was wrong and keeps what was typed."""
    error = f"{form}.{error}"
    await ctx.ledger.write(interactions.note, interaction.interaction_id, error=error, **kept)
    path = f"/login/{interaction.interaction_id}{_PATHS[form]}"
    return refusals.redirect(ctx.url(path))


async def _record_failure(ctx: Context, citizen: Citizen | None, factor: str) -> None:
    def write(transaction: Transaction) -> None:
        citizen_id = citizen.citizen_id if citizen else "unknown"
        record(
            transaction,
            SIGN_IN_FAILED,
            actor=citizen_id,
            now=ctx.clock.now(),
            citizen_id=citizen_id,
            factor=factor,
        )

    await ctx.ledger.write(write)


def _page(
    ctx: Context,
    request: Request,
    form: str,
    interaction: Interaction,
    registered: Registered | None,
    **values: Any,
) -> Response:
    lang = ctx.pages.language(request, interaction.asked.get("ui_locales", "").split())
    wrong_at, _, error = (interaction.error or "").partition(".")
    error, _, wait = (error if wrong_at == form else "").partition(":")
    return ctx.pages.render(
        f"{form}.html",
        request,
        lang=lang,
        forms_to=browser.origins(interaction.asked),
        action=request.url.path,
        csrf=browser.csrf(browser.browser_handle(ctx, request), interaction.interaction_id),
        client=browser.shown(registered, lang),
        error=error or None,
        wait_seconds=int(wait or 0),
        **values,
    )


def _source(request: Request) -> str:
    return credentials.source(_peer(request))


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
