"""What jobs wait for: a worker in each process takes one document after the other and seals it.

Nothing is held in memory alone. A worker that dies leaves a lease, and the next takes the document
over when it has ended; the seal's own idempotency key sees to it that it is not sealed twice.
"""

import logging
from typing import Final

from core.errors import Refusal
from signing.formats.seal import File
from signing.formats.sealing import accept
from signing.rules.job import RETRY_SECONDS, Taken, context_of, is_passing, parse_title
from signing.store import jobs
from signing.web import sealing
from signing.web.context import Context

_log: Final = logging.getLogger("tra.jobs")


async def work(ctx: Context) -> None:
    """Seal all that waits."""
    while await ctx.ledger.read(jobs.any_waits, ctx.clock.now()):
        taken = await ctx.ledger.write(jobs.take, ctx.clock.now())
        if taken is not None:
            await _settle(ctx, taken)


async def _settle(ctx: Context, taken: Taken) -> None:
    """Seal one document, or write down why not."""
    try:
        await _seal(ctx, taken)
    except Refusal as refusal:
        now = ctx.clock.now()
        if is_passing(refusal):
            await ctx.ledger.write(jobs.put_back, taken, now + RETRY_SECONDS)
        else:
            await ctx.ledger.write(jobs.refuse, taken, refusal.reason.code)
    except Exception:
        _log.exception("a document was not sealed", extra={"fields": _named(taken)})
        now = ctx.clock.now()
        await ctx.ledger.write(jobs.put_back, taken, now + RETRY_SECONDS, crashed=True)
    except BaseException:  # we are told to stop: another process goes on
        await ctx.ledger.write(jobs.put_back, taken, ctx.clock.now())
        raise


async def _seal(ctx: Context, taken: Taken) -> None:
    context = context_of(taken.job_id, taken.number)
    document = await ctx.apart(ctx.sealer.open, taken.content, context)
    title = parse_title(
        ctx.sealer.open(taken.title, context_of(taken.job_id, taken.number, "title"))
    )
    file = File(title.name, title.media_type, document)
    accepted = await ctx.apart(accept, taken.wanted.format, (file,))
    made = await sealing.seal(ctx, taken.caller, taken.key, taken.wanted, accepted)
    content = await ctx.apart(ctx.sealer.seal, made.content, context)
    await ctx.ledger.write(jobs.seal, taken, made.seal_id, content)


def _named(taken: Taken) -> dict[str, object]:
    return {"job": taken.job_id, "document": taken.number, "attempt": taken.attempt}
