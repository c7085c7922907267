"""The migrations make the tables that the stores speak of."""

import alembic.autogenerate
from alembic.migration import MigrationContext
from sqlalchemy import select

from core import audit
from core.database import Ledger, Transaction, migrate
from keys import store as key_store
from signing.store import MIGRATIONS, tables


def test_what_an_older_schema_held_is_counted_into_shards(database_url: str) -> None:
    migrate(database_url, MIGRATIONS, revision="0002")
    ledger = Ledger(database_url)
    rows = [
        ("root", "root", "root", 0),
        ("issuing", "issuing", "root", 0),
        ("ocsp", "ocsp", "issuing", 3),
        ("seal", "seal", "issuing", 3),
    ]

    def hold(transaction: Transaction) -> None:
        for serial, purpose, issuer, shard in rows:
            transaction.exec_driver_sql(
                "INSERT INTO certificates (serial, purpose, owner, generation, kid, issuer, shard,"
                f" der, issued_at, not_after) VALUES ('{serial}', '{purpose}', '', 1, '',"
                f" '{issuer}', {shard}, '', 0, {shard + 7})"
            )
        for issuer, shard in (("root", 0), ("issuing", 3), ("issuing", 4)):
            transaction.exec_driver_sql(
                f"INSERT INTO crls VALUES ('{issuer}', {shard}, 1, 0, 0, '')"
            )

    ledger.write_now(hold)
    migrate(database_url, MIGRATIONS)
    asked = select(tables.shards).order_by(tables.shards.c.issuer, tables.shards.c.shard)
    found = ledger.read_now(lambda transaction: transaction.execute(asked).all())
    assert [tuple(row) for row in found] == [
        ("issuing", 3, 1, 10),
        ("issuing", 4, 0, 0),
        ("root", 0, 1, 7),
    ]
    owners = select(tables.certificates.c.owner).where(tables.certificates.c.purpose == "ocsp")
    assert ledger.read_now(lambda transaction: transaction.execute(owners).scalar()) == "issuing"
    ledger.close()


def test_migrations_and_tables_agree(ledger: Ledger) -> None:
    def differences(transaction: object) -> list[object]:
        context = MigrationContext.configure(transaction)  # type: ignore[arg-type]
        wanted = [tables.metadata, key_store.metadata, audit.metadata]
        return list(alembic.autogenerate.compare_metadata(context, wanted))  # type: ignore[arg-type]

    assert ledger.read_now(differences) == []
