"""Anyone verifies: the page, and POST /verify for programs. Nothing is kept."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from signing.rules import reasons
from signing.rules.evidence import DocumentEvidence
from signing.rules.report import Format, Indication, Note, Report, SubIndication, Verdict
from signing.rules.report_format import USUAL, ReportFormat, check_report_format
from signing.rules.shown import shown
from signing.rules.validation import Checked
from signing.web import body, reports
from signing.web.context import Context
from signing.web.verdicts import as_json, check_policy, examine

_TOLD_BY_THE_FORM: Final = (reasons.DOCUMENT_MISSING, reasons.TOO_MANY_DOCUMENTS)

_DOUBTED: Final = (Verdict.CHANGED, Verdict.COVERED, Verdict.INDETERMINATE)
_ADDED_LATER: Final = frozenset({Note.COVERED, Note.FOLLOWED_BY_SIGNATURES, Note.FORM_FILLED_IN})
"""Where one wants to see what was signed."""


async def verify(ctx: Context, request: Request) -> Response:
    """POST /verify: the report, as JSON, or as `?report=` says, by our policy or the one of
    `?policy=`. Whatever the bytes are, it is a report."""
    wanted = check_report_format(request.query_params.get("report"))
    policy = check_policy(ctx, request.query_params.get("policy"))
    with ctx.public.place():
        form = await body.read_form(request)
        sent = form.documents[0]
        over = (form.content, form.record)
        checked = await examine(ctx, ctx.public, sent.name, sent.document, *over, policy)
        answer = await _REPORTS[wanted](ctx, checked, request)
    headers = {"Cache-Control": "no-store"}
    if wanted is not USUAL:
        headers["Content-Disposition"] = f'attachment; filename="report.{wanted}"'
    return Response(answer, 200, headers, wanted.media_type)


async def _json(ctx: Context, checked: Checked, request: Request) -> bytes:
    return orjson.dumps(as_json(ctx.pages, checked.report, _number(request)))


async def _xml(ctx: Context, checked: Checked, _request: Request) -> bytes:
    return await reports.as_xml(ctx, checked)


async def _pdf(ctx: Context, checked: Checked, request: Request) -> bytes:
    return await reports.as_pdf(ctx, checked, _number(request))


def _number(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


async def show(ctx: Context, request: Request) -> Response:
    """GET /: the form; `?with=content` asks for what was signed, too."""
    lang = ctx.pages.language(request)
    return ctx.pages.render("verify.html", request, lang=lang, error=None, **_fields(request))


def _fields(request: Request) -> dict[str, Any]:
    """The fields besides the document's that a form has, and the addresses of forms with more."""
    asked = request.query_params.getlist("with")
    beside = [one for one in body.BESIDE if one in asked]
    more = {one: _form(*beside, one) for one in body.BESIDE if one not in beside}
    return {"beside": beside, "action": _form(*beside), "more": more}


def _form(*beside: str) -> str:
    return "/?" + urlencode([("with", one) for one in beside]) if beside else "/"


async def take(ctx: Context, request: Request) -> Response:
    """POST /: the form's documents, and their verdicts as a page. With `?list`, one document is
    answered as many are."""
    lang = ctx.pages.language(request)
    try:
        with ctx.public.place():
            form = await body.read_form(request)
            checked = [
                await examine(ctx, ctx.public, one.name, one.document, form.content, form.record)
                for one in form.documents
            ]
    except Refusal as refusal:
        if refusal.reason is reasons.DOCUMENT_TOO_LARGE:
            return _answer(ctx, request, lang, [_too_large(ctx)], status=413)
        if refusal.reason not in _TOLD_BY_THE_FORM:
            raise
        error, status = {"code": refusal.reason.code}, refusal.reason.status
        fields = _fields(request)
        return ctx.pages.render(
            "verify.html", request, lang=lang, status=status, error=error, **fields
        )
    return _answer(ctx, request, lang, checked, form.beside)


def _answer(
    ctx: Context,
    request: Request,
    lang: str,
    checked: list[Checked],
    beside: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    """`beside`: the fields that came with the document."""
    if len(checked) > 1 or "list" in request.query_params:
        passed = sum(one.report.verdict is Verdict.AUTHENTIC for one in checked)
        return ctx.pages.render(
            "verdicts.html",
            request,
            lang=lang,
            status=status,
            checked=checked,
            passed=passed,
            spelled_out=shown,
        )
    report = checked[0].report
    return ctx.pages.render(
        "verdict.html",
        request,
        lang=lang,
        status=status,
        report=report,
        verdict=report.verdict,
        file_name=checked[0].name,
        spelled_out=shown,
        beside=beside,
        added_later=report.verdict in _DOUBTED
        or any(_ADDED_LATER.intersection(one.notes) for one in report.signatures),
    )


def _too_large(ctx: Context) -> Checked:
    nothing = DocumentEvidence(0, hashlib.sha256(b"").hexdigest())
    report = Report(
        verdict=Verdict.TOO_LARGE,
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
        signatures=(),
        size=0,
        digest=nothing.digest,
        unsigned_bytes=0,
        checked_at=ctx.clock.now(),
        policy=ctx.policy.name,
        policy_digest=ctx.policy.digest,
        format=Format.OTHER,
    )
    return Checked("", nothing, report)


_REPORTS: Final[dict[ReportFormat, Callable[[Context, Checked, Request], Awaitable[bytes]]]] = {
    ReportFormat.JSON: _json,
    ReportFormat.XML: _xml,
    ReportFormat.PDF: _pdf,
}
