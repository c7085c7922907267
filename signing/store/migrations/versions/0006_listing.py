"""Certificates are listed page by page, all of them or an owner's."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("certificates_by_issue", "certificates", ["issued_at", "serial"])
    op.create_index("certificates_by_owner", "certificates", ["owner", "issued_at", "serial"])


def downgrade() -> None:
    op.drop_index("certificates_by_owner", "certificates")
    op.drop_index("certificates_by_issue", "certificates")
