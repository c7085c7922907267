"""Identifiers that may be used once: jti of assertions and proofs."""

from sqlalchemy import delete

from core.database import Transaction
from core.statements import Prepared
from idp.store.tables import replay
from keys.handles import digest

_TAKE = Prepared.upsert(lambda insert: insert(replay).on_conflict_do_nothing())


def take(transaction: Transaction, whose: str, jti: str, expires_at: int) -> bool:
    """Use `jti` of `whose` (a client and a purpose) once: False where it was used before."""
    row = {"key": digest(f"{whose}\x00{jti}"), "expires_at": expires_at}
    return _TAKE.run(transaction, row) == 1


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out what its own expiry refuses by now."""
    transaction.execute(delete(replay).where(replay.c.expires_at < now))
