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
Index("sessions_by_age", sessions.c.created_at)

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
    Column("flow", Text, nullable=False, server_default="code"),  # whither it leads back
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
    Column("resources", Text, nullable=False, server_default=""),  # RFC 8707, space-separated
    Column("authorization_details", Text, nullable=False, server_default=""),  # RFC 9396, JSON
    Column("binding", Text, nullable=False, server_default=""),  # the cnf member, JSON (RFC 7800)
    Column("offline", Integer, nullable=False, server_default="0"),  # outlives the session
)
Index("grants_by_session", grants.c.session_id)
Index("grants_by_citizen", grants.c.citizen_id, grants.c.client_id)
Index("grants_by_age", grants.c.created_at)

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
    Column("dpop_jkt", Text),  # RFC 9449 §10
)
Index("codes_by_age", codes.c.expires_at)

replay = Table(
    "replay",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # digest of whose, what for, and the jti
    Column("expires_at", BigInteger, nullable=False),
)
Index("replay_by_age", replay.c.expires_at)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),  # set where it was rotated
    Column("successor", LargeBinary),  # sealed: what a retry within the grace window is given
)
Index("refresh_tokens_by_grant", refresh_tokens.c.grant_id)
Index("refresh_tokens_by_age", refresh_tokens.c.expires_at)

access_tokens = Table(  # opaque ones alone; a JWT says all of this itself
    "access_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("jti", Text, nullable=False),
    Column("grant_id", Text, nullable=False),
    Column("claims", Text, nullable=False),  # JSON, as RFC 9068 would say it
    Column("expires_at", BigInteger, nullable=False),
)
Index("access_tokens_by_age", access_tokens.c.expires_at)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)
Index("revoked_tokens_by_age", revoked_tokens.c.expires_at)

pushed_requests = Table(
    "pushed_requests",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("asked", Text, nullable=False),  # JSON: the parameters, those of a request object
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("pushed_requests_by_age", pushed_requests.c.expires_at)

device_requests = Table(
    "device_requests",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of the device code
    Column("user_code", LargeBinary, nullable=False, unique=True),  # its digest
    Column("client_id", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("interval", Integer, nullable=False),
    Column("last_poll_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("grant_id", Text),  # once approved
    Column("denied_at", BigInteger),
    Column("used_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False, unique=True),  # what pages and the audit log name
    Column("source", Text, nullable=False),  # the network that asked
)
Index("device_requests_by_age", device_requests.c.expires_at)

ciba_requests = Table(
    "ciba_requests",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of the auth_req_id
    Column("request_id", Text, nullable=False, unique=True),  # what the person's page names
    Column("client_id", Text, nullable=False),
    Column("citizen_id", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("binding_message", Text),
    Column("notification_token", LargeBinary),  # sealed
    Column("auth_req_id", LargeBinary),  # sealed: a ping names it
    Column("interval", Integer, nullable=False),
    Column("last_poll_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("grant_id", Text),
    Column("denied_at", BigInteger),
    Column("used_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)
Index("ciba_requests_by_citizen", ciba_requests.c.citizen_id)
Index("ciba_requests_by_age", ciba_requests.c.expires_at)

deliveries = Table(  # what we have to tell clients: logout tokens, CIBA pings
    "deliveries",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # logout, ping
    Column("client_id", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON; what is secret in it is sealed
    Column("created_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("given_up_at", BigInteger),
    Column("last_error", Text),
)
Index("deliveries_due", deliveries.c.next_at)
