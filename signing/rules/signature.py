"""The validation of one signature, by the building blocks of ETSI EN 319 102-1 §5: as a basic
signature (§5.3), with time (§5.5), and for the long term (§5.6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from signing.rules import acceptance, certificates, time_stamps
from signing.rules.certificates import Context, Problem, Use, revocation, weak
from signing.rules.evidence import (
    ChainEvidence,
    Changes,
    SignatureEvidence,
    TimeStampEvidence,
)
from signing.rules.policy import Policy
from signing.rules.proofs import Proofs
from signing.rules.report import StampKind, Step, SubIndication
from signing.rules.time_stamps import RECOVERABLE

Results = Mapping[str, SubIndication | None]
"""What is wrong with each time-stamp, by its id."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a signature: the problem at which its validation stopped, and the earliest time
    that it is proven to have existed at."""

    problem: Problem | None
    proven_at: int | None
    stamps: Results


def validate(found: SignatureEvidence, at: int, policy: Policy) -> Outcome:
    """§5.1: basic blocks first, then with time, then for the long term where that is needed."""
    ctx = Context(at, policy, Proofs(at))
    stamps: Results = {one.id: time_stamps.validate(one, ctx) for one in found.time_stamps}
    ctx = _with_best_time(found, stamps, ctx)
    problem = (
        _check_format(found)  # (1)
        or _check_computable(found, policy)
        or _identify_signer(found)  # (2)
        or _check_content(found)  # (3)
        or _check_signature_value(found)  # (4)
        or _check_chains(found)
    )
    if problem is None:
        problem = _validate_with_time(found, stamps, ctx)
        if problem and problem.sub_indication in RECOVERABLE:
            stamps, ctx = _past_proofs(found, ctx)
            problem = _validate_past(found, stamps, ctx)
    proven_at = ctx.proofs.since(found.id)
    return Outcome(problem, proven_at if _passed(found, stamps) else None, stamps)


def answers(
    found: SignatureEvidence, stopped: Step | None, why: SubIndication | None
) -> Iterator[tuple[Step, SubIndication | None]]:
    """What each step answered (None: it passed), in their order, of a validation that `stopped` at
    one (None: at none). What had not passed in every case by then is left out."""
    passed = _STEPS if stopped is None else _BEFORE[stopped]
    nobody = stopped is Step.CHAIN and why is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    if nobody or not found.computable:
        passed = passed[:1]  # nothing was computed then
    for step in _STEPS:
        if step is stopped:
            yield step, why
        elif step in passed:
            yield step, None


def _check_format(found: SignatureEvidence) -> Problem | None:
    """(1) §5.2.2: the signature is encoded as its format demands."""
    if found.faults:
        return Problem(Step.FORMAT, SubIndication.FORMAT_FAILURE)
    return None


def _check_computable(found: SignatureEvidence, policy: Policy) -> Problem | None:
    """§5.2.8.4, before anything is computed: what is not known here is not relied on."""
    if found.computable:
        return None
    used = [] if found.algorithm is None else [found.algorithm]
    until = policy.suites.all_until(used, found.hashes)
    return Problem(Step.ALGORITHMS, weak(until))


def _identify_signer(found: SignatureEvidence) -> Problem | None:
    """(2) §5.2.3: a certificate is there, and it is the one that was signed."""
    if found.signer is None or found.names_another:
        return Problem(Step.CHAIN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    return None


def _check_content(found: SignatureEvidence) -> Problem | None:
    """(3) §5.2.7.4: the document is the one that was signed, and nothing was changed after."""
    if not found.content_found:
        return Problem(Step.DOCUMENT_DIGEST, SubIndication.SIGNED_DATA_NOT_FOUND)
    if not found.digest_matches:
        return Problem(Step.DOCUMENT_DIGEST, SubIndication.HASH_FAILURE)
    if found.changes is Changes.FORBIDDEN:
        return Problem(Step.DOCUMENT_DIGEST, SubIndication.FORMAT_FAILURE)
    return None


def _check_signature_value(found: SignatureEvidence) -> Problem | None:
    """(4) §5.2.7.4: the signature verifies with the signer's key."""
    if not found.signature_verifies:
        return Problem(Step.SIGNATURE_VALUE, SubIndication.SIG_CRYPTO_FAILURE)
    return None


def _check_chains(found: SignatureEvidence) -> Problem | None:
    """(5) §5.2.6: there is a path to a root that is trusted."""
    if not found.chains:
        return Problem(Step.CHAIN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    return None


def _with_best_time(found: SignatureEvidence, stamps: Results, ctx: Context) -> Context:
    """§5.5.4 step 3: a time-stamp that passes proves the signature, and with it the certificate
    that the signature names."""
    best = min((stamp.at for stamp in _passed(found, stamps)), default=ctx.at)
    known = {found.id: min(best, ctx.at)}
    if found.signer is not None and found.names_its_certificate:
        known[found.signer.fingerprint] = known[found.id]
    return replace(ctx, proofs=Proofs(ctx.at, {**ctx.proofs.earliest, **known}))


def _validate_with_time(found: SignatureEvidence, stamps: Results, ctx: Context) -> Problem | None:
    """§5.5.4: how things stand at the moment to judge by, compared with the proven time."""
    return _conclude(found, stamps, ctx, _check_signer(found, stamps, ctx))


def _conclude(
    found: SignatureEvidence, stamps: Results, ctx: Context, problem: Problem | None
) -> Problem | None:
    """§5.5.4 steps 3 to 9. Where nothing but time speaks against the signer, a time-stamp that has
    to pass and doesn't is why."""
    of_time = problem is None or problem.sub_indication in _OF_TIME or found.is_time_stamp
    if of_time and (failed := _check_time_stamp(found, stamps, ctx.policy)):
        return failed
    return _after_content_time_stamp(found, stamps, problem) or _accept(found, stamps, ctx)


def _check_signer(found: SignatureEvidence, stamps: Results, ctx: Context) -> Problem | None:
    """(5) §5.2.6: by the path that stands, or by the first."""
    use = _use(found, stamps, ctx)
    problems = [certificates.validate(chain, use, ctx) for chain in found.chains]
    return min(problems, key=lambda problem: problem is not None)


def _use(found: SignatureEvidence, stamps: Results, ctx: Context) -> Use:
    proven_at = ctx.proofs.since(found.id)
    proven = bool(_passed(found, stamps))
    return Use(until=proven_at, when=proven_at, proven=proven, stamps=found.is_time_stamp)


def _after_content_time_stamp(
    found: SignatureEvidence, stamps: Results, problem: Problem | None
) -> Problem | None:
    """§5.3.4 step 4: what was stamped before it was signed was signed later for certain."""
    after = _made_after(found, stamps)
    if problem is None or not after:
        return problem
    own = found.chains[0].certificates[0]
    revoked = revocation(own.statuses)
    match problem.sub_indication:
        case SubIndication.REVOKED_NO_POE if revoked and revoked.at < after:
            return replace(problem, sub_indication=SubIndication.REVOKED)
        case SubIndication.OUT_OF_BOUNDS_NO_POE | SubIndication.OUT_OF_BOUNDS_NOT_REVOKED if (
            own.party.not_after < after
        ):
            return replace(problem, sub_indication=SubIndication.EXPIRED)
    return problem


def _made_after(found: SignatureEvidence, stamps: Results) -> int:
    """The time of the last time-stamp over what was signed; 0 where there is none."""
    valid = _valid(found, stamps)
    return max((stamp.at for stamp in valid if stamp.kind is StampKind.CONTENT), default=0)


def _accept(found: SignatureEvidence, stamps: Results, ctx: Context) -> Problem | None:
    """What the policy asks beyond the path."""
    return (
        _check_key_usage(found, ctx.policy)  # (6)
        or _check_time_stamps(found, stamps, ctx.policy)  # (7)
        or _check_attributes(found, ctx.policy)  # (8)
        or _check_algorithms(found, stamps, ctx)  # (9)
    )


def _check_key_usage(found: SignatureEvidence, policy: Policy) -> Problem | None:
    """(6) §5.2.6.4: the key may sign documents."""
    problem = acceptance.check_key_usage(found, policy.certificates)
    return Problem(Step.KEY_USAGE, problem) if problem else None


def _check_time_stamps(found: SignatureEvidence, stamps: Results, policy: Policy) -> Problem | None:
    """(7) §5.5.4 steps 4 e and 5: all in order, soon enough, and there if the policy asks."""
    passed, asked = _passed(found, stamps), policy.time_stamps
    problem = acceptance.check_time_stamps(passed, found.claimed_at, asked)
    if problem is None and not time_stamps.in_order(_valid(found, stamps)):
        problem = SubIndication.TIMESTAMP_ORDER_FAILURE
    return Problem(Step.TIME_STAMP, problem) if problem else None


def _check_attributes(found: SignatureEvidence, policy: Policy) -> Problem | None:
    """(8) §5.2.8: the signed attributes name the signer's certificate (EN 319 142-1 table 1), and
    the policy accepts what they say."""
    if not found.names_its_certificate:
        return Problem(Step.SIGNED_ATTRIBUTES, SubIndication.SIG_CONSTRAINTS_FAILURE)
    problem = acceptance.check_signature(found, policy.signatures)
    return Problem(Step.SIGNED_ATTRIBUTES, problem) if problem else None


def _check_algorithms(found: SignatureEvidence, stamps: Results, ctx: Context) -> Problem | None:
    """(9) §5.2.8.4, §5.3.4 step 6: algorithms and keys could be relied on (ETSI TS 119 312)."""
    since, after = ctx.proofs.since(found.id), _made_after(found, stamps)
    problem = acceptance.check_algorithms(found, since, after, ctx.policy)
    return Problem(Step.ALGORITHMS, problem) if problem else None


def _check_time_stamp(found: SignatureEvidence, stamps: Results, policy: Policy) -> Problem | None:
    """§5.5.4 step 3 b: a time-stamp over the signature that is there passes, if the policy asks."""
    over = [stamps[s.id] for s in found.time_stamps if s.kind is StampKind.SIGNATURE]
    if not policy.time_stamps.must_pass or not over or None in over:
        return None
    said = over[0]
    if said is None or said in _BROKEN:  # the time-stamp's failure is not the signature's
        said = SubIndication.SIG_CONSTRAINTS_FAILURE
    return Problem(Step.TIME_STAMP, said)


def _past_proofs(found: SignatureEvidence, ctx: Context) -> tuple[Results, Context]:
    """§5.6.3.4 step 5: time-stamps, the newest first, each of which vouches for the older ones."""
    stamps: dict[str, SubIndication | None] = {}
    for stamp in sorted(found.time_stamps, key=lambda one: one.at, reverse=True):
        stamps[stamp.id] = time_stamps.validate(stamp, ctx)
        if stamps[stamp.id] is None and stamp.kind is not StampKind.CONTENT:
            ctx = replace(ctx, proofs=ctx.proofs.extracted(stamp))
    return stamps, _with_best_time(found, stamps, ctx)


def _validate_past(found: SignatureEvidence, stamps: Results, ctx: Context) -> Problem | None:
    """§5.6.3.4 steps 6 to 9: past validation, by what was proven."""
    problem = _check_signer(found, stamps, ctx)
    if problem and problem.sub_indication in RECOVERABLE and _stood_before(found, ctx):
        problem = None
    return _conclude(found, stamps, ctx, problem)


def _stood_before(found: SignatureEvidence, ctx: Context) -> bool:
    since = ctx.proofs.since(found.id)
    standing: Sequence[ChainEvidence] = [
        one for one in found.chains if one.problem is None and one.is_recognised(since)
    ]
    news = since + ctx.policy.revocation.grace_seconds
    after = news if ctx.policy.revocation.after_signature else None
    return any(time_stamps.past(chain, found.id, ctx, after) for chain in standing)


def _passed(found: SignatureEvidence, stamps: Results) -> list[TimeStampEvidence]:
    """The time-stamps over the signature that prove it."""
    return [
        stamp
        for stamp in _valid(found, stamps)
        if stamp.kind is not StampKind.CONTENT and found.id in stamp.covers
    ]


def _valid(found: SignatureEvidence, stamps: Results) -> list[TimeStampEvidence]:
    return [stamp for stamp in found.time_stamps if stamps[stamp.id] is None]


_STEPS: Final[Sequence[Step]] = tuple(step for step in Step if step is not Step.SIGNATURE_TIME)
_FITS: Final = (Step.FORMAT, Step.DOCUMENT_DIGEST, Step.SIGNATURE_VALUE)
_BEFORE: Final[Mapping[Step, Sequence[Step]]] = {
    Step.FORMAT: (),
    Step.DOCUMENT_DIGEST: _FITS[:1],
    Step.SIGNATURE_VALUE: _FITS[:2],
    Step.CHAIN: _FITS,
    Step.REVOCATION: _FITS,
    Step.TIME_STAMP: _FITS,
    Step.ALGORITHMS: _FITS,
    Step.KEY_USAGE: (*_FITS, Step.CHAIN, Step.REVOCATION),
    Step.SIGNED_ATTRIBUTES: (
        *(*_FITS, Step.CHAIN, Step.REVOCATION),
        *(Step.KEY_USAGE, Step.TIME_STAMP),
    ),
}
"""What has passed, whatever way a validation came to the step at which it stopped."""

_BROKEN: Final = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
    }
)

_OF_TIME: Final = frozenset(
    {
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
        SubIndication.TRY_LATER,
    }
)
