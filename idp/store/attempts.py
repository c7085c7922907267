"""Tries at a credential, counted before they are weighed: parallel guesses gain nothing."""

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from idp.rules.credentials import FORGOTTEN_AFTER, wait_after
from idp.store.tables import attempts
from keys.handles import digest

_LOCK = {
    name: dialect.insert(attempts)
    .on_conflict_do_update(index_elements=[attempts.c.key], set_={"key": attempts.c.key})
    .returning(attempts)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}


def begin(transaction: Transaction, what: str, now: int) -> int:
    """Count a try at `what` (a kind of credential, an account, a source). Returns 0 where it may
    go ahead, else the seconds to wait; a try that must wait is not counted."""
    key = digest(what)
    # The row is locked from here on: a second try for the same key waits for this one.
    first = {"key": key, "failures": 0, "blocked_until": 0, "last_at": now}
    row = transaction.execute(_LOCK[transaction.dialect.name], first).one()
    if row.blocked_until > now:
        return int(row.blocked_until - now)
    failures = 1 if now - row.last_at > FORGOTTEN_AFTER else row.failures + 1
    transaction.execute(
        update(attempts)
        .where(attempts.c.key == key)
        .values(failures=failures, blocked_until=now + wait_after(failures), last_at=now)
    )
    return 0


def succeed(transaction: Transaction, what: str) -> None:
    """Forget the tries: this one was right."""
    transaction.execute(delete(attempts).where(attempts.c.key == digest(what)))


def forgive(transaction: Transaction, what: str) -> None:
    """Take back the try that was begun, and leave the others counted."""
    transaction.execute(
        update(attempts)
        .where(attempts.c.key == digest(what))
        .values(failures=attempts.c.failures - 1, blocked_until=0)
    )


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out what no longer counts."""
    transaction.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN_AFTER))
