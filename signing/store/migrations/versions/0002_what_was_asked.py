"""A seal remembers what was asked for: its key is good for that alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("seals") as table:
        table.add_column(sa.Column("asked", sa.Text(), nullable=False, server_default="pades B-LT"))
