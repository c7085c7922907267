"""Shards are counted, and every authority has its own OCSP responder."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COUNTED = """
    INSERT INTO shards (issuer, shard, certificates, ends)
    SELECT crls.issuer, crls.shard, COUNT(certificates.serial),
           COALESCE(MAX(certificates.not_after), 0)
    FROM crls LEFT JOIN certificates
    ON certificates.issuer = crls.issuer AND certificates.shard = crls.shard
    AND certificates.serial <> certificates.issuer AND certificates.purpose <> 'ocsp'
    GROUP BY crls.issuer, crls.shard
"""


def upgrade() -> None:
    op.create_table(
        "shards",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "shard"),
    )
    op.execute(_COUNTED)
    op.execute("UPDATE certificates SET owner = issuer WHERE purpose = 'ocsp'")


def downgrade() -> None:
    op.execute("UPDATE certificates SET owner = '' WHERE purpose = 'ocsp'")
    op.drop_table("shards")
