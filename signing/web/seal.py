"""POST /seal: a document in, the same document under the agency's seal out (PAdES B-LT)."""

from starlette.requests import Request
from starlette.responses import Response

from signing.rules.sealing import check_idempotency_key
from signing.web import bearer, body
from signing.web.context import Context
from signing.web.sealing import seal_document


async def seal(ctx: Context, request: Request) -> Response:
    """Seal the PDF in the body in the name of the caller's agency."""
    caller = await bearer.authenticate(ctx, request)
    key = check_idempotency_key(request.headers.get("idempotency-key"))
    with ctx.desk.place():
        document = await body.read_pdf(request)
        made = await seal_document(ctx, caller, key, document)
        headers = {"Cache-Control": "no-store", "X-Seal-Id": made.seal_id}
        return Response(document + made.appended, 200, headers, "application/pdf")
