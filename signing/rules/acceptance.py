"""What a policy accepts of a signature (ETSI EN 319 102-1 §5.2.8): form, commitment, key usage,
time-stamp, algorithms. Each function returns why not, or None."""

from signing.rules.algorithms import NEVER, Suites
from signing.rules.evidence import SignatureEvidence, TimeStampEvidence
from signing.rules.policy import (
    CertificateConstraints,
    SignatureConstraints,
    TimeStampConstraints,
)
from signing.rules.report import SubIndication


def check_signature(
    found: SignatureEvidence, constraints: SignatureConstraints
) -> SubIndication | None:
    """The format is accepted, and what the signer commits to."""
    if found.format not in constraints.formats:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    committed, accepted = set(found.commitments), set(constraints.commitments)
    if committed and accepted and not committed & accepted:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    return None


def check_key_usage(
    found: SignatureEvidence, constraints: CertificateConstraints
) -> SubIndication | None:
    """§5.2.6.4: the certificate doesn't keep its key from signing documents."""
    if found.key_usage is None or set(found.key_usage) & set(constraints.key_usage):
        return None
    return SubIndication.CHAIN_CONSTRAINTS_FAILURE


def check_time_stamp(
    stamp: TimeStampEvidence | None, claimed_at: int | None, constraints: TimeStampConstraints
) -> SubIndication | None:
    """One is there where it has to be, under an accepted policy, and soon enough after the claimed
    signing time (§5.5.4 step 5)."""
    if stamp is None:
        return SubIndication.SIG_CONSTRAINTS_FAILURE if constraints.required else None
    if constraints.policies and stamp.policy not in constraints.policies:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    delay = constraints.delay_seconds
    if delay is not None and (claimed_at is None or claimed_at + delay < stamp.at):
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    return None


def check_algorithms(
    found: SignatureEvidence, suites: Suites, best_time: int, at: int
) -> SubIndication | None:
    """What the signature rests on could be relied on at its best time, and its time-stamp still
    can."""
    used = [] if found.algorithm is None else [found.algorithm]
    used += [one.algorithm for one in found.chain]
    problem = _problem(suites.all_until(used, found.hashes), best_time)
    if problem is None and found.time_stamp is not None:
        stamp = found.time_stamp
        used = [] if stamp.algorithm is None else [stamp.algorithm]
        used += [one.algorithm for one in stamp.chain]
        moment = best_time if found.archived else at
        problem = _problem(suites.all_until(used, stamp.hashes), moment)
    return problem


def _problem(until: int, moment: int) -> SubIndication | None:
    """EN 319 102-1 table 6: what was never good enough, and what may have been."""
    if until == NEVER:
        return SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    return SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE if moment >= until else None
