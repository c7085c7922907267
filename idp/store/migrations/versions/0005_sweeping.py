"""What is over is swept out by its age, of however many sessions and grants there are."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BY_AGE = {"sessions_by_age": "sessions", "grants_by_age": "grants"}


def upgrade() -> None:
    for index, table in _BY_AGE.items():
        op.create_index(index, table, ["created_at"])


def downgrade() -> None:
    for index, table in _BY_AGE.items():
        op.drop_index(index, table)
