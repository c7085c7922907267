"""Subject identifiers (OIDC Core 8): random, stored, one a person and sector.

Nothing computes them, so no key can leak that would link a person across sectors, and a sector
can be moved to another name without a change of any `sub`.
"""

from sqlalchemy import and_, select
from sqlalchemy.dialects import postgresql, sqlite

from clients.rules.client import Client, SubjectType
from core.database import Transaction
from idp.store.tables import subjects
from keys.handles import new_id


def sector(client: Client) -> str:
    """The sector whose identifiers the client is given; empty for the public one."""
    return "" if client.subject_type is SubjectType.PUBLIC else client.sector


def sub(transaction: Transaction, citizen_id: str, in_sector: str) -> str:
    """The person's subject identifier there, made at first use."""
    dialect = postgresql if transaction.dialect.name == "postgresql" else sqlite
    row = {"citizen_id": citizen_id, "sector": in_sector, "sub": new_id()}
    transaction.execute(dialect.insert(subjects).values(row).on_conflict_do_nothing())
    wanted = and_(subjects.c.citizen_id == citizen_id, subjects.c.sector == in_sector)
    return str(transaction.execute(select(subjects.c.sub).where(wanted)).scalar_one())


def find_citizen(transaction: Transaction, subject: str, in_sector: str) -> str | None:
    """Whom a subject identifier of that sector means."""
    wanted = and_(subjects.c.sub == subject, subjects.c.sector == in_sector)
    found = transaction.execute(select(subjects.c.citizen_id).where(wanted)).scalar_one_or_none()
    return None if found is None else str(found)
