"""Anyone verifies: the page, and POST /verify for programs. Nothing is kept."""

import hashlib

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from signing.rules import reasons
from signing.rules.report import Format, Indication, Report, SubIndication, Verdict
from signing.rules.validation import DEFAULT_POLICY
from signing.web import body
from signing.web.body import Uploaded
from signing.web.context import Context
from signing.web.verdicts import as_json, check_document


async def verify(ctx: Context, request: Request) -> Response:
    """POST /verify: the report as JSON. Whatever the bytes are, it is a report."""
    with ctx.desk.place():
        uploaded = await body.read_document(request)
        report = await check_document(ctx, uploaded.document)
    request_id = request.scope.get("state", {}).get("request_id", "")
    answer = orjson.dumps(as_json(ctx.pages, report, request_id))
    return Response(answer, 200, {"Cache-Control": "no-store"}, "application/json")


async def show(ctx: Context, request: Request) -> Response:
    """GET /: the form."""
    lang = ctx.pages.language(request)
    return ctx.pages.render("verify.html", request, lang=lang, error=None)


async def take(ctx: Context, request: Request) -> Response:
    """POST /: the form's document, and its verdict as a page."""
    lang = ctx.pages.language(request)
    try:
        with ctx.desk.place():
            uploaded = await body.read_document(request)
            report = await check_document(ctx, uploaded.document)
    except Refusal as refusal:
        if refusal.reason is reasons.DOCUMENT_TOO_LARGE:
            return _verdict(ctx, request, lang, _too_large(ctx), Uploaded(b"", ""), 413)
        if refusal.reason is not reasons.DOCUMENT_MISSING:
            raise
        error = {"code": refusal.reason.code}
        return ctx.pages.render("verify.html", request, lang=lang, status=400, error=error)
    return _verdict(ctx, request, lang, report, uploaded, 200)


def _verdict(
    ctx: Context, request: Request, lang: str, report: Report, uploaded: Uploaded, status: int
) -> Response:
    return ctx.pages.render(
        "verdict.html",
        request,
        lang=lang,
        status=status,
        report=report,
        verdict=report.verdict.value,
        file_name=uploaded.name,
        file_digest=report.digest,
        checked_at=report.checked_at,
    )


def _too_large(ctx: Context) -> Report:
    return Report(
        verdict=Verdict.TOO_LARGE,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
        signatures=(),
        size=0,
        digest=hashlib.sha256(b"").hexdigest(),
        unsigned_bytes=0,
        checked_at=ctx.clock.now(),
        policy=DEFAULT_POLICY.version,
        format=Format.OTHER,
    )
