"""The newest CRL of each issuer and shard."""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from core.statements import Prepared
from signing.store.certificates import as_text
from signing.store.tables import crls

_INSERTS = {
    "sqlite": sqlite.insert(crls).on_conflict_do_nothing().returning(crls.c.number),
    "postgresql": postgresql.insert(crls).on_conflict_do_nothing().returning(crls.c.number),
}


_FIND_REVISION = Prepared(select(func.coalesce(func.sum(crls.c.number), 0).label("revision")))


@dataclass(frozen=True, slots=True)
class Crl:
    """A CRL as it is served."""

    issuer: int
    shard: int
    number: int
    this_update: int
    next_update: int
    der: bytes


def find(transaction: Transaction, issuer: int, shard: int) -> Crl | None:
    found = transaction.execute(
        select(crls).where(crls.c.issuer == as_text(issuer), crls.c.shard == shard)
    ).one_or_none()
    if found is None:
        return None
    return Crl(issuer, shard, found.number, found.this_update, found.next_update, bytes(found.der))


def find_times(transaction: Transaction, issuer: int, shard: int) -> tuple[int, int] | None:
    """When the newest CRL was issued, and when the next one is due."""
    found = transaction.execute(
        select(crls.c.this_update, crls.c.next_update).where(
            crls.c.issuer == as_text(issuer), crls.c.shard == shard
        )
    ).one_or_none()
    return None if found is None else (found.this_update, found.next_update)


def find_revision(transaction: Transaction) -> int:
    """A number that rises with every CRL that is issued, and so with every revocation."""
    return int(_FIND_REVISION.first(transaction, {}).revision)


def replace(transaction: Transaction, crl: Crl) -> bool:
    """Put `crl` in the place of the one numbered one less; False where another did it first."""
    values = {
        "number": crl.number,
        "this_update": crl.this_update,
        "next_update": crl.next_update,
        "der": crl.der,
    }
    if crl.number == 1:
        row = {"issuer": as_text(crl.issuer), "shard": crl.shard, **values}
        return transaction.execute(_INSERTS[transaction.dialect.name], row).first() is not None
    done = transaction.execute(
        update(crls)
        .where(
            crls.c.issuer == as_text(crl.issuer),
            crls.c.shard == crl.shard,
            crls.c.number == crl.number - 1,
        )
        .values(**values)
    )
    return done.rowcount == 1


def put(transaction: Transaction, crl: Crl) -> bool:
    """Store a CRL that another issued; False where ours is as new, or newer."""
    found = find(transaction, crl.issuer, crl.shard)
    if found is not None and found.number >= crl.number:
        return False
    transaction.execute(
        delete(crls).where(crls.c.issuer == as_text(crl.issuer), crls.c.shard == crl.shard)
    )
    row = {
        "issuer": as_text(crl.issuer),
        "shard": crl.shard,
        "number": crl.number,
        "this_update": crl.this_update,
        "next_update": crl.next_update,
        "der": crl.der,
    }
    transaction.execute(insert(crls), row)
    return True
