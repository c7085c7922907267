"""Seals: reserved, then signed, each by one compare-and-set."""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from core import audit
from core.database import Transaction
from keys.handles import new_id
from signing.rules.access_token import Caller
from signing.rules.report import Level
from signing.rules.sealing import (
    LEASE_SECONDS,
    RETRY_SECONDS,
    AlreadySealed,
    InProgress,
    KeyReused,
    Reservation,
    Reserved,
    SealEvidence,
)
from signing.store.certificates import as_text
from signing.store.tables import seals

SEALED: Final = audit.kind(
    "agency:document:seal",
    "An agency's document was sealed and the sealed bytes may be answered.",
    "seal",
    "agency",
    "certificate",
    "document",
)

AUGMENTED: Final = audit.kind(
    "agency:document:augment",
    "Proof that lasts longer was added to a signed document, whoever signed it.",
    "agency",
    "document",
    "level",
)

_INSERTS = {
    "sqlite": sqlite.insert(seals).on_conflict_do_nothing().returning(seals.c.seal_id),
    "postgresql": postgresql.insert(seals).on_conflict_do_nothing().returning(seals.c.seal_id),
}


def reserve(
    transaction: Transaction,
    agency_id: str,
    client_id: str,
    idempotency_key: str | None,
    document_digest: bytes,
    asked: str,
    now: int,
) -> Reservation:
    """Transaction A: take the right to seal one document, or say what became of it. `asked` is
    which seal: `pades B-LT`."""
    seal_id = new_id()
    key = idempotency_key or seal_id
    row = {
        "seal_id": seal_id,
        "agency_id": agency_id,
        "client_id": client_id,
        "idempotency_key": key,
        "document_digest": document_digest,
        "asked": asked,
        "state": "signing",
        "attempt": 1,
        "lease_until": now + LEASE_SECONDS,
        "created_at": now,
    }
    if transaction.execute(_INSERTS[transaction.dialect.name], row).first() is not None:
        return Reserved(seal_id, 1)
    found = transaction.execute(
        select(seals).where(seals.c.client_id == client_id, seals.c.idempotency_key == key)
    ).one()
    before = (found.agency_id, bytes(found.document_digest), found.asked)
    if before != (agency_id, document_digest, asked):
        return KeyReused()
    if found.state == "signed":
        return AlreadySealed(found.seal_id, found.appended)
    return _take_over(transaction, found.seal_id, found.attempt, now) or InProgress(
        max(1, found.lease_until - now)
    )


def complete(
    transaction: Transaction, reserved: Reserved, evidence: SealEvidence, now: int
) -> bool:
    """Transaction B: `signing` → `signed` with the evidence; False where the lease was lost."""
    done = transaction.execute(
        update(seals)
        .where(
            seals.c.seal_id == reserved.seal_id,
            seals.c.attempt == reserved.attempt,
            seals.c.state == "signing",
        )
        .values(
            state="signed",
            signed_at=now,
            certificate_serial=as_text(evidence.certificate_serial),
            time_stamped_at=evidence.time_stamped_at,
            signature_digest=evidence.signature_digest,
            sealed_digest=evidence.sealed_digest,
            appended=evidence.appended,
        )
        .returning(seals.c.agency_id, seals.c.client_id, seals.c.document_digest)
    ).one_or_none()
    if done is None:
        return False
    audit.record(
        transaction,
        SEALED,
        actor=f"client:{done.client_id}",
        now=now,
        seal=reserved.seal_id,
        agency=done.agency_id,
        certificate=as_text(evidence.certificate_serial),
        document=bytes(done.document_digest).hex(),
    )
    return True


def release(transaction: Transaction, reserved: Reserved, now: int) -> None:
    """Give the reservation up, so that a retry need not wait for the lease to end."""
    transaction.execute(
        update(seals)
        .where(
            seals.c.seal_id == reserved.seal_id,
            seals.c.attempt == reserved.attempt,
            seals.c.state == "signing",
        )
        .values(lease_until=now)
    )


def record_augmented(
    transaction: Transaction, caller: Caller, document: str, level: Level, now: int
) -> None:
    """For whom time-stamps and proofs were made; nothing else is kept of it. `document` is the
    SHA-256 of what was sent, in hex."""
    audit.record(
        transaction,
        AUGMENTED,
        actor=f"client:{caller.client_id}",
        now=now,
        agency=caller.agency_id,
        document=document,
        level=level,
    )


def forget_old(transaction: Transaction, now: int) -> None:
    """Drop what was appended to documents whose retries are over; the evidence stays."""
    transaction.execute(
        update(seals)
        .where(seals.c.signed_at < now - RETRY_SECONDS, seals.c.appended.is_not(None))
        .values(appended=None)
    )


def _take_over(transaction: Transaction, seal_id: str, attempt: int, now: int) -> Reserved | None:
    """Take an attempt whose lease has ended: one statement, so that one of many wins."""
    taken = transaction.execute(
        update(seals)
        .where(
            seals.c.seal_id == seal_id,
            seals.c.attempt == attempt,
            seals.c.state == "signing",
            seals.c.lease_until <= now,
        )
        .values(attempt=attempt + 1, lease_until=now + LEASE_SECONDS)
        .returning(seals.c.attempt)
    ).scalar_one_or_none()
    return Reserved(seal_id, taken) if taken is not None else None
