"""The signing service's tables. Times are NumericDates; serial numbers are 40 hex digits.

Nothing of a document is here: its digest, and what we appended to it until retries are over.
"""

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

agencies = Table(
    "agencies",
    metadata,
    Column("agency_id", Text, primary_key=True),
    Column("name_km", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("organization_identifier", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    # Whose: an agency's id; of an issuing authority its line; of an OCSP responder the serial
    # number of the authority that it speaks for; else empty.
    Column("owner", Text, nullable=False),
    Column("generation", Integer, nullable=False),  # 1, and one more at each renewal
    Column("kid", Text, nullable=False),  # the key that it certifies
    Column("issuer", Text, nullable=False),  # the issuer's serial number; a root's is its own
    Column("shard", Integer, nullable=False),  # the CRL that would list it
    Column("der", LargeBinary, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("reason", Integer),  # CRLReason
    UniqueConstraint("purpose", "owner", "generation"),
)
Index(
    "certificates_revoked", certificates.c.issuer, certificates.c.shard, certificates.c.revoked_at
)

shards = Table(
    "shards",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("certificates", Integer, nullable=False),  # that it was given
    Column("ends", BigInteger, nullable=False),  # when the last of them does
    PrimaryKeyConstraint("issuer", "shard"),
)

crls = Table(
    "crls",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("this_update", BigInteger, nullable=False),
    Column("next_update", BigInteger, nullable=False),
    Column("der", LargeBinary, nullable=False),
    PrimaryKeyConstraint("issuer", "shard"),
)

seals = Table(
    "seals",
    metadata,
    Column("seal_id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),  # the seal's id where the client gave none
    Column("document_digest", LargeBinary, nullable=False),  # SHA-256 of what was sent
    Column("asked", Text, nullable=False, server_default="pades B-LT"),  # which seal
    Column("state", Text, nullable=False),  # signing, signed
    Column("attempt", Integer, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("signed_at", BigInteger),
    Column("certificate_serial", Text),
    Column("time_stamped_at", BigInteger),
    Column("signature_digest", LargeBinary),  # SHA-256 of the signature value
    Column("sealed_digest", LargeBinary),  # SHA-256 of what was answered
    Column("appended", LargeBinary),  # the bytes after the document; forgotten after a day
    UniqueConstraint("client_id", "idempotency_key"),
)
Index("seals_by_time", seals.c.signed_at)
