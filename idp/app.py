"""The provider's application: every address that it answers, in one table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp

from clients.store import registration as invitations
from clients.web import registration
from core import audit
from core.errors import INTERNAL, Refusal
from core.pages import Static
from core.serving import Chores, HotEndpoint, Service, bound, not_here
from idp.store import (
    access_tokens,
    attempts,
    ciba_requests,
    device_requests,
    grants,
    interactions,
    pushed_requests,
    refresh_tokens,
    replay,
    sessions,
)
from idp.web import (
    account,
    authorize,
    bc_authorize,
    ciba,
    consent,
    cors,
    development,
    device,
    device_authorization,
    discovery,
    errors,
    health,
    inspector,
    introspect,
    login,
    logo,
    logout,
    outbox,
    par,
    refusals,
    revoke,
    token,
    userinfo,
)
from idp.web.context import Context
from keys.handles import new_id
from keys.ring import Purpose
from keys.store import rotate_overdue

PageEndpoint = Callable[[Context, Request], Awaitable[Response]]

PAGES: Final[tuple[tuple[str, str, PageEndpoint], ...]] = (
    ("GET", "/", account.home),
    ("GET", "/account", account.account),
    ("POST", "/account/elsewhere", account.end_elsewhere),
    ("GET", "/authorize", authorize.begin),
    ("POST", "/authorize", authorize.begin),
    ("GET", "/authorize/{interaction_id}", authorize.resume),
    ("GET", "/login/{interaction_id}", login.show_password),
    ("POST", "/login/{interaction_id}", login.take_password),
    ("GET", "/login/{interaction_id}/code", login.show_code),
    ("POST", "/login/{interaction_id}/code", login.take_code),
    ("GET", "/consent/{interaction_id}", consent.show),
    ("POST", "/consent/{interaction_id}", consent.decide),
    ("GET", "/device", device.show),
    ("POST", "/device", device.take_code),
    ("GET", "/device/approved", device.done),
    ("GET", "/device/denied", device.done),
    ("GET", "/device/{interaction_id}", device.resume),
    ("GET", "/ciba/approved", ciba.done),
    ("GET", "/ciba/denied", ciba.done),
    ("GET", "/ciba/{request_id}", ciba.show),
    ("POST", "/ciba/{request_id}", ciba.decide),
    ("GET", "/clients/{client_id}/logo", logo.show),
    ("GET", "/logout", logout.show),
    ("POST", "/logout", logout.show),
    ("POST", "/logout/confirm", logout.confirm),
    ("GET", "/logout/confirm", logout.signed_out),
    ("GET", "/errors", errors.catalogue),
    ("GET", "/inspector", inspector.show),
    ("POST", "/inspector", inspector.inspect),
)

HOT: Final[dict[str, dict[str, Any]]] = {
    "/token": {"POST": token.token},
    "/par": {"POST": par.push},
    "/device_authorization": {"POST": device_authorization.begin},
    "/bc-authorize": {"POST": bc_authorize.begin},
    registration.PATH: {"POST": registration.register},
    f"{registration.PATH}/": {
        "GET": registration.show,
        "PUT": registration.change,
        "DELETE": registration.end,
    },
    "/introspect": {"POST": introspect.introspect},
    "/revoke": {"POST": revoke.revoke},
    "/userinfo": {"GET": userinfo.userinfo, "POST": userinfo.userinfo},
    "/jwks": {"GET": discovery.jwks},
    "/.well-known/openid-configuration": {"GET": discovery.configuration},
    "/.well-known/oauth-authorization-server": {"GET": discovery.configuration},
    "/healthz": {"GET": health.alive},
    "/readyz": {"GET": health.ready},
}

DEVELOPMENT: Final[dict[str, dict[str, Any]]] = {
    "/development/ciba": {"POST": development.decide_ciba},
}
"""Not mounted but where a development setting says so."""

SWEPT: Final = (
    access_tokens,
    attempts,
    ciba_requests,
    device_requests,
    grants,
    interactions,
    invitations,
    pushed_requests,
    refresh_tokens,
    replay,
    sessions,
)
"""Stores of what is over some day."""

AUDIT_EVERY: Final = 1.0
DELIVER_EVERY: Final = 2.0
RING_EVERY: Final = 5.0
ROTATE_EVERY: Final = 60.0
SWEEP_EVERY: Final = 300.0


def create_app(ctx: Context) -> ASGIApp:
    """The provider as an ASGI application."""
    app = FastAPI(
        title="Tra: OpenID provider",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a form and its token go where they were sent, or nowhere
        lifespan=partial(_lifespan, ctx),
    )
    for method, path, page in PAGES:
        app.add_api_route(
            path,
            bound(ctx, page),
            methods=[method, "HEAD"] if method == "GET" else [method],
            response_class=HTMLResponse,
            name=page.__name__,
        )
    app.mount("/static", Static())
    app.add_exception_handler(Refusal, partial(_refused, ctx))
    app.add_exception_handler(HTTPException, partial(_not_here, ctx))
    app.add_exception_handler(Exception, partial(_failed, ctx))
    answered = HOT | DEVELOPMENT if ctx.development_hooks else HOT
    hot: dict[str, dict[str, HotEndpoint]] = {
        path: {method: partial(endpoint, ctx) for method, endpoint in methods.items()}
        for path, methods in answered.items()
    }
    for path in (*cors.READ_BY_PAGES, *cors.READ_BY_ALL):
        hot[path] = cors.open_to_pages(ctx, path, hot[path])
    return Service(
        app,
        hot,
        refuse=partial(refusals.to_json, ctx.issuer),
        new_id=new_id,
        https=ctx.https,
    )


async def _refused(ctx: Context, request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refusals.to_page(ctx, request, refusal)


async def _not_here(ctx: Context, request: Request, error: Exception) -> Response:
    return refusals.to_page(ctx, request, not_here(request, error))


async def _failed(ctx: Context, request: Request, _error: Exception) -> Response:
    return refusals.to_page(ctx, request, Refusal(INTERNAL))


async def rotate_keys(ctx: Context) -> None:
    """Give each token key whose time comes its successor."""
    await asyncio.to_thread(
        rotate_overdue, ctx.ledger, Purpose.TOKEN, ctx.rotation, ctx.ring.custody, ctx.clock.now()
    )


@asynccontextmanager
async def _lifespan(ctx: Context, _app: FastAPI) -> AsyncIterator[None]:
    async def bind_audit() -> None:
        record = ctx.ring.now.active(Purpose.AUDIT, None, ctx.clock.now())
        sign = ctx.ring.now.signer(record).sign
        await ctx.ledger.write(audit.bind, sign, ctx.clock.now())

    async def sweep() -> None:
        for store in SWEPT:
            await ctx.ledger.write(store.forget_old, ctx.clock.now())

    chores = Chores(
        (
            (AUDIT_EVERY, bind_audit),
            (DELIVER_EVERY, partial(outbox.deliver_due, ctx)),
            (RING_EVERY, ctx.ring.reload),
            (ROTATE_EVERY, partial(rotate_keys, ctx)),
            (SWEEP_EVERY, sweep),
        )
    )
    async with chores:
        yield
    await bind_audit()
    ctx.slow.close()
    ctx.ledger.close()
