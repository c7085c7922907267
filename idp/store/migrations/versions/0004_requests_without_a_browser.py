"""What people are told of a device's or an agency's request; whither a sign-in leads."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REQUESTS = ("device_requests", "ciba_requests")


def upgrade() -> None:
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("flow", sa.Text(), server_default="code", nullable=False))

    for table in _REQUESTS:
        op.execute(sa.delete(sa.table(table)))  # they live for minutes
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("created_at", sa.BigInteger(), nullable=False))

    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.Text(), nullable=False))
        batch_op.add_column(sa.Column("source", sa.Text(), nullable=False))
        batch_op.create_unique_constraint("device_requests_request_id_key", ["request_id"])


def downgrade() -> None:
    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.drop_constraint("device_requests_request_id_key", type_="unique")
        batch_op.drop_column("source")
        batch_op.drop_column("request_id")

    for table in _REQUESTS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("created_at")

    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.drop_column("flow")
