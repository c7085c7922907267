"""POST /seals: many documents in, one job out, which seals them after it was answered."""

import hashlib
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from keys.handles import new_id
from signing.rules import reasons
from signing.rules.job import (
    FORM_BYTES,
    HELD_BYTES,
    JOB_ENDED,
    JOBS_HOLD_TOO_MUCH,
    Offered,
    Rejected,
    Title,
    check_room,
    context_of,
)
from signing.rules.seal_format import check_wanted
from signing.rules.sealing import check_idempotency_key
from signing.store import jobs
from signing.web import bearer, body, job
from signing.web.context import Context
from signing.web.multipart import Part


@dataclass
class _Arriving:
    """A job whose documents arrive: each is encrypted and stored when it is there."""

    job_id: str = field(default_factory=new_id)
    offered: list[Offered] = field(default_factory=list)
    key: str | None = None
    """Of the document that comes next."""


async def accept(ctx: Context, request: Request) -> Response:
    """Take documents in, and seal them in the name of the caller's agency."""
    caller = await bearer.authenticate(ctx, request)
    key = check_idempotency_key(request.headers.get("idempotency-key"))
    asked = request.query_params
    wanted = check_wanted(asked.get("format"), asked.get("level"), ["application/pdf"])
    arriving = _Arriving()
    with ctx.agencies.place():
        try:
            if await ctx.ledger.read(jobs.held, caller.agency_id) > HELD_BYTES:
                raise Refusal(JOBS_HOLD_TOO_MUCH, caller.agency_id, {"Retry-After": "60"})
            async for part in body.parts(request, FORM_BYTES):
                await _take(ctx, arriving, part)
            if not arriving.offered:
                raise Refusal(reasons.DOCUMENT_MISSING)
            accepted = await ctx.ledger.write(
                jobs.accept,
                arriving.job_id,
                caller,
                key,
                wanted,
                tuple(arriving.offered),
                ctx.clock.now(),
            )
        except BaseException:
            await ctx.ledger.write(jobs.drop, arriving.job_id)
            await body.drain(request)
            raise
    if isinstance(accepted, Rejected):
        raise Refusal(accepted.reason)
    ctx.work.set()
    found = await ctx.ledger.read(jobs.find, accepted.job_id, caller)
    if found is None:
        raise Refusal(JOB_ENDED)
    headers = {"Location": f"{ctx.url}/seals/{found.id}"}
    return job.answer(ctx, found, 202, headers)


async def _take(ctx: Context, arriving: _Arriving, part: Part) -> None:
    """A field `key` is for the document that follows; other fields are passed over."""
    if part.name == "key":
        arriving.key = check_idempotency_key(part.content.decode("ascii", "replace"))
    if part.name != "document":
        return
    if not part.content:
        raise Refusal(reasons.DOCUMENT_MISSING)
    size, job_id = len(part.content), arriving.job_id
    check_room(arriving.offered, size)
    number = len(arriving.offered) + 1
    digest = hashlib.sha256(part.content).digest()
    title = Title(part.file_name, part.media_type)
    offered = Offered(number, title, arriving.key, size, digest)
    content = await ctx.apart(ctx.sealer.seal, part.content, context_of(job_id, number))
    head = ctx.sealer.seal(title.dump(), context_of(job_id, number, "title"))
    await ctx.ledger.write(jobs.put, job_id, offered, head, content, ctx.clock.now())
    arriving.offered.append(offered)
    arriving.key = None
