"""Alembic's way into the provider's database. The connection is handed in by core.database."""

from alembic import context

from clients.store import tables as clients_tables
from core import audit
from idp.store import tables
from keys import store as keys_store

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[
        tables.metadata,
        clients_tables.metadata,
        keys_store.metadata,
        audit.metadata,
    ],
    render_as_batch=True,  # SQLite cannot alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
