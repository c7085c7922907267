"""GET /policies/{name}: a validation policy as it is, by which its digest can be recounted."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Refusal
from signing.web.context import Context

_KEPT: Final = {"Cache-Control": "public, max-age=3600"}


async def policy(ctx: Context, request: Request) -> Response:
    """The policies that came with the service, and the one that it judges by."""
    found = ctx.policies.get(request.path_params["name"])
    if found is None:
        raise Refusal(NOT_FOUND, "no such policy")
    return Response(found.text, 200, _KEPT, "application/toml")
