"""Our certificate authority: what it issues and revokes, each in one transaction.

Private keys are made and used here while the database is written; each change stands with its
key, its certificate, its CRL and its event, or not at all.
"""

from dataclasses import dataclass
from typing import Final

from core import audit
from core.database import Transaction
from keys import store as key_store
from keys.certificates import PROFILES, Locations, Subject, issue
from keys.custody import Custody
from keys.revocation import COMPROMISES, Reason, Responder, Revoked, check_responder, issue_crl
from keys.ring import KeyRecord, Purpose, Ring
from keys.signer import Algorithm
from signing.store import agencies, certificates, crls
from signing.store.agencies import Agency
from signing.store.certificates import Issued, as_text
from signing.store.crls import Crl

SHARDS: Final = 16
"""CRLs that the certificates of the issuing authority are spread over."""

_DAY: Final = 86_400
_CRL_SECONDS: Final = {Purpose.ROOT: 180 * _DAY, Purpose.ISSUING: _DAY}

_SERVICES: Final = (Purpose.ROOT, Purpose.ISSUING, Purpose.TIMESTAMP, Purpose.OCSP)
_NAMES: Final = {
    Purpose.TIMESTAMP: "Tra Time-Stamp Authority",
    Purpose.OCSP: "Tra OCSP Responder",
}

ISSUED: Final = audit.kind(
    "authority:certificate:issue", "A certificate was issued.", "certificate", "purpose", "agency"
)
REVOKED: Final = audit.kind(
    "authority:certificate:revoke",
    "A certificate was revoked; `since` is the time from which it is worth nothing.",
    "certificate",
    "reason",
    "since",
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the service, as its own certificates say, and where they lead: `pki_url` is plain
    http (RFC 5280 §8), `registry` the address of whoever gives agencies their identifiers."""

    pki_url: str
    registry: str
    organization: str = "Tra"
    organization_identifier: str = "GA:KH-tra"
    own_root: bool = True
    """Whether the service makes its root and keeps its key; else it comes with `tra ca install`."""

    def subject(self, common_name: str) -> Subject:
        return Subject(common_name, self.organization, self.organization_identifier, self.registry)

    def locations(self, issuer: Issued, shard: int) -> Locations:
        """What a certificate by that issuer says of its surroundings."""
        name = as_text(issuer.serial)
        return Locations(
            issuer=f"{self.pki_url}/certificates/{name}.cer",
            crl=self.crl_url(issuer.serial, shard),
            ocsp=f"{self.pki_url}/ocsp" if issuer.purpose is Purpose.ISSUING else None,
        )

    def crl_url(self, issuer: int, shard: int) -> str:
        return f"{self.pki_url}/crl/{as_text(issuer)}-{shard}.crl"


class NoAuthority(Exception):
    """There is no issuing authority, and it is not for the service to make one."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """The certificates that the service itself works with."""

    root: Issued
    issuing: Issued
    timestamp: Issued
    ocsp: Issued


def find_authorities(transaction: Transaction) -> Authorities | None:
    """The service's own certificates; None before they are established."""
    found = [certificates.find_current(transaction, purpose) for purpose in _SERVICES]
    present = [issued for issued in found if issued is not None]
    return Authorities(*present) if len(present) == len(_SERVICES) else None


def establish(
    transaction: Transaction, custody: Custody, operator: Operator, now: int
) -> Authorities:
    """Make root, issuing authority, time-stamp authority and OCSP responder, where there are
    none. Two processes at once end with the same ones. Raises NoAuthority."""
    root = certificates.find_current(transaction, Purpose.ROOT)
    if root is None and not operator.own_root:
        raise NoAuthority("tra ca request, and then tra ca install")
    if root is None:
        root = _root(transaction, custody, operator, now)
    issuing = certificates.find_current(transaction, Purpose.ISSUING)
    if issuing is None:
        issuing = _add(
            transaction, custody, operator, Purpose.ISSUING, operator.subject("Tra Issuing CA"),
            root, now,
        )  # fmt: skip
    services = [
        certificates.find_current(transaction, purpose)
        or _add(
            transaction, custody, operator, purpose, operator.subject(common_name), issuing, now
        )
        for purpose, common_name in (
            (Purpose.TIMESTAMP, "Tra Time-Stamp Authority"),
            (Purpose.OCSP, "Tra OCSP Responder"),
        )
    ]
    renew_crls(transaction, custody, operator, now)
    return Authorities(root, issuing, *services)


def give_seal(
    transaction: Transaction, custody: Custody, operator: Operator, agency: Agency, now: int
) -> Issued:
    """An agency's e-seal: the one that it has, or a new one where it has none that stands."""
    issuing = certificates.find_current(transaction, Purpose.ISSUING)
    assert issuing is not None, "established before"
    agencies.save(transaction, agency, now)  # first: its row is the lock
    subject = _subject(agency, operator)
    current = certificates.find_current(transaction, Purpose.SEAL, agency.agency_id)
    if current is not None and _stands(current, now) and current.names(subject):
        return current
    return _add(
        transaction,
        custody,
        operator,
        Purpose.SEAL,
        subject,
        issuing,
        now,
        owner=agency.agency_id,
        generation=current.generation + 1 if current else 1,
    )


def renew(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> list[Issued]:
    """Re-key what nears its end: a fresh key and certificate beside the old ones, which stay valid
    while every process learns of the new; so there is no gap. What is revoked is not renewed."""
    issuing = certificates.find_current(transaction, Purpose.ISSUING)
    if issuing is None:
        return []
    wanted = [(purpose, "", operator.subject(name)) for purpose, name in _NAMES.items()]
    wanted += [
        (Purpose.SEAL, agency.agency_id, _subject(agency, operator))
        for agency in agencies.find_all(transaction)
    ]
    renewed = []
    for purpose, owner, subject in wanted:
        current = certificates.find_current(transaction, purpose, owner)
        if (
            current is not None
            and current.revoked is None
            and PROFILES[purpose].renewal_due(current.certificate.not_after, now)
            and current.certificate.not_after < issuing.certificate.not_after
        ):
            made = _add(
                transaction, custody, operator, purpose, subject, issuing, now,
                owner=owner, generation=current.generation + 1,
            )  # fmt: skip
            renewed.append(made)
    return renewed


def revoke(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    serial: int,
    reason: Reason,
    now: int,
    *,
    since: int | None = None,
    actor: str = "operator",
) -> Revoked | None:
    """Revoke a certificate and publish its CRL; None where it is revoked already, or not ours.

    A compromise counts `since` it began. Where nobody knows when that was, nothing that the key
    ever signed can be told from a forgery, so it counts from the certificate's beginning.
    """
    issued = certificates.find(transaction, serial)
    if issued is None:
        return None
    at = now
    if reason in COMPROMISES:
        at = issued.certificate.not_before if since is None else min(since, now)
    revoked = Revoked(at, reason)
    if not certificates.revoke(transaction, serial, revoked):
        return None
    audit.record(
        transaction,
        REVOKED,
        actor=actor,
        now=now,
        certificate=as_text(serial),
        reason=reason.name.lower(),
        since=at,
    )
    issuer = certificates.find(transaction, issued.issuer)
    assert issuer is not None
    _issue_crl(transaction, _ring(transaction, custody), operator, issuer, issued.shard, now)
    return revoked


def renew_crls(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> int:
    """Issue anew each CRL that has lived half its life; return how many."""
    ring = _ring(transaction, custody)
    ours = {record.kid for record in ring.records}  # a root whose key is elsewhere brings its CRL
    due = [
        (issuer, shard)
        for purpose in (Purpose.ROOT, Purpose.ISSUING)
        if (issuer := certificates.find_current(transaction, purpose)) is not None
        and issuer.kid in ours
        for shard in range(_shards(purpose))
        if _half_spent(crls.find(transaction, issuer.serial, shard), now)
    ]
    for issuer, shard in due:
        _issue_crl(transaction, ring, operator, issuer, shard, now)
    return len(due)


def _half_spent(crl: Crl | None, now: int) -> bool:
    return crl is None or now - crl.this_update >= crl.next_update - now


def _issue_crl(
    transaction: Transaction,
    ring: Ring,
    operator: Operator,
    issuer: Issued,
    shard: int,
    now: int,
) -> None:
    newest = crls.find(transaction, issuer.serial, shard)
    number = newest.number + 1 if newest else 1
    next_update = now + _CRL_SECONDS[issuer.purpose]
    encoded = issue_crl(
        issuer.certificate,
        ring.signer(ring.find(issuer.kid)),
        certificates.find_revoked(transaction, issuer.serial, shard, now),
        number,
        now,
        next_update,
        operator.crl_url(issuer.serial, shard) if _shards(issuer.purpose) > 1 else None,
    )
    if not crls.replace(transaction, Crl(issuer.serial, shard, number, now, next_update, encoded)):
        raise RuntimeError("another process issued that CRL at the same time")


def _root(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> Issued:
    key = custody.generate(Purpose.ROOT, Algorithm.ES256, now)
    signer = Ring((key,), custody).signer(key)
    subject = operator.subject("Tra Root CA")
    certificate = issue(Purpose.ROOT, subject, signer.public_key, None, signer, None, now)
    issued = Issued(certificate, Purpose.ROOT, "", 1, key.kid, certificate.serial, 0, now)
    return _save(transaction, issued, key, now)


def _add(
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
    """A fresh key and its certificate."""
    ring = _ring(transaction, custody)
    key = custody.generate(purpose, Algorithm.ES256, now, owner)
    own = Ring((key,), custody).signer(key)
    # The shard is drawn from the key, because the serial number is drawn when it is signed.
    shard = int.from_bytes(key.public[-2:]) % _shards(issuer.purpose)
    certificate = issue(
        purpose,
        subject,
        own.public_key,
        issuer.certificate,
        ring.signer(ring.find(issuer.kid)),
        operator.locations(issuer, shard),
        now,
    )
    if purpose is Purpose.OCSP:
        check_responder(Responder(certificate, own, issuer.certificate), now)
    issued = Issued(certificate, purpose, owner, generation, key.kid, issuer.serial, shard, now)
    return _save(transaction, issued, key, now)


def _save(transaction: Transaction, issued: Issued, key: KeyRecord, now: int) -> Issued:
    """Store certificate, key and event; where another process was first, return its own."""
    if not certificates.save(transaction, issued):
        first = certificates.find_current(transaction, issued.purpose, issued.owner)
        assert first is not None
        return first
    key_store.save(transaction, key)
    record_issued(transaction, issued, now)
    return issued


def record_issued(transaction: Transaction, issued: Issued, now: int) -> None:
    audit.record(
        transaction,
        ISSUED,
        actor="operator",
        now=now,
        certificate=as_text(issued.serial),
        purpose=issued.purpose,
        agency=issued.owner or None,
    )


def _ring(transaction: Transaction, custody: Custody) -> Ring:
    return Ring(key_store.find_all(transaction), custody)


def _shards(purpose: Purpose) -> int:
    return SHARDS if purpose is Purpose.ISSUING else 1


def _subject(agency: Agency, operator: Operator) -> Subject:
    return Subject(
        agency.name_en, agency.name_km, agency.organization_identifier, operator.registry
    )


def _stands(issued: Issued, now: int) -> bool:
    return issued.revoked is None and now < issued.certificate.not_after
