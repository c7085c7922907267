"""Agencies that seal."""

from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Transaction
from signing.store.tables import agencies

_INSERTS = {
    "sqlite": sqlite.insert(agencies).on_conflict_do_nothing().returning(agencies.c.agency_id),
    "postgresql": postgresql.insert(agencies)
    .on_conflict_do_nothing()
    .returning(agencies.c.agency_id),
}


@dataclass(frozen=True, slots=True)
class Agency:
    """An institution, as its seal certificate names it."""

    agency_id: str
    name_km: str
    name_en: str
    organization_identifier: str


def save(transaction: Transaction, agency: Agency, now: int) -> None:
    """Add an agency, or give it new names for its next certificate."""
    row = asdict(agency)
    added = transaction.execute(
        _INSERTS[transaction.dialect.name], {**row, "created_at": now, "updated_at": now}
    )
    if added.first() is None:
        transaction.execute(
            update(agencies)
            .where(agencies.c.agency_id == agency.agency_id)
            .values(**row, updated_at=now)
        )


def find_all(transaction: Transaction) -> tuple[Agency, ...]:
    """Every agency, by its newest names."""
    rows = transaction.execute(
        select(
            agencies.c.agency_id,
            agencies.c.name_km,
            agencies.c.name_en,
            agencies.c.organization_identifier,
        ).order_by(agencies.c.agency_id)
    )
    return tuple(Agency(**row) for row in rows.mappings())
