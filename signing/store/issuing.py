"""One certificate more: it stands with its key, its place in a CRL and its event, or not at all."""

from typing import Final

from core import audit
from core.database import Transaction
from keys import store as key_store
from keys.certificates import Named, Subject, ending, issue
from keys.custody import Custody
from keys.jose import thumbprint
from keys.profiles import PROFILES
from keys.revocation import Responder, check_responder
from keys.ring import KeyRecord, Purpose
from keys.signer import Algorithm, PublicKey
from signing.store import certificates, revocation, shards
from signing.store.certificates import Issued, as_text
from signing.store.operator import Operator

ISSUED: Final = audit.kind(
    "authority:certificate:issue", "A certificate was issued.", "certificate", "purpose", "agency"
)


def make_root(
    transaction: Transaction, custody: Custody, operator: Operator, generation: int, now: int
) -> Issued:
    """A root of our own; where another process was first, its own."""
    key = custody.generate(Purpose.ROOT, Algorithm.ES256, now)
    signer = custody.open(key)
    subject = operator.authority(Purpose.ROOT, generation=generation)
    certificate = issue(Purpose.ROOT, subject, signer.public_key, None, signer, None, now)
    issued = Issued(certificate, Purpose.ROOT, "", generation, key.kid, certificate.serial, 0, now)
    return _save(transaction, issued, key, now)


def add(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    purpose: Purpose,
    subject: Subject,
    issuer: Issued,
    now: int,
    *,
    owner: str = "",
    generation: int = 1,
) -> Issued:
    """A fresh key and its certificate; where another process was first, its own."""
    key = custody.generate(purpose, Algorithm.ES256, now, owner)
    own = custody.open(key)
    place = take_place(transaction, custody, operator, purpose, issuer, now)
    certificate = issue(
        purpose,
        subject,
        own.public_key,
        issuer.certificate,
        custody.open(key_store.find(transaction, issuer.kid)),
        operator.locations(issuer, place),
        now,
    )
    if purpose is Purpose.OCSP:
        check_responder(Responder(certificate, own, issuer.certificate), now)
    issued = Issued(certificate, purpose, owner, generation, key.kid, issuer.serial, place, now)
    return _save(transaction, issued, key, now)


def certify(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    purpose: Purpose,
    subject: Named,
    public_key: PublicKey,
    issuer: Issued,
    owner: str,
    now: int,
) -> Issued:
    """A certificate for a key that is held elsewhere; raises LintFailed."""
    place = take_place(transaction, custody, operator, purpose, issuer, now)
    signer = custody.open(key_store.find(transaction, issuer.kid))
    locations = operator.locations(issuer, place)
    certificate = issue(purpose, subject, public_key, issuer.certificate, signer, locations, now)
    current = certificates.find_current(transaction, purpose, owner)
    generation = current.generation + 1 if current else 1
    kid = thumbprint(public_key)
    issued = Issued(certificate, purpose, owner, generation, kid, issuer.serial, place, now)
    if not certificates.save(transaction, issued):
        raise RuntimeError("another certificate was issued to the same owner at the same time")
    record_issued(transaction, issued, now)
    return issued


def take_place(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    purpose: Purpose,
    issuer: Issued,
    now: int,
) -> int:
    """The shard for a certificate; a shard that is new has its first CRL at once."""
    if not PROFILES[purpose].revocable:
        return 0  # which says nothing: no CRL is named in it
    ends = ending(purpose, issuer.certificate, now)
    capacity = shards.CAPACITY if issuer.purpose is Purpose.ISSUING else shards.UNDIVIDED
    place = shards.take(transaction, issuer.serial, ends, capacity)
    if place.certificates == 1:
        revocation.publish(transaction, custody, operator, issuer, place.number, now)
    return place.number


def record_issued(transaction: Transaction, issued: Issued, now: int) -> None:
    audit.record(
        transaction,
        ISSUED,
        actor="operator",
        now=now,
        certificate=as_text(issued.serial),
        purpose=issued.purpose,
        agency=issued.owner if issued.purpose is Purpose.SEAL else None,
    )


def _save(transaction: Transaction, issued: Issued, key: KeyRecord, now: int) -> Issued:
    """Store certificate, key and event; where another process was first, return its own."""
    if not certificates.save(transaction, issued):
        first = certificates.find_current(transaction, issued.purpose, issued.owner)
        assert first is not None
        return first
    key_store.save(transaction, key)
    record_issued(transaction, issued, now)
    return issued
