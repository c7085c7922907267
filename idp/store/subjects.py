"""Subject identifiers (OIDC Core 8): random, stored, one a person and sector.

Nothing computes them, so no key can leak that would link a person across sectors, and a sector
can be moved to another name without a change of any `sub`.
"""

from sqlalchemy import bindparam, select

from clients.rules.client import Client, SubjectType
from core.database import Transaction
from core.statements import Prepared
from idp.store.tables import subjects
from keys.handles import new_id

_ADD = Prepared.upsert(lambda insert: insert(subjects).on_conflict_do_nothing())
_FIND_SUB = Prepared(
    select(subjects.c.sub).where(
        subjects.c.citizen_id == bindparam("citizen_id"), subjects.c.sector == bindparam("sector")
    )
)
_FIND_CITIZEN = Prepared(
    select(subjects.c.citizen_id).where(
        subjects.c.sub == bindparam("sub"), subjects.c.sector == bindparam("sector")
    )
)


def sector(client: Client) -> str:
    """The sector whose identifiers the client is given; empty for the public one."""
    return "" if client.subject_type is SubjectType.PUBLIC else client.sector


def sub(transaction: Transaction, citizen_id: str, in_sector: str) -> str:
    """The person's subject identifier there, made at first use."""
    whom = {"citizen_id": citizen_id, "sector": in_sector}
    found = _FIND_SUB.first(transaction, whom)
    if found is None:
        _ADD.run(transaction, {**whom, "sub": new_id()})
        found = _FIND_SUB.first(transaction, whom)
    return str(found.sub)


def find_citizen(transaction: Transaction, subject: str, in_sector: str) -> str | None:
    """Whom a subject identifier of that sector means."""
    found = _FIND_CITIZEN.first(transaction, {"sub": subject, "sector": in_sector})
    return None if found is None else str(found.citizen_id)
