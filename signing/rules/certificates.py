"""Whether a certificate stood when its key was used (ETSI EN 319 102-1 §5.2.5, §5.2.6, §5.6.2).

What a path is made of was found by the reader; here it is held against time: validity, revocation
and how fresh the news of it is, algorithms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from signing.rules.algorithms import NEVER, NO_END
from signing.rules.evidence import (
    CertificateEvidence,
    ChainEvidence,
    Revocation,
    StatusEvidence,
)
from signing.rules.policy import Policy
from signing.rules.proofs import Proofs
from signing.rules.report import Step, SubIndication

_KEPT_AFTER_REVOCATION: Final = frozenset(
    {"unspecified", "affiliation_changed", "superseded", "cessation_of_operation"}
)
"""A time-stamp authority's reasons after which its older tokens stay valid (RFC 3161 §4.1)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a validation stopped, and what EN 319 102-1 calls it."""

    step: Step
    sub_indication: SubIndication


@dataclass(frozen=True, slots=True)
class Context:
    """The moment to judge by, the policy, and what is proven to have existed when."""

    at: int
    policy: Policy
    proofs: Proofs


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a key: known to have happened by `until` (now, where nothing proves it), and as the
    signer says at `when`. `proven`: `until` is. `stamps`: the key makes time-stamps."""

    until: int
    when: int
    proven: bool = False
    stamps: bool = False


def validate(chain: ChainEvidence, use: Use, ctx: Context) -> Problem | None:
    """§5.2.6.4: the path stands for this use at the moment to judge by."""
    if chain.problem is not None:
        return Problem(Step.CHAIN, chain.problem)
    return (
        _check_recognised(chain, use)
        or _check_not_revoked(chain, use, ctx)
        or _check_validity(chain, use, ctx)
        or _check_news(chain, use, ctx)
        or _check_algorithms(chain, ctx)
    )


def control_time(chain: ChainEvidence, ctx: Context) -> int | None:
    """§5.6.2.2, validation time sliding: the last moment at which the path is known to have stood;
    None where nothing that is proven early enough tells (NO_POE)."""
    control = ctx.at
    for certificate, issuer in reversed(list(_with_issuers(chain))):
        if ctx.proofs.since(certificate.party.fingerprint) > control:
            return None
        if not certificate.exempt:
            told = [
                status
                for status in certificate.statuses
                if _is_credible(status, certificate, issuer, ctx)
                and (_is_own(status) or _known_by(status, control, ctx))
            ]
            if not told:
                return None
            control = min(control, max(_reliable_until(status, ctx) for status in told))
        revoked = revocation(certificate.statuses)  # also by whom we would not believe more
        control = min(control, revoked.at - 1) if revoked else control
        control = min(control, ctx.policy.suites.until(certificate.algorithm) - 1)
    return control


def revocation(statuses: Iterable[StatusEvidence]) -> Revocation | None:
    """The revocation that statuses tell of. A hold lasts until newer news don't tell of it."""
    told = sorted(statuses, key=lambda status: status.this_update)
    final = [one.revoked for one in told if one.revoked and not one.revoked.on_hold]
    if final:
        return min(final, key=lambda revoked: revoked.at)
    return told[-1].revoked if told else None


def _check_recognised(chain: ChainEvidence, use: Use) -> Problem | None:
    """§5.2.6.4 steps 1 and 3, TS 119 615: the root was recognised when the key was used. A
    time-stamp says when that was; a signature may be proven to be older (§5.6)."""
    moment = min(use.when, use.until) if use.stamps else use.until
    if chain.is_recognised(moment):
        return None
    if use.stamps or not chain.was_recognised(moment):
        return Problem(Step.CHAIN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    return Problem(Step.CHAIN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE)


def _check_not_revoked(chain: ChainEvidence, use: Use, ctx: Context) -> Problem | None:
    """§5.2.6.4, §5.5.4: nothing was revoked before the key was used, nor an authority before what
    it says of others is known to have existed."""
    own, *above = chain.certificates
    for below, authority in zip(chain.certificates, above, strict=False):
        revoked = revocation(authority.statuses)
        if revoked and (revoked.at <= use.until or not _told_before(below, revoked, ctx)):
            return Problem(Step.REVOCATION, SubIndication.REVOKED_CA_NO_POE)
    revoked = revocation(own.statuses)
    if revoked is None or revoked.at > _moment(use, revoked):
        return None
    if revoked.on_hold:
        return Problem(Step.REVOCATION, SubIndication.TRY_LATER)
    return Problem(Step.REVOCATION, SubIndication.REVOKED_NO_POE)


def _told_before(below: CertificateEvidence, revoked: Revocation, ctx: Context) -> bool:
    """Whether anything vouches for a certificate that did before its authority was revoked."""
    return below.exempt or any(
        _is_own(status) or ctx.proofs.since(status.id) < revoked.at for status in below.statuses
    )


def _moment(use: Use, revoked: Revocation) -> int:
    """RFC 3161 §4.1: where an authority's key was not compromised, its tokens' own time counts."""
    kept = use.stamps and revoked.reason in _KEPT_AFTER_REVOCATION
    return min(use.when, use.until) if kept else use.until


def _check_validity(chain: ChainEvidence, use: Use, ctx: Context) -> Problem | None:
    """§5.2.6.4, §5.5.4: within the validity of all, and where one has expired since, by news that
    were made while it was still told of."""
    for certificate, issuer in _with_issuers(chain):
        party, own = certificate.party, certificate is chain.certificates[0]
        if min(use.when, use.until) < party.not_before:
            early = SubIndication.NOT_YET_VALID if own else _GENERAL
            return Problem(Step.CHAIN, early)
        if max(ctx.at, use.when) <= party.not_after:
            continue
        vouched = certificate.exempt or any(_vouching(certificate, issuer, use, ctx, own=own))
        if max(use.when, use.until) > party.not_after or not vouched:
            return Problem(Step.CHAIN, _NOT_REVOKED if vouched else _NO_POE)
    return None


def _check_news(chain: ChainEvidence, use: Use, ctx: Context) -> Problem | None:
    """§5.2.5: for each certificate, something says that it was not revoked, and is fresh."""
    for certificate, issuer in _with_issuers(chain):
        own = certificate is chain.certificates[0]
        if certificate.exempt or any(_vouching(certificate, issuer, use, ctx, own=own)):
            continue
        if not certificate.statuses:
            return Problem(Step.REVOCATION, _GENERAL)
        return _why_not(certificate, issuer, use, ctx, own=own)
    return None


def _why_not(
    certificate: CertificateEvidence,
    issuer: CertificateEvidence | None,
    use: Use,
    ctx: Context,
    *,
    own: bool,
) -> Problem:
    """What keeps news from vouching: their age, that nobody vouches for who made them, the end of
    that one's certificate, or algorithms."""
    fresh = [one for one in certificate.statuses if _is_fresh(one, use, ctx, own=own)]
    if not fresh:
        return Problem(Step.REVOCATION, SubIndication.TRY_LATER)
    if not any(map(_is_vouched_for, fresh)):
        return Problem(Step.REVOCATION, _GENERAL)
    bounded = [status for status in fresh if _is_in_bounds(status, issuer, ctx)]
    if not bounded:
        return Problem(Step.REVOCATION, SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE)
    until = max(_until(status, ctx) for status in bounded)
    if all(ctx.proofs.since(status.id) >= until for status in bounded):
        return Problem(Step.ALGORITHMS, weak(until))
    return Problem(Step.REVOCATION, SubIndication.TRY_LATER)


def _check_algorithms(chain: ChainEvidence, ctx: Context) -> Problem | None:
    """§5.2.6.4: each certificate is known to have existed while its signature was reliable."""
    for certificate in chain.certificates:
        until = ctx.policy.suites.until(certificate.algorithm)
        if ctx.proofs.since(certificate.party.fingerprint) >= until:
            return Problem(Step.ALGORITHMS, weak(until))
    return None


def weak(until: int) -> SubIndication:
    """Table 6: what was never good enough, and what may have been made while it was."""
    if until == NEVER:
        return SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    return SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE


def _vouching(
    certificate: CertificateEvidence,
    issuer: CertificateEvidence | None,
    use: Use,
    ctx: Context,
    *,
    own: bool,
) -> Iterable[StatusEvidence]:
    """What says that it was not revoked when it was used."""
    for status in certificate.statuses:
        stood = status.revoked is None or status.revoked.at > _moment(use, status.revoked)
        fresh = _is_fresh(status, use, ctx, own=own)
        if stood and fresh and _is_credible(status, certificate, issuer, ctx):
            yield status


def _is_fresh(status: StatusEvidence, use: Use, ctx: Context, *, own: bool) -> bool:
    """§5.2.5.4. What vouches for a signer was made after the proven time, if the policy asks."""
    rules = ctx.policy.revocation
    if _is_own(status):
        return True
    if own and use.proven and rules.after_signature and not use.stamps:
        return status.this_update >= use.until + rules.grace_seconds
    return _fresh_until(status, ctx.policy) >= min(use.when, use.until)


def _fresh_until(status: StatusEvidence, policy: Policy) -> int:
    """Without a nextUpdate it is fresh when it is made (§5.2.5.4 step 1)."""
    if _is_own(status):
        return NO_END
    longest = policy.revocation.freshness_seconds
    if longest is not None:
        return status.this_update + longest
    return status.this_update if status.next_update is None else status.next_update


def _reliable_until(status: StatusEvidence, ctx: Context) -> int:
    """Until when it can be built on: it is fresh, and so are its algorithms. News of a revocation
    are about the time before."""
    fresh = NO_END if status.revoked else _fresh_until(status, ctx.policy)
    return min(fresh, _until(status, ctx) - 1)


def _is_credible(
    status: StatusEvidence,
    certificate: CertificateEvidence,
    issuer: CertificateEvidence | None,
    ctx: Context,
) -> bool:
    """Made by somebody who could be relied on when it is first known, about a certificate that was
    still told of."""
    if _is_own(status):
        return True
    expired = certificate.party.not_after
    reaches = status.reaches_back_to
    told_of = status.this_update <= expired or (reaches is not None and reaches <= expired)
    since = ctx.proofs.since(status.id)
    return told_of and _is_in_bounds(status, issuer, ctx) and since < _until(status, ctx)


def _is_in_bounds(status: StatusEvidence, issuer: CertificateEvidence | None, ctx: Context) -> bool:
    """§5.6.2.4 step 1: known to have existed while its signer's certificate was valid. A root is
    trusted for as long as it is pinned."""
    if _is_own(status):
        return True
    since = ctx.proofs.since(status.id)
    if status.signer is None:
        return issuer is None or since <= issuer.party.not_after
    by = status.signer
    revoked = revocation(by.statuses)
    return (
        _is_vouched_for(status)
        and since <= by.party.not_after
        and (revoked is None or since < revoked.at)
    )


def _is_vouched_for(status: StatusEvidence) -> bool:
    """RFC 6960 §4.2.2.2.1: how a responder stands is told, unless it is exempt."""
    by = status.signer
    return by is None or by.exempt or bool(by.statuses)


def _until(status: StatusEvidence, ctx: Context) -> int:
    """Until when a status and its signer's certificate can be relied on."""
    if status.algorithm is None:
        return NO_END
    used = [status.algorithm] + ([status.signer.algorithm] if status.signer else [])
    return ctx.policy.suites.all_until(used)


def _known_by(status: StatusEvidence, control: int, ctx: Context) -> bool:
    return status.this_update <= control and ctx.proofs.since(status.id) <= control


def _is_own(status: StatusEvidence) -> bool:
    """Our own register says it."""
    return status.algorithm is None


def _with_issuers(
    chain: ChainEvidence,
) -> Iterable[tuple[CertificateEvidence, CertificateEvidence | None]]:
    """Each certificate and the one above; above the last one is the root."""
    return zip(chain.certificates, (*chain.certificates[1:], None), strict=True)


_GENERAL: Final = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
_NOT_REVOKED: Final = SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
_NO_POE: Final = SubIndication.OUT_OF_BOUNDS_NO_POE
