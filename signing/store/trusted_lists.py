"""The issues of our trusted list; the newest is published."""

from dataclasses import dataclass

from cryptography.x509.oid import NameOID
from sqlalchemy import delete, select

from core.database import Transaction
from core.statements import Prepared
from keys.ring import Purpose
from signing.rules.trusted_list import Period, Service, ServiceStatus, ServiceType, name_of
from signing.store import certificates
from signing.store.certificates import Issued
from signing.store.tables import trusted_lists

_SAVE = Prepared.upsert(lambda insert: insert(trusted_lists).on_conflict_do_nothing())

_KINDS = {
    Purpose.ROOT: ServiceType.CA,
    Purpose.ISSUING: ServiceType.CA,
    Purpose.TIMESTAMP: ServiceType.TIME_STAMPS,
    Purpose.OCSP: ServiceType.OCSP,
}


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it is served. `content` is the SHA-256 of what it says of services."""

    sequence: int
    next_update: int
    content: bytes
    xml: bytes


def find_newest(transaction: Transaction) -> Issue | None:
    row = transaction.execute(
        select(trusted_lists).order_by(trusted_lists.c.sequence.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Issue(row.sequence, row.next_update, bytes(row.content), bytes(row.xml))


def save(transaction: Transaction, issue: Issue) -> bool:
    """Store an issue in the place of those before: False where another process made it first."""
    row = {
        "sequence": issue.sequence,
        "next_update": issue.next_update,
        "content": issue.content,
        "xml": issue.xml,
    }
    if not _SAVE.run(transaction, row):
        return False
    transaction.execute(delete(trusted_lists).where(trusted_lists.c.sequence < issue.sequence))
    return True


def find_services(transaction: Transaction) -> tuple[Service, ...]:
    """Every authority, time-stamp authority and OCSP responder of ours, of every generation. A
    root of another organization's is its own service, and not for us to list."""
    found = {purpose: certificates.find_by_purpose(transaction, purpose) for purpose in _KINDS}
    ours = {name for one in found[Purpose.ISSUING] for name in _organization(one)}
    return tuple(
        _service(issued, kind)
        for purpose, kind in _KINDS.items()
        for issued in sorted(
            found[purpose], key=lambda one: (one.certificate.not_before, one.serial)
        )
        if purpose is not Purpose.ROOT or ours & _organization(issued)
    )


def _organization(issued: Issued) -> frozenset[str | bytes]:
    subject = issued.certificate.parsed.subject
    named = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return frozenset(one.value for one in named)


def _name(issued: Issued) -> str:
    """As its certificate says, which a root elsewhere may have worded."""
    subject = issued.certificate.parsed.subject
    named = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else subject.rfc4514_string()


def _service(issued: Issued, kind: ServiceType) -> Service:
    now = Period(ServiceStatus.RECOGNISED, issued.certificate.not_before)
    history: tuple[Period, ...] = ()
    if issued.revoked is not None:
        now, history = Period(ServiceStatus.DEPRECATED, issued.revoked.at), (now,)
    called = name_of(kind, _name(issued))
    return Service(kind, called, issued.certificate.der, now, history)
