"""The tables of the client registry. They stand in the provider's database."""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text

metadata = MetaData()

agencies = Table(
    "agencies",
    metadata,
    Column("agency_id", Text, primary_key=True),
    Column("name_km", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("metadata", Text, nullable=False),  # RFC 7591 JSON, without the secret
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("registration_token", LargeBinary),  # digest (RFC 7592 §3)
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # SHA-256; an import may give two clients one
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # RFC 7591 §3
    Column("agency_id", Text, nullable=False),
    Column("least_profile", Text, nullable=False, server_default="fapi2"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("uses_left", BigInteger, nullable=False),
)
