"""Anyone verifies: the page, and POST /verify for programs. Nothing is kept."""

import hashlib
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from signing.rules import reasons
from signing.rules.report import Format, Indication, Note, Report, SubIndication, Verdict
from signing.web import body
from signing.web.context import Context
from signing.web.verdicts import as_json, check_document

_TOLD_BY_THE_FORM: Final = (reasons.DOCUMENT_MISSING, reasons.TOO_MANY_DOCUMENTS)

_DOUBTED: Final = (Verdict.CHANGED, Verdict.COVERED, Verdict.INDETERMINATE)
_ADDED_LATER: Final = frozenset({Note.COVERED, Note.FOLLOWED_BY_SIGNATURES, Note.FORM_FILLED_IN})
"""Where one wants to see what was signed."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """A document's name, which is untrusted, and its report."""

    name: str
    report: Report


async def verify(ctx: Context, request: Request) -> Response:
    """POST /verify: the report as JSON. Whatever the bytes are, it is a report."""
    with ctx.desk.place():
        form = await body.read_form(request)
        report = await check_document(ctx, form.documents[0].document, form.content)
    request_id = request.scope.get("state", {}).get("request_id", "")
    answer = orjson.dumps(as_json(ctx.pages, report, request_id))
    return Response(answer, 200, {"Cache-Control": "no-store"}, "application/json")


async def show(ctx: Context, request: Request) -> Response:
    """GET /: the form."""
    lang = ctx.pages.language(request)
    return ctx.pages.render("verify.html", request, lang=lang, error=None)


async def take(ctx: Context, request: Request) -> Response:
    """POST /: the form's documents, and their verdicts as a page. With `?list`, one document is
    answered as many are."""
    lang = ctx.pages.language(request)
    try:
        with ctx.desk.place():
            form = await body.read_form(request)
            checked = [
                _Checked(one.name, await check_document(ctx, one.document, form.content))
                for one in form.documents
            ]
    except Refusal as refusal:
        if refusal.reason is reasons.DOCUMENT_TOO_LARGE:
            return _answer(ctx, request, lang, [_Checked("", _too_large(ctx))], 413)
        if refusal.reason not in _TOLD_BY_THE_FORM:
            raise
        error, status = {"code": refusal.reason.code}, refusal.reason.status
        return ctx.pages.render("verify.html", request, lang=lang, status=status, error=error)
    return _answer(ctx, request, lang, checked, 200)


def _answer(
    ctx: Context, request: Request, lang: str, checked: list[_Checked], status: int
) -> Response:
    if len(checked) > 1 or "list" in request.query_params:
        passed = sum(one.report.verdict is Verdict.AUTHENTIC for one in checked)
        return ctx.pages.render(
            "verdicts.html", request, lang=lang, status=status, checked=checked, passed=passed
        )
    report = checked[0].report
    return ctx.pages.render(
        "verdict.html",
        request,
        lang=lang,
        status=status,
        report=report,
        verdict=report.verdict.value,
        file_name=checked[0].name,
        added_later=report.verdict in _DOUBTED
        or any(_ADDED_LATER.intersection(one.notes) for one in report.signatures),
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
        policy=ctx.policy.name,
        policy_digest=ctx.policy.digest,
        format=Format.OTHER,
    )
