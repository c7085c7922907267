"""GET and POST /ocsp: which of our certificates are revoked (RFC 6960, RFC 5019, RFC 9654)."""

import base64
import binascii
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from core.serving import Answer, Asked
from keys.revocation import (
    REQUEST_BYTES,
    OcspError,
    OcspRefused,
    answer_ocsp,
    ocsp_error,
    parse_ocsp_request,
)
from signing.rules import reasons
from signing.store import certificates
from signing.web.context import Context

CURRENT_SECONDS: Final = 3_600
CACHED_SECONDS: Final = 30
"""So that a revocation reaches everyone within a minute."""

_RESPONSE: Final = b"application/ocsp-response"


async def post(ctx: Context, asked: Asked) -> Answer:
    """POST /ocsp (RFC 6960 Appendix A.1)."""
    content_type = (asked.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != "application/ocsp-request":
        raise Refusal(reasons.OCSP_TYPE, content_type)
    encoded, _ = await _answer(ctx, asked.body)
    return Answer(200, encoded, _RESPONSE)


async def get(ctx: Context, request: Request) -> Response:
    """GET /ocsp/{request in base64}, which caches may keep for a moment (RFC 5019 §6.2)."""
    path = unquote(request.url.path.removeprefix("/ocsp/"))
    try:
        encoded_request = base64.b64decode(path.replace(" ", "+"), validate=True)
    except (ValueError, binascii.Error):
        encoded_request = b""
    encoded, cacheable = await _answer(ctx, encoded_request)
    keep = f"public, no-transform, must-revalidate, max-age={CACHED_SECONDS}"
    headers = {"Cache-Control": keep if cacheable else "no-store"}
    return Response(encoded, 200, headers, _RESPONSE.decode())


async def _answer(ctx: Context, encoded: bytes) -> tuple[bytes, bool]:
    """An OCSPResponse, and whether it may be given to others too."""
    try:
        if len(encoded) > REQUEST_BYTES:
            raise OcspRefused(OcspError.MALFORMED_REQUEST)
        request = parse_ocsp_request(encoded)
        serials = [cert_id.serial for cert_id in request.asked]
        statuses = await ctx.ledger.read(certificates.find_statuses, serials)
        now = ctx.clock.now()
        answered = answer_ocsp(request, statuses, ctx.responder(), now, now + CURRENT_SECONDS)
    except OcspRefused as refused:
        return ocsp_error(refused.error), False
    return answered, request.nonce is None
