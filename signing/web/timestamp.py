"""POST /tsa: the time-stamp authority over HTTP (RFC 3161 §3.4)."""

from core.errors import Refusal
from core.serving import Answer, Asked
from keys import timestamp
from signing.rules import reasons
from signing.web.context import Context

_QUERY = "application/timestamp-query"
_REPLY = b"application/timestamp-reply"


async def stamp(ctx: Context, asked: Asked) -> Answer:
    """The TimeStampResp to a TimeStampReq; a rejection is an answer too."""
    content_type = (asked.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != _QUERY:
        raise Refusal(reasons.TIME_STAMP_TYPE, content_type)
    if len(asked.body) > timestamp.REQUEST_BYTES:
        too_long = timestamp.rejection(timestamp.Failure.BAD_REQUEST, "the request is too long")
        return Answer(200, too_long, _REPLY)
    answer = timestamp.answer(asked.body, ctx.time_authority(), ctx.clock.utc())
    return Answer(200, answer, _REPLY)
