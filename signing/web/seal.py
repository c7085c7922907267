"""POST /seal: documents in, the same documents under the agency's seal out."""

from starlette.requests import Request
from starlette.responses import Response

from signing.formats.sealing import accept
from signing.rules.seal_format import check_wanted
from signing.rules.sealing import check_idempotency_key
from signing.web import bearer, body, sealing
from signing.web.context import Context


async def seal(ctx: Context, request: Request) -> Response:
    """Seal what is in the body in the name of the caller's agency."""
    caller = await bearer.authenticate(ctx, request)
    key = check_idempotency_key(request.headers.get("idempotency-key"))
    asked = request.query_params
    with ctx.agencies.place():
        files = await body.read_files(request)
        media_types = [file.media_type for file in files]
        wanted = check_wanted(asked.get("format"), asked.get("level"), media_types)
        accepted = await ctx.apart(accept, wanted.format, files)
        made = await sealing.seal(ctx, caller, key, wanted, accepted)
        headers = {"Cache-Control": "no-store", "X-Seal-Id": made.seal_id}
        return Response(made.content, 200, headers, wanted.offer.media_type)
