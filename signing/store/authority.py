"""Our certificate authorities: which there are, who issues now, and who follows in time.

An authority that was followed by another issues nothing more; its CRLs and OCSP answers go on until
its last certificate ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.database import Transaction
from keys.certificates import Subject
from keys.custody import Custody
from keys.persons import Person
from keys.profiles import PROFILES
from keys.ring import Purpose
from keys.signer import PublicKey
from signing.store import agencies, certificates, shards
from signing.store.agencies import Agency
from signing.store.certificates import Issued, as_text
from signing.store.issuing import add, certify, make_root
from signing.store.operator import Operator

_NEEDED: Final = (Purpose.SEAL, Purpose.TIMESTAMP)
"""What the service cannot work without; authorities for others are made when they are needed."""

_OWN: Final = (Purpose.TIMESTAMP, Purpose.LIST, Purpose.REPORT)
"""What the service signs in its own name."""


class NoAuthority(Exception):
    """There is no issuing authority, and it is not for the service to make one."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """The certificates that the service itself works with: roots and issuing authorities of every
    line and generation, the newest first, and each authority's OCSP responder, by the
    authority's serial number."""

    roots: tuple[Issued, ...]
    issuers: tuple[Issued, ...]
    responders: Mapping[int, Issued]
    timestamp: Issued

    @property
    def issuing(self) -> Issued:
        """Who issues what has no authority of its own."""
        standing = [one for one in self.issuers if one.revoked is None] or self.issuers
        return next((one for one in standing if one.owner == ""), standing[0])

    @property
    def root(self) -> Issued:
        """The root above that authority."""
        return self.chain(self.issuing)[0]

    @property
    def ocsp(self) -> Issued:
        """The responder of that authority."""
        return self.responders[self.issuing.serial]

    def chain(self, issued: Issued) -> tuple[Issued, ...]:
        """The authorities above a certificate, its issuer first, its root last."""
        known = {one.serial: one for one in (*self.roots, *self.issuers)}
        above = [known[issued.issuer]]
        while above[-1].issuer != above[-1].serial:
            above.append(known[above[-1].issuer])
        return tuple(above)


def find_authorities(transaction: Transaction) -> Authorities | None:
    """The service's own certificates; None before they are established."""
    roots = certificates.find_by_purpose(transaction, Purpose.ROOT)
    issuers = certificates.find_by_purpose(transaction, Purpose.ISSUING)
    found = {
        issuer.serial: certificates.find_current(transaction, Purpose.OCSP, as_text(issuer.serial))
        for issuer in issuers
    }
    responders = {serial: ocsp for serial, ocsp in found.items() if ocsp is not None}
    timestamp = certificates.find_current(transaction, Purpose.TIMESTAMP)
    if not (roots and responders) or timestamp is None:
        return None
    return Authorities(roots, issuers, responders, timestamp)


def establish(
    transaction: Transaction, custody: Custody, operator: Operator, now: int
) -> Authorities:
    """Make root, issuing authorities, time-stamp authority and OCSP responders, where there are
    none. Two processes at once end with the same ones. Raises NoAuthority."""
    for purpose in _NEEDED:
        issuer_for(transaction, custody, operator, purpose, now)
    if certificates.find_current(transaction, Purpose.TIMESTAMP) is None:
        issuer = issuer_for(transaction, custody, operator, Purpose.TIMESTAMP, now)
        subject = operator.authority(Purpose.TIMESTAMP)
        add(transaction, custody, operator, Purpose.TIMESTAMP, subject, issuer, now)
    found = find_authorities(transaction)
    assert found is not None
    return found


def issuer_for(
    transaction: Transaction, custody: Custody, operator: Operator, purpose: Purpose, now: int
) -> Issued:
    """Who issues certificates of a purpose now, made where there is none; raises NoAuthority."""
    line = operator.line(purpose)
    of_line = _of_line(transaction, line)
    issuer = next((one for one in of_line if _stands(one, now)), None)
    if issuer is None:
        if not operator.own_root:
            raise NoAuthority("tra ca request, and then tra ca install")
        root = _root(transaction, custody, operator, now)
        issuer = _next_issuer(transaction, custody, operator, line, of_line, root, now)
    give_responder(transaction, custody, operator, issuer, now)
    return issuer


def give_responder(
    transaction: Transaction, custody: Custody, operator: Operator, issuer: Issued, now: int
) -> Issued | None:
    """A new OCSP responder for an authority: None where it has one that is good for long yet."""
    owner = as_text(issuer.serial)
    current = certificates.find_current(transaction, Purpose.OCSP, owner)
    if current is not None and not _due(current, issuer, issuer, now):
        return None
    subject = operator.authority(Purpose.OCSP)
    generation = current.generation + 1 if current else 1
    return add(
        transaction, custody, operator, Purpose.OCSP, subject, issuer, now,
        owner=owner, generation=generation,
    )  # fmt: skip


def give_seal(
    transaction: Transaction, custody: Custody, operator: Operator, agency: Agency, now: int
) -> Issued:
    """An agency's e-seal: the one that it has, or a new one where it has none that stands."""
    issuer = issuer_for(transaction, custody, operator, Purpose.SEAL, now)
    agencies.save(transaction, agency, now)  # first: its row is the lock
    subject = _subject(agency, operator)
    current = certificates.find_current(transaction, Purpose.SEAL, agency.agency_id)
    if current is not None and _stands(current, now) and current.names(subject):
        return current
    generation = current.generation + 1 if current else 1
    return add(
        transaction, custody, operator, Purpose.SEAL, subject, issuer, now,
        owner=agency.agency_id, generation=generation,
    )  # fmt: skip


def give_own(
    transaction: Transaction, custody: Custody, operator: Operator, purpose: Purpose, now: int
) -> Issued:
    """The certificate that the service seals its reports with, or signs the trusted list: the one
    that there is, or a new one where none stands; raises NoAuthority."""
    current = find_own(transaction, purpose, now)
    if current is not None:
        return current
    newest = certificates.find_current(transaction, purpose)
    issuer = issuer_for(transaction, custody, operator, purpose, now)
    return add(
        transaction, custody, operator, purpose, operator.authority(purpose), issuer, now,
        generation=newest.generation + 1 if newest else 1,
    )  # fmt: skip


def find_own(transaction: Transaction, purpose: Purpose, now: int) -> Issued | None:
    """The same where it stands."""
    current = certificates.find_current(transaction, purpose)
    return current if current is not None and _stands(current, now) else None


def give_signature(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    person: Person,
    public_key: PublicKey,
    now: int,
    *,
    short_term: bool = False,
) -> Issued:
    """A person's certificate for signatures, for a key that is held elsewhere; raises NoAuthority,
    LintFailed. `short_term`: of half a day, and never revoked."""
    purpose = Purpose.SHORT_SIGNATURE if short_term else Purpose.SIGNATURE
    issuer = issuer_for(transaction, custody, operator, Purpose.SIGNATURE, now)
    return certify(
        transaction, custody, operator, purpose, person, public_key, issuer,
        person.identifier, now,
    )  # fmt: skip


def renew(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> list[Issued]:
    """Re-key what nears its end, authorities first: a fresh key and certificate beside the old
    ones, which stay valid while every process learns of the new; so there is no gap. What is
    revoked is not renewed, but for an authority's sake: whoever it certified gets another."""
    renewed = _renew_authorities(transaction, custody, operator, now)
    issuers = certificates.find_by_purpose(transaction, Purpose.ISSUING)
    for issuer in issuers:
        newest = issuer == _of_line(transaction, issuer.owner)[0]
        if _stands(issuer, now) and (newest or shards.find_end(transaction, issuer.serial) > now):
            made = give_responder(transaction, custody, operator, issuer, now)
            renewed += [made] if made else []
    by_serial = {issuer.serial: issuer for issuer in issuers}
    wanted = [(purpose, "", operator.authority(purpose)) for purpose in _OWN]
    wanted += [
        (Purpose.SEAL, agency.agency_id, _subject(agency, operator))
        for agency in agencies.find_all(transaction)
    ]
    for purpose, owner, subject in wanted:
        current = certificates.find_current(transaction, purpose, owner)
        if current is None or current.revoked is not None:
            continue
        try:
            issuer = issuer_for(transaction, custody, operator, purpose, now)
        except NoAuthority:  # its root's operator is awaited
            continue
        if _due(current, by_serial[current.issuer], issuer, now):
            made = add(
                transaction, custody, operator, purpose, subject, issuer, now,
                owner=owner, generation=current.generation + 1,
            )  # fmt: skip
            renewed.append(made)
    return renewed


def overdue(transaction: Transaction, now: int) -> tuple[Issued, ...]:
    """The authorities that issue and near their end, or were revoked: where their root is
    elsewhere, its operator has to give their successors."""
    lines = {issuer.owner for issuer in certificates.find_by_purpose(transaction, Purpose.ISSUING)}
    newest = [_of_line(transaction, line)[0] for line in sorted(lines)]
    return tuple(
        one
        for one in newest
        if one.revoked is not None
        or PROFILES[Purpose.ISSUING].renewal_due(one.certificate.not_after, now)
    )


def _renew_authorities(
    transaction: Transaction, custody: Custody, operator: Operator, now: int
) -> list[Issued]:
    due = overdue(transaction, now)
    if not operator.own_root or not due:
        return []
    root = _root(transaction, custody, operator, now)
    return [
        _next_issuer(
            transaction, custody, operator, one.owner, _of_line(transaction, one.owner), root, now
        )
        for one in due
        if one.revoked is not None or one.certificate.not_after < root.certificate.not_after
    ]


def _root(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> Issued:
    """Our root: a new one where there is none that may certify another authority."""
    root = certificates.find_current(transaction, Purpose.ROOT)
    if (
        root is not None
        and root.revoked is None
        and not PROFILES[Purpose.ROOT].renewal_due(root.certificate.not_after, now)
    ):
        return root
    return make_root(transaction, custody, operator, root.generation + 1 if root else 1, now)


def _next_issuer(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    line: str,
    of_line: tuple[Issued, ...],
    root: Issued,
    now: int,
) -> Issued:
    generation = of_line[0].generation + 1 if of_line else 1
    subject = operator.authority(Purpose.ISSUING, line, generation)
    return add(
        transaction, custody, operator, Purpose.ISSUING, subject, root, now,
        owner=line, generation=generation,
    )  # fmt: skip


def _of_line(transaction: Transaction, line: str) -> tuple[Issued, ...]:
    found = certificates.find_by_purpose(transaction, Purpose.ISSUING)
    return tuple(issuer for issuer in found if issuer.owner == line)


def _due(current: Issued, by: Issued, issuer: Issued, now: int) -> bool:
    """Whether a successor has to be made now, and would be good for longer; `by` issued it."""
    if by.revoked is not None:
        return by.serial != issuer.serial
    ends = current.certificate.not_after
    due = PROFILES[current.purpose].renewal_due(ends, now)
    return due and ends < issuer.certificate.not_after


def _subject(agency: Agency, operator: Operator) -> Subject:
    return Subject(
        agency.name_en, agency.name_km, agency.organization_identifier, operator.registry
    )


def _stands(issued: Issued, now: int) -> bool:
    return issued.revoked is None and now < issued.certificate.not_after
