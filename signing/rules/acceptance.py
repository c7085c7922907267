"""What a policy accepts of a signature (ETSI EN 319 102-1 §5.2.8): form, commitment, key usage,
time-stamps, algorithms. Each function returns why not, or None."""

from collections.abc import Sequence

from signing.rules.certificates import weak
from signing.rules.evidence import SignatureEvidence, TimeStampEvidence
from signing.rules.policy import (
    CertificateConstraints,
    Policy,
    SignatureConstraints,
    TimeStampConstraints,
)
from signing.rules.report import SubIndication


def check_signature(
    found: SignatureEvidence, constraints: SignatureConstraints
) -> SubIndication | None:
    """The format is accepted, and what the signer commits to; it says when it was made."""
    if found.format not in constraints.formats:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    committed, accepted = set(found.commitments), set(constraints.commitments)
    if committed and accepted and not committed & accepted:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    dated = found.claimed_at is not None or found.dated_elsewhere or found.is_time_stamp
    if constraints.signing_time and not dated:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    return None


def check_key_usage(
    found: SignatureEvidence, constraints: CertificateConstraints
) -> SubIndication | None:
    """§5.2.6.4: the certificate doesn't keep its key from signing documents."""
    if found.key_usage is None or set(found.key_usage) & set(constraints.key_usage):
        return None
    return SubIndication.CHAIN_CONSTRAINTS_FAILURE


def check_time_stamps(
    stamps: Sequence[TimeStampEvidence], claimed_at: int | None, constraints: TimeStampConstraints
) -> SubIndication | None:
    """Among those that passed is one where there has to be one, and it came soon enough after the
    claimed signing time (§5.5.4 step 5)."""
    if not stamps:
        return SubIndication.SIG_CONSTRAINTS_FAILURE if constraints.required else None
    delay, stamped_at = constraints.delay_seconds, min(stamp.at for stamp in stamps)
    if delay is not None and (claimed_at is None or claimed_at + delay < stamped_at):
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    return None


def check_algorithms(
    found: SignatureEvidence, since: int, after: int, policy: Policy
) -> SubIndication | None:
    """§5.2.8.4: the signature is known to have existed while what it was made with was reliable.
    `after`: since when it can have been made."""
    used = [] if found.algorithm is None else [found.algorithm]
    until = policy.suites.all_until(used, found.hashes)
    if since < until:
        return None
    return SubIndication.CRYPTO_CONSTRAINTS_FAILURE if after >= until else weak(until)
