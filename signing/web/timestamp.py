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
    try:
        authority = ctx.time_authority()
    except Refusal as refused:
        if refused.reason is not reasons.TIME_NOT_AVAILABLE:
            raise
        unavailable = timestamp.Failure.TIME_NOT_AVAILABLE
        return Answer(200, timestamp.rejection(unavailable, refused.reason.hint), _REPLY)
    return Answer(200, timestamp.answer(asked.body, authority, ctx.clock.utc()), _REPLY)
