"""Whether a time-stamp proves anything (ETSI EN 319 102-1 §5.4), and in which order they came."""

from collections.abc import Sequence
from typing import Final

from signing.rules import certificates
from signing.rules.certificates import Context, Problem, Use, control_time, weak
from signing.rules.evidence import ChainEvidence, TimeStampEvidence
from signing.rules.report import StampKind, SubIndication

RECOVERABLE: Final = frozenset(
    {
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        SubIndication.TRY_LATER,
    }
)
"""What a proof of earlier existence may mend (§5.6.3.4 step 3)."""


def validate(stamp: TimeStampEvidence, ctx: Context) -> SubIndication | None:
    """§5.4: why a time-stamp proves nothing. What is known of its own existence is among the
    proofs."""
    if stamp.fault is not None:
        return stamp.fault
    if not stamp.chains:
        return SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    if not stamp.may_stamp:
        return SubIndication.CHAIN_CONSTRAINTS_FAILURE
    accepted = ctx.policy.time_stamps.policies
    if accepted and stamp.policy not in accepted:
        return SubIndication.SIG_CONSTRAINTS_FAILURE
    problem = min(
        (_by_chain(stamp, chain, ctx) for chain in stamp.chains),
        key=lambda found: found is not None,
    )
    return problem.sub_indication if problem else _weak(stamp, ctx)


def in_order(stamps: Sequence[TimeStampEvidence]) -> bool:
    """§5.5.4 step 4 e: none came before what it was made over, as far as their authorities'
    accuracy tells (RFC 3161 §2.4.2)."""
    return not any(
        later.at + later.accuracy < earlier.at - earlier.accuracy
        for later in stamps
        for earlier in stamps
        if earlier.id in later.covers
        or (earlier.kind is StampKind.CONTENT and later.kind is not StampKind.CONTENT)
    )


def past(chain: ChainEvidence, name: str, ctx: Context, after: int | None = None) -> bool:
    """§5.6.2.4: what a key made is known to have existed while the path stood for certain. `after`:
    the news of its certificate are younger."""
    control, since = control_time(chain, ctx), ctx.proofs.since(name)
    if control is None or since > control:
        return False
    own = chain.certificates[0]
    young = after is None or own.exempt or any(one.this_update >= after for one in own.statuses)
    return young and all(
        one.party.not_before <= since <= one.party.not_after for one in chain.certificates
    )


def _by_chain(stamp: TimeStampEvidence, chain: ChainEvidence, ctx: Context) -> Problem | None:
    since = ctx.proofs.since(stamp.id)
    use = Use(until=since, when=stamp.at, proven=since < ctx.at, stamps=True)
    problem = certificates.validate(chain, use, ctx)
    if problem is None or problem.sub_indication not in RECOVERABLE:
        return problem
    return None if past(chain, stamp.id, ctx) else problem


def _weak(stamp: TimeStampEvidence, ctx: Context) -> SubIndication | None:
    """Its algorithms, as those of any signature (§5.2.8.4)."""
    used = [] if stamp.algorithm is None else [stamp.algorithm]
    until = ctx.policy.suites.all_until(used, stamp.hashes)
    return None if ctx.proofs.since(stamp.id) < until else weak(until)
