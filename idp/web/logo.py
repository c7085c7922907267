"""A client's logo for the pages that name it: the picture that its agency registered."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Refusal
from idp.web.context import Context

_HEADERS: Final = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


async def show(ctx: Context, request: Request) -> Response:
    """GET /clients/{client_id}/logo."""
    registered = await ctx.registry.find(request.path_params["client_id"])
    logo = await ctx.logos.of(registered.client) if registered else None
    if logo is None:
        raise Refusal(NOT_FOUND, request.url.path)
    return Response(logo.content, 200, _HEADERS, logo.content_type)
