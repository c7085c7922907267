"""The migrations make the tables that the stores speak of."""

import alembic.autogenerate
from alembic.migration import MigrationContext

from core import audit
from core.database import Ledger
from keys import store as key_store
from signing.store import tables


def test_migrations_and_tables_agree(ledger: Ledger) -> None:
    def differences(transaction: object) -> list[object]:
        context = MigrationContext.configure(transaction)  # type: ignore[arg-type]
        wanted = [tables.metadata, key_store.metadata, audit.metadata]
        return list(alembic.autogenerate.compare_metadata(context, wanted))  # type: ignore[arg-type]

    assert ledger.read_now(differences) == []
