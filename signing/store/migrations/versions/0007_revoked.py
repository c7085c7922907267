"""Certificates of a purpose, and the revoked ones, few among many, are listed page by page, too."""

import sqlalchemy
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REVOKED = sqlalchemy.text("revoked_at IS NOT NULL")
_BY_ISSUE = ("issued_at", "serial")
_INDEXES = {
    "certificates_by_purpose": ("purpose", *_BY_ISSUE),
    "certificates_revoked_by_issue": _BY_ISSUE,
    "certificates_revoked_by_purpose": ("purpose", *_BY_ISSUE),
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        where = _REVOKED if "revoked" in name else None
        op.create_index(
            name, "certificates", list(columns), sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "certificates")
