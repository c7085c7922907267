"""GET /policies, and /policies/{name}: a validation policy as it is, by which its digest can be
recounted."""

from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Refusal
from signing.web.context import Context

_KEPT: Final = {"Cache-Control": "public, max-age=3600"}


async def listed(ctx: Context, _request: Request) -> Response:
    """Those that `POST /verify?policy=` takes, the one first that decides where none is named."""
    own = ctx.policy.name
    held = sorted(ctx.policies.values(), key=lambda one: (one.name != own, one.name))
    told = [
        {
            "name": one.name,
            "title": one.title,
            "digest": one.digest,
            "url": f"{ctx.url}/policies/{one.name}",
            "used": one.name == own,
        }
        for one in held
    ]
    return Response(orjson.dumps({"policies": told}), 200, _KEPT, "application/json")


async def policy(ctx: Context, request: Request) -> Response:
    """The policies that came with the service, and the one that it judges by."""
    found = ctx.policies.get(request.path_params["name"])
    if found is None:
        raise Refusal(NOT_FOUND, "no such policy")
    return Response(found.text, 200, _KEPT, "application/toml")
