"""POST /seal/digest: a seal for a file that does not leave its agency."""

from starlette.requests import Request
from starlette.responses import Response

from signing.formats.cades.loose import OfDigest
from signing.rules.seal_format import SealFormat, check_digest
from signing.rules.sealing import check_idempotency_key
from signing.web import bearer, body, sealing
from signing.web.context import Context


async def seal_digest(ctx: Context, request: Request) -> Response:
    """Seal a SHA-256 digest in the name of the caller's agency: JSON in, a CMS in JSON out."""
    caller = await bearer.authenticate(ctx, request)
    key = check_idempotency_key(request.headers.get("idempotency-key"))
    asked = check_digest(await body.read_json(request))
    of_digest = OfDigest(asked.digest, for_pdf=asked.wanted.format is SealFormat.PADES)
    made = await sealing.seal(ctx, caller, key, asked.wanted, of_digest)
    headers = {"Cache-Control": "no-store", "X-Seal-Id": made.seal_id}
    return Response(made.content, 200, headers, "application/json")
