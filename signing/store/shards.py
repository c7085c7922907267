"""The shards of an authority: each CRL lists the revoked ones of so many certificates, and no more.

Certificates fill one shard after the other, so those of a shard end at about the same time, and
a shard whose last certificate has ended needs no further CRLs.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from signing.store.certificates import as_text
from signing.store.tables import shards

CAPACITY: Final = 10_000
"""Certificates of a shard: were all of them revoked, its CRL would have 500 kB. Another number
changes nothing about the shards that are full."""

UNDIVIDED: Final = 2**31 - 1
"""The capacity of an authority that has one CRL for all that it issues."""

_INSERTS = {
    "sqlite": sqlite.insert(shards).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(shards).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class Shard:
    """How many certificates it was given, and when the last of them ends. `newest`: the next one
    goes there."""

    issuer: int
    number: int
    certificates: int
    ends: int
    newest: bool


def take(transaction: Transaction, issuer: int, ends: int, capacity: int = CAPACITY) -> Shard:
    """A place for a certificate that ends then; a shard is opened where the newest is full.
    Whoever takes one at the same time waits."""
    of_issuer = shards.c.issuer == as_text(issuer)
    newest = select(func.max(shards.c.shard)).where(of_issuer).scalar_subquery()
    take_place = (
        update(shards)
        .where(of_issuer, shards.c.shard == newest, shards.c.certificates < capacity)
        .values(
            certificates=shards.c.certificates + 1,
            ends=case((shards.c.ends < ends, ends), else_=shards.c.ends),
        )
        .returning(shards)
    )
    while (row := transaction.execute(take_place).one_or_none()) is None:
        last = transaction.execute(select(func.max(shards.c.shard)).where(of_issuer)).scalar()
        opened = {
            "issuer": as_text(issuer),
            "shard": 0 if last is None else last + 1,
            "certificates": 0,
            "ends": 0,
        }
        transaction.execute(_INSERTS[transaction.dialect.name], opened)
    return _shard(row, newest=True)


def find_all(transaction: Transaction, issuer: int) -> tuple[Shard, ...]:
    """The shards of an authority, oldest first."""
    rows = transaction.execute(
        select(shards).where(shards.c.issuer == as_text(issuer)).order_by(shards.c.shard)
    ).all()
    return tuple(_shard(row, newest=row is rows[-1]) for row in rows)


def find_end(transaction: Transaction, issuer: int) -> int:
    """When the last certificate of an authority ends."""
    of_issuer = shards.c.issuer == as_text(issuer)
    return transaction.execute(select(func.max(shards.c.ends)).where(of_issuer)).scalar() or 0


def lock(transaction: Transaction, issuer: int, number: int) -> None:
    """From here to the end of the transaction nobody else issues the CRL of that shard. Whoever
    locks several does it in the order of issuer and number."""
    transaction.execute(
        select(shards.c.shard)
        .where(shards.c.issuer == as_text(issuer), shards.c.shard == number)
        .with_for_update()  # SQLite has one writer at a time, and no word for it
    )


def _shard(row: Row[Any], *, newest: bool) -> Shard:
    return Shard(int(row.issuer, 16), row.shard, row.certificates, row.ends, newest)
