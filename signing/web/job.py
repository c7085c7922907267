"""/seals/{id}: what became of a job's documents, for the client that sent them and nobody else."""

import re
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import NOT_FOUND, Reason, Refusal, find_reason
from signing.rules.job import (
    DOCUMENTS,
    JOB_DOCUMENT_WAITING,
    DocumentState,
    Job,
    JobDocument,
    JobState,
    context_of,
    parse_title,
)
from signing.store import jobs
from signing.web import bearer
from signing.web.context import Context

_RETRY_SECONDS: Final = "1"
_ID: Final = re.compile(r"[0-9a-z]{26}\Z")


async def show(ctx: Context, request: Request) -> Response:
    """GET: how far it is, and each document's state."""
    caller = await bearer.authenticate(ctx, request)
    found = await ctx.ledger.read(jobs.find, _job_id(request), caller)
    if found is None:
        raise Refusal(NOT_FOUND, "no such job of this client")
    return answer(ctx, found, 200, {})


async def document(ctx: Context, request: Request) -> Response:
    """GET /documents/{number}: the sealed document, or why it was refused."""
    caller = await bearer.authenticate(ctx, request)
    job_id, number = _job_id(request), request.path_params["number"]
    if number > DOCUMENTS:
        raise Refusal(NOT_FOUND, "no job has so many documents")
    found = await ctx.ledger.read(jobs.find_content, job_id, number, caller)
    if found is None:
        raise Refusal(NOT_FOUND, "no such document of this client")
    made, content, wanted = found
    if made.state is DocumentState.REFUSED:
        raise Refusal(_reason(made), f"document {number}")
    if made.state is not DocumentState.SEALED or content is None:
        raise Refusal(JOB_DOCUMENT_WAITING, made.state, {"Retry-After": _RETRY_SECONDS})
    with ctx.agencies.place():
        opened = await ctx.apart(ctx.sealer.open, content, context_of(job_id, number))
        headers = {"Cache-Control": "no-store", "X-Seal-Id": made.seal_id or ""}
        return Response(opened, 200, headers, wanted.offer.media_type)


async def end(ctx: Context, request: Request) -> Response:
    """DELETE: forget the documents. What is sealed stays sealed; what waits is not."""
    caller = await bearer.authenticate(ctx, request)
    if not await ctx.ledger.write(jobs.end, _job_id(request), caller, ctx.clock.now()):
        raise Refusal(NOT_FOUND, "no such job of this client")
    return Response(status_code=204)


def answer(ctx: Context, found: Job, status: int, headers: dict[str, str]) -> Response:
    """A job as its client sees it."""
    said = {
        "id": found.id,
        "state": found.state,
        "format": found.wanted.format,
        "level": found.wanted.level,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "counts": {
            state.value: sum(one.state is state for one in found.documents)
            for state in DocumentState
            if state is not DocumentState.ARRIVED
        },
        "documents": [_as_json(ctx, found.id, one) for one in found.documents],
    }
    if found.state is not JobState.DONE:
        headers = {**headers, "Retry-After": _RETRY_SECONDS}
    headers = {"Cache-Control": "no-store", **headers}
    return Response(orjson.dumps(said), status, headers, "application/json")


def _job_id(request: Request) -> str:
    asked: str = request.path_params["job"]
    if not _ID.match(asked):
        raise Refusal(NOT_FOUND, "not the id of a job")
    return asked


def _as_json(ctx: Context, job_id: str, one: JobDocument) -> dict[str, Any]:
    title = ctx.sealer.open(one.title, context_of(job_id, one.number, "title"))
    refused = _reason(one) if one.state is DocumentState.REFUSED else None
    return {
        "number": one.number,
        "name": parse_title(title).name,
        "size": one.size,
        "digest": one.digest.hex(),
        "state": one.state,
        "seal_id": one.seal_id,
        "code": refused.code if refused else None,
        "error_description": refused.hint if refused else None,
    }


def _reason(refused: JobDocument) -> Reason:
    return find_reason(refused.code or "")
