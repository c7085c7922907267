"""The tables of the client registry. They stand in the provider's database."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

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
    Column("digest", LargeBinary, primary_key=True),  # SHA-256
    Column("client_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)
Index("client_secrets_by_client", client_secrets.c.client_id)

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # RFC 7591 §3
    Column("agency_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("uses_left", BigInteger, nullable=False),
)
