"""Whether the process lives, and whether it can serve."""

from core.database import Transaction, at_head
from core.errors import Refusal, reason
from core.serving import Answer, Asked
from idp.store import MIGRATIONS
from idp.web.context import Context
from keys.ring import NoActiveKey
from keys.signer import Algorithm

NOT_READY = reason(
    "not_ready",
    "temporarily_unavailable",
    503,
    "The database has not the newest schema (`tra migrate`), or there is no signing key "
    "(`tra keys rotate`).",
    "RFC 9110 §15.6.4",
)


async def alive(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001  # an endpoint's shape
    """GET /healthz: the process answers."""
    return Answer(200, b'{"status":"alive"}')


async def ready(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001
    """GET /readyz: the database answers with the right schema, and there are keys."""

    def migrated(transaction: Transaction) -> bool:
        return at_head(transaction, MIGRATIONS)

    if not await ctx.ledger.read(migrated):
        raise Refusal(NOT_READY, "schema")
    try:
        ctx.signer(Algorithm.ES256)
    except NoActiveKey as error:
        raise Refusal(NOT_READY, "signing key") from error
    return Answer(200, b'{"status":"ready"}')
