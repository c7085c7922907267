"""Whether the process lives, and whether it can serve."""

import orjson

from core.database import Transaction, at_head
from core.errors import Refusal
from core.serving import Answer, Asked
from signing.rules.reasons import NOT_READY
from signing.rules.timekeeping import Standing
from signing.store import MIGRATIONS
from signing.web.context import Context


async def alive(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001  # an endpoint's shape
    """GET /healthz: the process answers."""
    return Answer(200, b'{"status":"alive"}')


async def ready(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001
    """GET /readyz: the database answers with the right schema, there are certificates, and the
    clock is not off. Where nobody could be asked about the clock, all but time-stamps works."""

    def migrated(transaction: Transaction) -> bool:
        return at_head(transaction, MIGRATIONS)

    if not await ctx.ledger.read(migrated):
        raise Refusal(NOT_READY, "schema")
    ctx.signer(ctx.authorities.now.timestamp)
    ctx.responder(ctx.authorities.now.issuing)
    clock = ctx.timekeeper.judgement().standing
    if clock is Standing.OFF:
        raise Refusal(NOT_READY, "clock")
    return Answer(200, orjson.dumps({"status": "ready", "clock": clock}))
