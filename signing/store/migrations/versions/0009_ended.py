"""Certificates that stand, or that have ended, few of many, are listed page by page, too."""

import sqlalchemy
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STANDS = sqlalchemy.text("revoked_at IS NULL")
_BY_END = ("not_after", "serial")
_INDEXES = {
    "certificates_by_end": _BY_END,
    "certificates_by_purpose_and_end": ("purpose", *_BY_END),
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(
            name, "certificates", list(columns), sqlite_where=_STANDS, postgresql_where=_STANDS
        )


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "certificates")
