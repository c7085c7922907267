"""Revoking certificates, and the CRLs that tell it: each in one transaction."""

from collections.abc import Collection, Mapping
from typing import Final

from core import audit
from core.database import Transaction
from keys import store as key_store
from keys.crl import issue_crl
from keys.custody import Custody
from keys.revocation import COMPROMISES, Reason, Revoked
from keys.ring import Purpose
from signing.store import certificates, crls, shards
from signing.store.certificates import Issued, as_text
from signing.store.crls import Crl
from signing.store.operator import Operator
from signing.store.shards import Shard

RENEWED_AT_ONCE: Final = 8
"""CRLs that one transaction renews: nobody waits long for it to end."""

_DAY: Final = 86_400
_CRL_SECONDS: Final = {Purpose.ROOT: 180 * _DAY, Purpose.ISSUING: _DAY}

REVOKED: Final = audit.kind(
    "authority:certificate:revoke",
    "A certificate was revoked; `since` is the time from which it is worth nothing.",
    "certificate",
    "reason",
    "since",
)


class KeyElsewhere(Exception):
    """The certificate's issuer is a root whose key is not here: its operator revokes it."""


class ShortTerm(Exception):
    """Certificates that nobody revokes: serial numbers, and when each ends (NumericDate)."""

    def __init__(self, ends: Mapping[int, int]) -> None:
        super().__init__(", ".join(map(as_text, sorted(ends))))
        self.ends = ends


def revoke(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    serials: Collection[int],
    reason: Reason,
    now: int,
    *,
    since: int | None = None,
    actor: str = "operator",
) -> dict[int, Revoked]:
    """Revoke certificates and publish the CRL of each shard that has one of them; the answer
    leaves out what is revoked already, or not ours. Raises KeyElsewhere; ShortTerm where one says
    itself that nobody will ever tell of its revocation (RFC 9608 §2, EN 319 412-1 §5.2.2): who
    relies on it would not hear of it, and our verdict would be another than everybody's.

    A compromise counts `since` it began. Where nobody knows when that was, nothing that the key
    ever signed can be told from a forgery, so it counts from the certificate's beginning.
    """
    if short_term := certificates.find_short_term(transaction, serials):
        raise ShortTerm(short_term)
    places = certificates.find_places(transaction, serials)
    touched = sorted(set(places.values()))
    issuers = certificates.find_many(transaction, {issuer for issuer, _ in touched})
    for issuer, shard in touched:
        if not _ours(transaction, issuers[issuer]):
            raise KeyElsewhere(as_text(issuer))
        shards.lock(transaction, issuer, shard)
    revoked = {
        serial: why
        for serial in places
        if (why := _revoke(transaction, serial, reason, now, since, actor)) is not None
    }
    for issuer, shard in sorted({places[serial] for serial in revoked}):
        publish(transaction, custody, operator, issuers[issuer], shard, now)
    return revoked


def record_revoked(
    transaction: Transaction, serial: int, revoked: Revoked, now: int, actor: str = "operator"
) -> bool:
    """Write a revocation down; False where it is known already, or the certificate not ours."""
    if not certificates.revoke(transaction, serial, revoked):
        return False
    audit.record(
        transaction,
        REVOKED,
        actor=actor,
        now=now,
        certificate=as_text(serial),
        reason=revoked.reason.name.lower(),
        since=revoked.at,
    )
    return True


def renew_crls(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> int:
    """Issue anew CRLs that have lived half their lives, some at a time; return how many."""
    due = [
        (issuer, shard.number)
        for purpose in (Purpose.ROOT, Purpose.ISSUING)
        for issuer in certificates.find_by_purpose(transaction, purpose)
        if issuer.certificate.not_after > now and _ours(transaction, issuer)
        for shard in shards.find_all(transaction, issuer.serial)
        if _due(crls.find_times(transaction, issuer.serial, shard.number), shard, now)
    ]
    taken = sorted(due, key=lambda one: (one[0].serial, one[1]))[:RENEWED_AT_ONCE]
    for issuer, shard in taken:
        shards.lock(transaction, issuer.serial, shard)
        times = crls.find_times(transaction, issuer.serial, shard)
        if _half_spent(times, now):  # nobody was faster
            publish(transaction, custody, operator, issuer, shard, now)
    return len(taken)


def publish(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    issuer: Issued,
    shard: int,
    now: int,
) -> None:
    """Issue the next CRL of a shard that is locked, or new."""
    newest = crls.find(transaction, issuer.serial, shard)
    number = newest.number + 1 if newest else 1
    next_update = min(now + _CRL_SECONDS[issuer.purpose], issuer.certificate.not_after)
    # An entry stays until a CRL from after its certificate's end has had it (RFC 5280 §3.3).
    ended_before = newest.this_update if newest else now
    encoded = issue_crl(
        issuer.certificate,
        custody.open(key_store.find(transaction, issuer.kid)),
        certificates.find_revoked(transaction, issuer.serial, shard, ended_before),
        number,
        now,
        next_update,
        operator.crl_url(issuer.serial, shard) if issuer.purpose is Purpose.ISSUING else None,
    )
    if not crls.replace(transaction, Crl(issuer.serial, shard, number, now, next_update, encoded)):
        raise RuntimeError("another process issued that CRL at the same time")


def _revoke(
    transaction: Transaction,
    serial: int,
    reason: Reason,
    now: int,
    since: int | None,
    actor: str,
) -> Revoked | None:
    at = now
    if reason in COMPROMISES:
        at = _beginning(transaction, serial) if since is None else min(since, now)
    revoked = Revoked(at, reason)
    return revoked if record_revoked(transaction, serial, revoked, now, actor) else None


def _beginning(transaction: Transaction, serial: int) -> int:
    issued = certificates.find(transaction, serial)
    assert issued is not None, "found before"
    return issued.certificate.not_before


def _due(times: tuple[int, int] | None, shard: Shard, now: int) -> bool:
    """A shard whose last certificate has ended gets one CRL more, and then none."""
    over = not shard.newest and times is not None and times[0] > shard.ends
    return not over and _half_spent(times, now)


def _half_spent(times: tuple[int, int] | None, now: int) -> bool:
    return times is None or now - times[0] >= times[1] - now


def _ours(transaction: Transaction, issuer: Issued) -> bool:
    """Whether the key is here; a root whose key is elsewhere brings its CRL."""
    return key_store.exists(transaction, issuer.kid)
