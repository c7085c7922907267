"""Pages of public clients read what we answer them; /authorize takes no part in this (RFC 9700
§2.6). No cookie is looked at where pages may call, so to read is all that there is to allow."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from clients.rules import redirect_uri
from core.errors import Refusal
from core.serving import Answer, Asked, HotEndpoint
from idp.rules import parameters
from idp.web.context import Context

READ_BY_PAGES: Final = ("/token", "/par", "/revoke", "/userinfo")
READ_BY_ALL: Final = (
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
)

_ASKED_FIRST: Final = {
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, DPoP",
    "Access-Control-Max-Age": "600",
}
_SEEN: Final = {"Access-Control-Expose-Headers": "DPoP-Nonce, WWW-Authenticate, X-Request-Id"}


def open_to_pages(
    ctx: Context, path: str, methods: Mapping[str, HotEndpoint]
) -> dict[str, HotEndpoint]:
    """An address's methods, readable by pages (Fetch 3.3), and OPTIONS, by which browsers ask."""
    listed = ", ".join(methods)
    if path in READ_BY_ALL:
        return {**methods, "OPTIONS": partial(_tell_all, listed)}
    opened: dict[str, HotEndpoint] = {
        method: partial(_answer, ctx, endpoint) for method, endpoint in methods.items()
    }
    return {**opened, "OPTIONS": partial(_tell_pages, ctx, listed)}


async def _answer(ctx: Context, endpoint: HotEndpoint, asked: Asked) -> Answer:
    origin = asked.header(b"origin")
    if origin is None or origin not in await _pages(ctx, asked):
        return await endpoint(asked)
    allowed = _allowed(origin) | _SEEN
    try:
        answer = await endpoint(asked)
    except Refusal as refusal:
        refusal.headers |= allowed
        raise
    return Answer(
        answer.status, answer.body, answer.content_type, (*answer.headers, *_encoded(allowed))
    )


async def _pages(ctx: Context, asked: Asked) -> frozenset[str]:
    """Where pages may be that read the answer: those of the client that the form names, or where
    it names none, those of every public client."""
    client_id = _named_client(asked)
    if client_id is None:
        return await ctx.registry.origins_of_pages()
    registered = await ctx.registry.find(client_id)
    if registered is None or not registered.client.public:
        return frozenset()
    return redirect_uri.origins(registered.client.redirect_uris)


def _named_client(asked: Asked) -> str | None:
    try:
        return parameters.parse(asked.body).get("client_id")
    except Refusal:
        return None


async def _tell_pages(ctx: Context, methods: str, asked: Asked) -> Answer:
    """OPTIONS of an address that public clients call. Whose page it is stands in the request that
    the browser holds back, so that it is known to be some public client's has to do."""
    origin = asked.header(b"origin") or ""
    if origin not in await ctx.registry.origins_of_pages():
        return Answer(204, b"", headers=_encoded({"Vary": "Origin"}))
    return _ask(_allowed(origin), methods)


async def _tell_all(methods: str, asked: Asked) -> Answer:  # noqa: ARG001  # an endpoint's shape
    """OPTIONS of a document that is everyone's."""
    return _ask({"Access-Control-Allow-Origin": "*"}, methods)


def _ask(allowed: dict[str, str], methods: str) -> Answer:
    told = {**allowed, **_ASKED_FIRST, "Access-Control-Allow-Methods": methods}
    return Answer(204, b"", headers=_encoded(told))


def _allowed(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _encoded(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
