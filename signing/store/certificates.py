"""The certificates that we issued, and which of them are revoked."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from core.statements import Prepared
from keys.certificates import Certificate, Subject
from keys.profiles import PROFILES
from keys.revocation import Reason, Revoked, Status
from keys.ring import Purpose
from signing.store.tables import certificates

_INSERTS = {
    "sqlite": sqlite.insert(certificates).on_conflict_do_nothing().returning(certificates.c.serial),
    "postgresql": postgresql.insert(certificates)
    .on_conflict_do_nothing()
    .returning(certificates.c.serial),
}


_FIND_STATUS = Prepared(
    select(certificates.c.issuer, certificates.c.revoked_at, certificates.c.reason).where(
        certificates.c.serial == bindparam("serial")
    )
)


_SHORT_TERM: Final = tuple(one for one, profile in PROFILES.items() if profile.short_term)


class State(StrEnum):
    """What became of a certificate."""

    STANDS = "stands"
    REVOKED = "revoked"
    ENDED = "ended"  # its time is over, and it was not revoked


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that we issued. `kid` is the key it certifies, `issuer` the serial number of
    the certificate above it (its own, for a root)."""

    certificate: Certificate
    purpose: Purpose
    owner: str
    generation: int
    kid: str
    issuer: int
    shard: int
    issued_at: int
    revoked: Revoked | None = None

    @property
    def serial(self) -> int:
        return self.certificate.serial

    def state(self, now: int) -> State:
        if self.revoked is not None:
            return State.REVOKED
        return State.STANDS if now <= self.certificate.not_after else State.ENDED

    def names(self, subject: Subject) -> bool:
        """Whether it says that its holder is called so."""
        return self.certificate.subject == subject.name


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which certificates are listed, as of `now`; None is any. `owner`: an agency's id, a person's
    identifier; `serial`: what the 40 hex digits begin with."""

    now: int
    purpose: Purpose | None = None
    owner: str | None = None
    state: State | None = None
    serial: str = ""


def save(transaction: Transaction, issued: Issued) -> bool:
    """Store a certificate: False where another process made that generation first."""
    row = {
        "serial": as_text(issued.serial),
        "purpose": issued.purpose,
        "owner": issued.owner,
        "generation": issued.generation,
        "kid": issued.kid,
        "issuer": as_text(issued.issuer),
        "shard": issued.shard,
        "der": issued.certificate.der,
        "issued_at": issued.issued_at,
        "not_after": issued.certificate.not_after,
    }
    return transaction.execute(_INSERTS[transaction.dialect.name], row).first() is not None


def find_current(transaction: Transaction, purpose: Purpose, owner: str = "") -> Issued | None:
    """The newest certificate of a purpose and an owner, revoked or not."""
    found = transaction.execute(
        select(certificates)
        .where(certificates.c.purpose == purpose, certificates.c.owner == owner)
        .order_by(certificates.c.generation.desc())
        .limit(1)
    ).one_or_none()
    return _issued(found) if found is not None else None


def find(transaction: Transaction, serial: int) -> Issued | None:
    """The certificate of that serial number."""
    return find_many(transaction, (serial,)).get(serial)


def find_many(transaction: Transaction, serials: Iterable[int]) -> dict[int, Issued]:
    """Those of the serial numbers that are ours."""
    wanted = {as_text(serial) for serial in serials if 0 < serial < 1 << 160}
    rows = transaction.execute(select(certificates).where(certificates.c.serial.in_(wanted)))
    return {issued.serial: issued for issued in map(_issued, rows)}


def find_places(transaction: Transaction, serials: Iterable[int]) -> dict[int, tuple[int, int]]:
    """The issuer and the shard of those of the serial numbers that are ours."""
    wanted = {as_text(serial) for serial in serials if 0 < serial < 1 << 160}
    asked = select(certificates.c.serial, certificates.c.issuer, certificates.c.shard)
    rows = transaction.execute(asked.where(certificates.c.serial.in_(wanted)))
    return {int(row.serial, 16): (int(row.issuer, 16), row.shard) for row in rows}


def find_short_term(transaction: Transaction, serials: Iterable[int]) -> dict[int, int]:
    """Of the serial numbers those of certificates that nobody revokes, and when they end."""
    wanted = {as_text(serial) for serial in serials if 0 < serial < 1 << 160}
    asked = select(certificates.c.serial, certificates.c.not_after)
    which = asked.where(certificates.c.serial.in_(wanted), certificates.c.purpose.in_(_SHORT_TERM))
    return {int(row.serial, 16): row.not_after for row in transaction.execute(which)}


def find_by_purpose(transaction: Transaction, purpose: Purpose) -> tuple[Issued, ...]:
    """Every certificate of a purpose that has few, the newest first."""
    rows = transaction.execute(
        select(certificates)
        .where(certificates.c.purpose == purpose)
        .order_by(certificates.c.generation.desc(), certificates.c.owner)
    )
    return tuple(map(_issued, rows))


def find_statuses(
    transaction: Transaction, serials: Iterable[int], issuers: Collection[int] | None = None
) -> dict[int, Status]:
    """What an OCSP responder says of those that are ours, and that one of `issuers` issued."""
    of_ours = None if issuers is None else {as_text(issuer) for issuer in issuers}
    found = {}
    for serial in set(serials):
        row = _FIND_STATUS.first(transaction, {"serial": f"{serial:040x}"})
        if row is not None and (of_ours is None or row.issuer in of_ours):
            found[serial] = Status(_revoked(row.revoked_at, row.reason))
    return found


def find_page(
    transaction: Transaction, wanted: Wanted, limit: int, after: int | None = None
) -> tuple[Issued, ...]:
    """So many certificates at most, oldest first; those that stand, or have ended, by when they
    end, soonest first. `after`: those that follow that serial number."""
    by_end = wanted.state in {State.STANDS, State.ENDED}
    when = certificates.c.not_after if by_end else certificates.c.issued_at
    serial = certificates.c.serial
    page = select(certificates).where(*_conditions(wanted)).order_by(when, serial).limit(limit)
    if after is not None:
        place = select(when, serial).where(serial == as_text(after))
        last = transaction.execute(place).one_or_none()
        if last is None:
            return ()
        page = page.where(tuple_(when, serial) > tuple_(*last))
    return tuple(map(_issued, transaction.execute(page)))


def find_revoked(
    transaction: Transaction, issuer: int, shard: int, not_ended_at: int
) -> tuple[tuple[int, Revoked], ...]:
    """What a CRL lists: revoked, and not ended by then (RFC 5280 §3.3)."""
    rows = transaction.execute(
        select(certificates.c.serial, certificates.c.revoked_at, certificates.c.reason).where(
            certificates.c.issuer == as_text(issuer),
            certificates.c.shard == shard,
            certificates.c.revoked_at.is_not(None),
            certificates.c.not_after >= not_ended_at,
        )
    )
    return tuple((int(row.serial, 16), Revoked(row.revoked_at, Reason(row.reason))) for row in rows)


def revoke(transaction: Transaction, serial: int, revoked: Revoked) -> bool:
    """Revoke once and for all: False where it is revoked already, or not ours."""
    done = transaction.execute(
        update(certificates)
        .where(certificates.c.serial == as_text(serial), certificates.c.revoked_at.is_(None))
        .values(revoked_at=revoked.at, reason=revoked.reason)
    )
    return done.rowcount == 1


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    columns = certificates.c
    if wanted.purpose is not None:
        yield columns.purpose == wanted.purpose
    if wanted.owner is not None:
        yield columns.owner == wanted.owner
    if wanted.serial:
        yield columns.serial >= wanted.serial
        yield columns.serial < wanted.serial + "g"  # what comes after the last digit
    if wanted.state is State.REVOKED:
        yield columns.revoked_at.is_not(None)
    elif wanted.state is not None:
        yield columns.revoked_at.is_(None)
        ended = wanted.state is State.ENDED
        yield columns.not_after < wanted.now if ended else columns.not_after >= wanted.now


def as_text(serial: int) -> str:
    """A serial number as the tables and the reports write it: 40 hex digits."""
    return f"{serial:040x}"


def _revoked(at: int | None, reason: int) -> Revoked | None:
    return None if at is None else Revoked(at, Reason(reason))


def _issued(row: Row[Any]) -> Issued:
    return Issued(
        certificate=Certificate.load(row.der),
        purpose=Purpose(row.purpose),
        owner=row.owner,
        generation=row.generation,
        kid=row.kid,
        issuer=int(row.issuer, 16),
        shard=row.shard,
        issued_at=row.issued_at,
        revoked=_revoked(row.revoked_at, row.reason),
    )
