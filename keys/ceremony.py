"""The root that is kept in a safe: made once among custodians, opened by enough of them to sign an
issuing authority or a CRL, and nowhere else. Runs on a machine without a network or a database.

The root's key is sealed under a key of 32 random bytes, which exists as shares alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from keys.certificates import Certificate, Locations, Subject, issue
from keys.crl import issue_crl
from keys.custody import Custody
from keys.enrolment import EnrolmentRefused, check_request, check_root
from keys.handles import new_bytes
from keys.revocation import Reason, Revoked
from keys.ring import KeyRecord, Purpose
from keys.sealing import MASTER_KEY_BYTES, SealBroken, Sealer
from keys.shares import Share, SharesWrong, combine, split
from keys.signer import Algorithm, Signer

CRL_SECONDS: Final = 200 * 86_400
"""How long the root's CRL is good: the custodians meet twice a year, and a little late."""


@dataclass(frozen=True, slots=True)
class Safe:
    """What lies in the safe. None of it opens without the custodians' shares."""

    key: KeyRecord
    root: Certificate
    crl_number: int = 0
    revoked: tuple[tuple[int, Revoked], ...] = ()

    def open(self, shares: Sequence[Share]) -> Signer:
        """The root's key, for as long as it is held; raises SharesWrong."""
        try:
            return Custody(Sealer([combine(shares)])).open(self.key)
        except SealBroken as error:
            raise SharesWrong("the shares are of another root") from error


def make_root(
    subject: Subject, threshold: int, custodians: int, now: int
) -> tuple[Safe, tuple[Share, ...]]:
    """A root, and its custodians' shares; raises ValueError, LintFailed."""
    secret = new_bytes(MASTER_KEY_BYTES)
    shares = split(secret, threshold, custodians)
    custody = Custody(Sealer([secret]))
    key = custody.generate(Purpose.ROOT, Algorithm.ES256, now)
    signer = custody.open(key)
    root = issue(Purpose.ROOT, subject, signer.public_key, None, signer, None, now)
    return Safe(key, root), shares


def sign_request(
    safe: Safe, signer: Signer, request: bytes, locations: Locations, now: int
) -> Certificate:
    """The certificate of the issuing authority that asks; raises EnrolmentRefused, LintFailed."""
    check_root(safe.root, now)
    subject, public_key = check_request(request)
    if subject.name == safe.root.subject:
        raise EnrolmentRefused("the request has the root's own name")
    return issue(Purpose.ISSUING, subject, public_key, safe.root, signer, locations, now)


def sign_crl(safe: Safe, signer: Signer, now: int) -> tuple[Safe, bytes]:
    """The root's next CRL, and the safe that remembers its number."""
    number = safe.crl_number + 1
    ends = min(now + CRL_SECONDS, safe.root.not_after)
    crl = issue_crl(safe.root, signer, safe.revoked, number, now, ends, None)
    return replace(safe, crl_number=number), crl


def revoke(safe: Safe, serial: int, reason: Reason, now: int) -> Safe:
    """The safe whose next CRL revokes an issuing authority. Once and for all."""
    if serial in dict(safe.revoked):
        return safe
    return replace(safe, revoked=(*safe.revoked, (serial, Revoked(now, reason))))
