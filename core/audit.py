"""The audit log: append-only events, written in the transaction that they record.

Nobody waits for tamper evidence. A sealer binds the rows that no head holds yet, every second or
so, into a chain of signed heads: each head carries the digest of every row that it binds, the
digest of the head before it, and a signature. `verify` recounts the chain and names each row
that was changed, removed or slipped in.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

from core.database import Transaction
from core.statements import Prepared

metadata = MetaData()

_big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns

events = Table(
    "audit_events",
    metadata,
    Column("id", _big, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),  # NumericDate
    Column("event", Text, nullable=False),  # subject:object:action
    Column("actor", Text, nullable=False),  # who did it: an identifier, never a name
    Column("details", Text, nullable=False),  # JSON object of identifiers, keys sorted
    Column("head", BigInteger),  # the head that binds this row
)
Index("audit_events_by_head", events.c.head, events.c.id)

heads = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("previous", LargeBinary, nullable=False),  # SHA-256 of the head before
    Column("leaves", LargeBinary, nullable=False),  # per row: id (8 bytes) and SHA-256 (32 bytes)
    Column("digest", LargeBinary, nullable=False),  # SHA-256 over number, at, previous, leaves
    Column("signature", LargeBinary, nullable=False),
)

_LEAF: Final = struct.Struct(">q32s")
_GENESIS: Final = bytes(32)
_BOUND_AT_ONCE: Final = 5_000
_FINDINGS_OF_A_GAP: Final = 1_000

_INSERT = Prepared(insert(events).inline())
_BIND = update(events).where(events.c.id == bindparam("row")).values(head=bindparam("number"))


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: `subject:object:action`, and the identifiers that its rows carry."""

    name: str
    meaning: str
    details: tuple[str, ...]


_KINDS: Final[dict[str, EventKind]] = {}


def kind(name: str, meaning: str, *details: str) -> EventKind:
    """Add a kind of event to docs/events.md. `details` are the only fields that it may carry."""
    if name in _KINDS or name.count(":") != 2:
        raise ValueError(f"{name} is taken, or is not subject:object:action")
    _KINDS[name] = EventKind(name, meaning, details)
    return _KINDS[name]


def kinds() -> tuple[EventKind, ...]:
    """Every kind of event of the packages imported so far, by name."""
    return tuple(_KINDS[name] for name in sorted(_KINDS))


def record(
    transaction: Transaction, kind: EventKind, *, actor: str, now: int, **details: str | int | None
) -> None:
    """Write one event. It stands if and only if the transaction does."""
    if not details.keys() <= set(kind.details):
        raise ValueError(f"{kind.name} does not carry {sorted(details.keys() - set(kind.details))}")
    kept = {name: value for name, value in details.items() if value is not None}
    row = {"at": now, "event": kind.name, "actor": actor, "details": _json(kept)}
    _INSERT.run(transaction, row)


def bind(transaction: Transaction, sign: Callable[[bytes], bytes], now: int) -> int:
    """Bind the rows that no head holds yet into a new head; return how many there were."""
    # The last head is read before the rows: whatever another sealer binds from here on, it binds
    # into the head that we are about to write, and its number is the primary key.
    last = transaction.execute(
        select(heads.c.number, heads.c.digest).order_by(heads.c.number.desc()).limit(1)
    ).one_or_none()
    unbound = transaction.execute(
        select(events).where(events.c.head.is_(None)).order_by(events.c.id).limit(_BOUND_AT_ONCE)
    ).all()
    if not unbound:
        return 0
    number, previous = (last.number + 1, last.digest) if last else (1, _GENESIS)
    leaves = b"".join(_LEAF.pack(row.id, _row_digest(row)) for row in unbound)
    digest = _head_digest(number, now, previous, leaves)
    transaction.execute(
        insert(heads),
        {
            "number": number,
            "at": now,
            "previous": previous,
            "leaves": leaves,
            "digest": digest,
            "signature": sign(digest),
        },
    )
    transaction.execute(_BIND, [{"row": row.id, "number": number} for row in unbound])
    return len(unbound)


@dataclass(frozen=True, slots=True)
class Head:
    """A head, as somebody may note it elsewhere: whoever rewrites the whole log cannot keep it."""

    number: int
    at: int
    digest: bytes


def find_head(transaction: Transaction, number: int | None = None) -> Head | None:
    """The head of that number, or the newest."""
    chosen = select(heads.c.number, heads.c.at, heads.c.digest).order_by(heads.c.number.desc())
    if number is not None:
        chosen = chosen.where(heads.c.number == number)
    row = transaction.execute(chosen.limit(1)).one_or_none()
    return Head(row.number, row.at, row.digest) if row else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `changed`, `missing` or `inserted` row, or a broken `head`."""

    what: str
    row: int | None
    head: int | None


@dataclass(slots=True)
class Verdict:
    """What the recount found."""

    rows: int = 0
    heads: int = 0
    unbound: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.findings


def verify(transaction: Transaction, check_signature: Callable[[bytes, bytes], bool]) -> Verdict:
    """Recount the whole log. `check_signature(digest, signature)` tells whether a head is ours."""
    verdict = Verdict()
    previous, expected = _GENESIS, 1
    for head in transaction.execute(
        select(heads).order_by(heads.c.number), execution_options={"yield_per": 100}
    ):
        verdict.heads += 1
        gone = range(expected, min(head.number, expected + _FINDINGS_OF_A_GAP))
        verdict.findings.extend(Finding("head", None, number) for number in gone)
        if not (
            head.number >= expected
            and (gone or head.previous == previous)
            and head.digest == _head_digest(head.number, head.at, head.previous, head.leaves)
            and check_signature(head.digest, head.signature)
        ):
            verdict.findings.append(Finding("head", None, head.number))
        previous, expected = head.digest, head.number + 1
        verdict.findings.extend(_recount(transaction, head.number, head.leaves, verdict))
    orphans = select(events.c.id).where(
        events.c.head.is_not(None), events.c.head.not_in(select(heads.c.number))
    )
    verdict.findings.extend(
        Finding("inserted", row.id, None) for row in transaction.execute(orphans)
    )
    verdict.unbound = transaction.execute(
        select(func.count()).select_from(events).where(events.c.head.is_(None))
    ).scalar_one()
    return verdict


def _recount(
    transaction: Transaction, number: int, leaves: bytes, verdict: Verdict
) -> Iterator[Finding]:
    whole = len(leaves) - len(leaves) % _LEAF.size  # a head that was cut is a finding already
    bound = dict(_LEAF.iter_unpack(leaves[:whole]))
    for row in transaction.execute(select(events).where(events.c.head == number)):
        verdict.rows += 1
        digest = bound.pop(row.id, None)
        if digest is None:
            yield Finding("inserted", row.id, number)
        elif digest != _row_digest(row):
            yield Finding("changed", row.id, number)
    for row_id in sorted(bound):
        yield Finding("missing", row_id, number)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _row_digest(row: object) -> bytes:
    fields = [getattr(row, name) for name in ("id", "at", "event", "actor", "details")]
    return hashlib.sha256(_json(fields).encode()).digest()


def _head_digest(number: int, at: int, previous: bytes, leaves: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(struct.pack(">qq", number, at) + previous + leaves).digest()
