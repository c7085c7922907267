"""An initial access token says how strict the clients have to be that it registers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("initial_access_tokens", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("least_profile", sa.Text(), nullable=False, server_default="fapi2")
        )


def downgrade() -> None:
    with op.batch_alter_table("initial_access_tokens", schema=None) as batch_op:
        batch_op.drop_column("least_profile")
