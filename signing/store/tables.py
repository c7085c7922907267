"""The signing service's tables. Times are NumericDates; serial numbers are 40 hex digits.

Nothing of a document is here: its digest, and what we appended to it until retries are over. The
documents of a job are, encrypted, for a day at most.
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
_BY_ISSUE = (certificates.c.issued_at, certificates.c.serial)
Index("certificates_by_issue", *_BY_ISSUE)
Index("certificates_by_owner", certificates.c.owner, *_BY_ISSUE)
_REVOKED = certificates.c.revoked_at.is_not(None)
Index("certificates_by_purpose", certificates.c.purpose, *_BY_ISSUE)
Index("certificates_revoked_by_issue", *_BY_ISSUE, sqlite_where=_REVOKED, postgresql_where=_REVOKED)
Index(
    "certificates_revoked_by_purpose",
    certificates.c.purpose,
    *_BY_ISSUE,
    sqlite_where=_REVOKED,
    postgresql_where=_REVOKED,
)
_BY_END = (certificates.c.not_after, certificates.c.serial)
_STANDS = certificates.c.revoked_at.is_(None)
Index("certificates_by_end", *_BY_END, sqlite_where=_STANDS, postgresql_where=_STANDS)
Index(
    "certificates_by_purpose_and_end",
    certificates.c.purpose,
    *_BY_END,
    sqlite_where=_STANDS,
    postgresql_where=_STANDS,
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

trusted_lists = Table(
    "trusted_lists",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("next_update", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),  # SHA-256 of what it says
    Column("xml", LargeBinary, nullable=False),
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
_KEPT = seals.c.appended.is_not(None)
Index("seals_kept", seals.c.signed_at, sqlite_where=_KEPT, postgresql_where=_KEPT)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("agency_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),  # the job's id where the client gave none
    Column("fingerprint", LargeBinary, nullable=False),  # SHA-256 of all that was asked for
    Column("format", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),  # by its client; its documents are gone
    UniqueConstraint("client_id", "idempotency_key"),
)
Index("jobs_by_end", jobs.c.expires_at)

job_documents = Table(
    "job_documents",
    metadata,
    Column("job_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", LargeBinary, nullable=False),  # encrypted: its name and type
    Column("idempotency_key", Text, nullable=False),  # of its seal
    Column("size", BigInteger, nullable=False),
    Column("document_digest", LargeBinary, nullable=False),  # SHA-256 of what was sent
    Column("content", LargeBinary),  # encrypted: what was sent, and then what is answered
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("lease_until", BigInteger, nullable=False),  # while it waits: not before
    Column("arrived_at", BigInteger, nullable=False),
    Column("seal_id", Text),
    Column("code", Text),  # why it was refused
    PrimaryKeyConstraint("job_id", "number"),
)
Index("job_documents_by_turn", job_documents.c.state, job_documents.c.number)
