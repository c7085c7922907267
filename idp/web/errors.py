"""The catalogue of refusals as a page: what `error_uri` leads to."""

from starlette.requests import Request
from starlette.responses import Response

from core.errors import catalogue as reasons
from idp.web.context import Context


async def catalogue(ctx: Context, request: Request) -> Response:
    """GET /errors."""
    lang = ctx.pages.language(request)
    return ctx.pages.render("errors.html", request, lang=lang, reasons=reasons())
