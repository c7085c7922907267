"""Alembic's way into the signing service's database; core.database hands the connection in."""

from alembic import context

from core import audit
from keys import store as keys_store
from signing.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[
        tables.metadata,
        keys_store.metadata,
        audit.metadata,
    ],
    render_as_batch=True,  # SQLite cannot alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
