"""What was appended to documents is forgotten after a day, of however many seals there are."""

import sqlalchemy
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEPT = sqlalchemy.text("appended IS NOT NULL")


def upgrade() -> None:
    op.drop_index("seals_by_time", "seals")
    op.create_index(
        "seals_kept", "seals", ["signed_at"], sqlite_where=_KEPT, postgresql_where=_KEPT
    )


def downgrade() -> None:
    op.drop_index("seals_kept", "seals")
    op.create_index("seals_by_time", "seals", ["signed_at"])
