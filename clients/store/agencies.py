"""The agencies that have clients and seals."""

from sqlalchemy import insert, select, update

from clients.rules.agency import Agency
from clients.store.tables import agencies
from core.audit import kind, record
from core.database import Transaction

AGENCY_SAVED = kind("operator:agency:save", "An agency was added or renamed.", "agency_id")


def save(transaction: Transaction, agency: Agency, now: int, *, actor: str) -> None:
    """Add the agency, or change its names."""
    names = {"name_km": agency.name_km, "name_en": agency.name_en}
    found = transaction.execute(
        update(agencies).where(agencies.c.agency_id == agency.agency_id).values(names)
    )
    if found.rowcount == 0:
        row = {"agency_id": agency.agency_id, **names, "created_at": now}
        transaction.execute(insert(agencies), row)
    record(transaction, AGENCY_SAVED, actor=actor, now=now, agency_id=agency.agency_id)


def find(transaction: Transaction, agency_id: str) -> Agency | None:
    row = transaction.execute(select(agencies).where(agencies.c.agency_id == agency_id)).first()
    return Agency(row.agency_id, row.name_km, row.name_en) if row else None


def find_all(transaction: Transaction) -> tuple[Agency, ...]:
    rows = transaction.execute(select(agencies).order_by(agencies.c.agency_id))
    return tuple(Agency(row.agency_id, row.name_km, row.name_en) for row in rows)
