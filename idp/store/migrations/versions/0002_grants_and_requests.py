"""Refresh tokens, pushed and decoupled requests, deliveries, registration."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.create_index("access_tokens_by_age", ["expires_at"], unique=False)

    op.create_table(
        "ciba_requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("binding_message", sa.Text(), nullable=True),
        sa.Column("notification_token", sa.LargeBinary(), nullable=True),
        sa.Column("auth_req_id", sa.LargeBinary(), nullable=True),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("last_poll_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=True),
        sa.Column("denied_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("request_id"),
    )
    with op.batch_alter_table("ciba_requests", schema=None) as batch_op:
        batch_op.create_index("ciba_requests_by_age", ["expires_at"], unique=False)
        batch_op.create_index("ciba_requests_by_citizen", ["citizen_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_due", ["next_at"], unique=False)

    op.create_table(
        "device_requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("last_poll_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=True),
        sa.Column("denied_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("user_code"),
    )
    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.create_index("device_requests_by_age", ["expires_at"], unique=False)

    op.create_table(
        "pushed_requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("pushed_requests", schema=None) as batch_op:
        batch_op.create_index("pushed_requests_by_age", ["expires_at"], unique=False)

    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("successor", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index("refresh_tokens_by_age", ["expires_at"], unique=False)
        batch_op.create_index("refresh_tokens_by_grant", ["grant_id"], unique=False)

    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("jti"),
    )
    with op.batch_alter_table("revoked_tokens", schema=None) as batch_op:
        batch_op.create_index("revoked_tokens_by_age", ["expires_at"], unique=False)

    op.create_table(
        "initial_access_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("uses_left", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("registration_token", sa.LargeBinary(), nullable=True))

    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dpop_jkt", sa.Text(), nullable=True))

    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resources", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("authorization_details", sa.Text(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("binding", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("offline", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_column("offline")
        batch_op.drop_column("binding")
        batch_op.drop_column("authorization_details")
        batch_op.drop_column("resources")

    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.drop_column("dpop_jkt")

    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("registration_token")

    op.drop_table("initial_access_tokens")
    with op.batch_alter_table("revoked_tokens", schema=None) as batch_op:
        batch_op.drop_index("revoked_tokens_by_age")

    op.drop_table("revoked_tokens")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index("refresh_tokens_by_grant")
        batch_op.drop_index("refresh_tokens_by_age")

    op.drop_table("refresh_tokens")
    with op.batch_alter_table("pushed_requests", schema=None) as batch_op:
        batch_op.drop_index("pushed_requests_by_age")

    op.drop_table("pushed_requests")
    with op.batch_alter_table("device_requests", schema=None) as batch_op:
        batch_op.drop_index("device_requests_by_age")

    op.drop_table("device_requests")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("deliveries_due")

    op.drop_table("deliveries")
    with op.batch_alter_table("ciba_requests", schema=None) as batch_op:
        batch_op.drop_index("ciba_requests_by_citizen")
        batch_op.drop_index("ciba_requests_by_age")

    op.drop_table("ciba_requests")
    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.drop_index("access_tokens_by_age")

    op.drop_table("access_tokens")
