"""The provider's tables. Times are NumericDates; secrets are digests or sealed."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

citizens = Table(
    "citizens",
    metadata,
    Column("citizen_id", Text, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),  # active, suspended, deceased
    Column("level", Integer, nullable=False),  # identity assurance, 1 to 3
    Column("claims", Text, nullable=False),  # JSON: OIDC Core 5.1, with name#km and its kin
    Column("register", Text, nullable=False),  # JSON: what the civil register says, never released
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("citizen_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # password, totp
    Column("secret", LargeBinary, nullable=False),  # argon2id hash, or sealed TOTP key
    Column("last_step", BigInteger, nullable=False),  # TOTP: the newest time step that was used
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("citizen_id", "kind"),
)

attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # digest of source and account
    Column("failures", Integer, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
Index("sign_in_attempts_by_age", attempts.c.last_at)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of the cookie's handle
    Column("citizen_id", Text, nullable=False),
    Column("auth_time", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),
    Column("amr", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
Index("sessions_by_citizen", sessions.c.citizen_id)

session_clients = Table(
    "session_clients",
    metadata,
    Column("session_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("sid", Text, nullable=False, unique=True),
    Column("first_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("session_id", "client_id"),
)

interactions = Table(
    "interactions",
    metadata,
    Column("interaction_id", Text, primary_key=True),
    Column("browser", LargeBinary, nullable=False),  # digest of the browser cookie
    Column("client_id", Text, nullable=False),
    Column("asked", Text, nullable=False),  # JSON: the request's parameters
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("citizen_id", Text),  # whose password was right
    Column("password_at", BigInteger),
    Column("session_id", Text),  # the session that this interaction began
    Column("consented_at", BigInteger),
    Column("denied_at", BigInteger),
    Column("error", Text),  # what the next page has to say
    Column("username", Text),  # as typed, so that nothing is typed twice
    Column("done_at", BigInteger),
)
Index("interactions_by_age", interactions.c.expires_at)

consents = Table(
    "consents",
    metadata,
    Column("citizen_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("claims", Text, nullable=False),  # names, space-separated
    Column("granted_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("citizen_id", "client_id"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("citizen_id", Text, nullable=False),
    Column("sector", Text, nullable=False),  # empty: the public identifier
    Column("sub", Text, nullable=False),
    PrimaryKeyConstraint("citizen_id", "sector"),
    UniqueConstraint("sector", "sub"),
)

grants = Table(
    "grants",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("citizen_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("sub", Text, nullable=False),
    Column("sid", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("claims", Text, nullable=False),  # the `claims` parameter
    Column("claims_locales", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("amr", Text, nullable=False),
    Column("auth_time", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
Index("grants_by_session", grants.c.session_id)
Index("grants_by_citizen", grants.c.citizen_id, grants.c.client_id)

codes = Table(
    "codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text),
    Column("nonce", Text),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("codes_by_age", codes.c.expires_at)

replay = Table(
    "replay",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # digest of whose, what for, and the jti
    Column("expires_at", BigInteger, nullable=False),
)
Index("replay_by_age", replay.c.expires_at)
