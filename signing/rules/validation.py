"""The verdict on a document: one pure function over gathered evidence (EN 319 102-1 §5).

It runs behind the page, the API and the command, and after every seal that we make.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from signing.rules import acceptance
from signing.rules.evidence import (
    Changes,
    DocumentEvidence,
    Registered,
    SignatureEvidence,
    Unreadable,
)
from signing.rules.policy import Policy
from signing.rules.report import (
    Indication,
    Note,
    Report,
    SignatureReport,
    Step,
    SubIndication,
    Verdict,
)

Register = Mapping[str, Registered]
"""Certificates that we issued, by SHA-256 fingerprint in hex."""


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Where a signature failed to pass, and what EN 319 102-1 calls it."""

    step: Step
    sub_indication: SubIndication


def validate(evidence: DocumentEvidence, register: Register, at: int, policy: Policy) -> Report:
    """The report on a document: its worst signature decides."""
    signatures = tuple(
        validate_signature(signature, register, at, policy) for signature in evidence.signatures
    )
    if evidence.repaired:
        signatures = tuple(_with_note(one, Note.STRUCTURE_REPAIRED) for one in signatures)
    verdict, indication, sub_indication = _answer(evidence, signatures)
    return Report(
        verdict=verdict,
        indication=indication,
        sub_indication=sub_indication,
        signatures=signatures,
        size=evidence.size,
        digest=evidence.digest,
        unsigned_bytes=evidence.unsigned_bytes,
        checked_at=at,
        policy=policy.name,
        policy_digest=policy.digest,
        format=evidence.format,
        parts=evidence.parts,
    )


def validate_signature(
    found: SignatureEvidence, register: Register, at: int, policy: Policy
) -> SignatureReport:
    """The report on one signature."""
    # (0) The best signature time: what a time-stamp that passes proves, else only that it is now.
    time_stamp = found.time_stamp
    proven = time_stamp is not None and _time_stamp_problem(found, register) is None
    best_time = time_stamp.at if time_stamp is not None and proven else at
    stopped = (
        _check_format(found)  # (1)
        or _check_digest(found)  # (2)
        or _check_signature_value(found)  # (3)
        or _check_chain(found, register, best_time, at)  # (4)
        or _check_revocation(found, register, best_time)  # (5)
        or _check_key_usage(found, policy)  # (6)
        or _check_time_stamp(found, register, policy)  # (7)
        or _check_signed_attributes(found, policy)  # (8)
        or _check_algorithms(found, policy, best_time, at)  # (9)
        or _check_covered(found)  # (10)
    )
    revoked = _revoked_at(found, register)
    return SignatureReport(
        name=found.name,
        indication=_indication(stopped),
        sub_indication=stopped.sub_indication if stopped else None,
        step=stopped.step if stopped else None,
        signer=found.signer,
        level=found.level,
        signed_at=best_time if proven else None,
        claimed_at=found.claimed_at,
        time_stamped_by=time_stamp.authority if time_stamp else None,
        revoked_at=revoked,
        covers_whole_file=found.covers_whole_file,
        revision=found.revision if found.digest_matches else None,
        notes=_notes(found, proven=proven, revoked=revoked, passed=stopped is None),
    )


def _check_format(found: SignatureEvidence) -> _Stopped | None:
    """(1) §5.2.2: the signature is encoded as its format demands."""
    if found.faults:
        return _Stopped(Step.FORMAT, SubIndication.FORMAT_FAILURE)
    return None


def _check_digest(found: SignatureEvidence) -> _Stopped | None:
    """(2) §5.2.7.4: the document is the one that was signed, and nothing was changed after."""
    if not found.content_found:
        return _Stopped(Step.DOCUMENT_DIGEST, SubIndication.SIGNED_DATA_NOT_FOUND)
    if not found.digest_matches:
        return _Stopped(Step.DOCUMENT_DIGEST, SubIndication.HASH_FAILURE)
    if found.changes is Changes.FORBIDDEN:
        return _Stopped(Step.DOCUMENT_DIGEST, SubIndication.FORMAT_FAILURE)
    return None


def _check_signature_value(found: SignatureEvidence) -> _Stopped | None:
    """(3) §5.2.7.4: the signature verifies with the signer's key, where anyone has that."""
    if found.signer is not None and not found.signature_verifies:
        return _Stopped(Step.SIGNATURE_VALUE, SubIndication.SIG_CRYPTO_FAILURE)
    return None


def _check_chain(
    found: SignatureEvidence, register: Register, best_time: int, at: int
) -> _Stopped | None:
    """(4) §5.2.6: a path to a pinned root, at the best signature time."""
    if found.signer is None:
        return _Stopped(Step.CHAIN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    if found.archived:
        return None
    if found.path is not None:
        return _Stopped(Step.CHAIN, found.path)
    if best_time < found.signer.not_before:
        return _Stopped(Step.CHAIN, SubIndication.NOT_YET_VALID)
    # §5.5.4: expired since, and nobody can tell whether it was revoked before it expired.
    if found.signer.not_after < at and not (
        best_time <= found.signer.not_after and found.signer.fingerprint in register
    ):
        return _Stopped(Step.CHAIN, SubIndication.OUT_OF_BOUNDS_NO_POE)
    return None


def _check_revocation(
    found: SignatureEvidence, register: Register, best_time: int
) -> _Stopped | None:
    """(5) §5.2.6, §5.5.4: not revoked at the best signature time, by proof younger than it.

    A revocation after that time changes nothing: for a compromised key, the time of revocation
    is when the compromise began.
    """
    revoked = _revoked_at(found, register)
    if revoked is not None and revoked <= best_time:
        return _Stopped(Step.REVOCATION, SubIndication.REVOKED_NO_POE)
    if found.authority_revoked is not None and found.authority_revoked.at <= best_time:
        return _Stopped(Step.REVOCATION, SubIndication.REVOKED_CA_NO_POE)
    if found.revocation is None or found.archived:
        return None
    if found.revocation in _NOT_KNOWN and found.signer and found.signer.fingerprint in register:
        return None  # we issued it, and our register is what any proof would be made from
    return _Stopped(Step.REVOCATION, found.revocation)


def _check_key_usage(found: SignatureEvidence, policy: Policy) -> _Stopped | None:
    """(6) §5.2.6.4: the key may sign documents."""
    problem = acceptance.check_key_usage(found, policy.certificates)
    return _Stopped(Step.KEY_USAGE, problem) if problem else None


def _check_time_stamp(
    found: SignatureEvidence, register: Register, policy: Policy
) -> _Stopped | None:
    """(7) §5.4: a time-stamp that is there passes, and one is there where the policy asks."""
    stamp = found.time_stamp
    problem = acceptance.check_time_stamp(stamp, found.claimed_at, policy.time_stamps)
    if stamp is not None and problem is None and policy.time_stamps.must_pass:
        problem = _time_stamp_problem(found, register)
    return _Stopped(Step.TIME_STAMP, problem) if problem is not None else None


def _time_stamp_problem(found: SignatureEvidence, register: Register) -> SubIndication | None:
    """Why the time-stamp proves nothing; its authority too may have been revoked."""
    assert found.time_stamp is not None
    authority = found.time_stamp.authority
    known = register.get(authority.fingerprint) if authority else None
    if known and known.revoked and known.revoked.at <= found.time_stamp.at:
        return SubIndication.NO_POE
    return None if found.archived else found.time_stamp.problem


def _check_signed_attributes(found: SignatureEvidence, policy: Policy) -> _Stopped | None:
    """(8) §5.2.8: the signed attributes name the signing certificate (EN 319 142-1 table 1), and
    the policy accepts what they say."""
    if not found.names_its_certificate:
        return _Stopped(Step.SIGNED_ATTRIBUTES, SubIndication.SIG_CONSTRAINTS_FAILURE)
    problem = acceptance.check_signature(found, policy.signatures)
    return _Stopped(Step.SIGNED_ATTRIBUTES, problem) if problem else None


def _check_algorithms(
    found: SignatureEvidence, policy: Policy, best_time: int, at: int
) -> _Stopped | None:
    """(9) §5.2.8.4: algorithms and keys could be relied on (ETSI TS 119 312)."""
    problem = acceptance.check_algorithms(found, policy.suites, best_time, at)
    return _Stopped(Step.ALGORITHMS, problem) if problem else None


def _check_covered(found: SignatureEvidence) -> _Stopped | None:
    """(10) Beyond the standard: what was signed can still be seen."""
    if found.covered:
        return _Stopped(Step.DOCUMENT_DIGEST, SubIndication.GENERIC)
    return None


def _revoked_at(found: SignatureEvidence, register: Register) -> int | None:
    """When the signer's certificate was revoked, by our register or by what the file carries."""
    known = register.get(found.signer.fingerprint) if found.signer else None
    times = [
        revocation.at
        for revocation in (known.revoked if known else None, found.revoked)
        if revocation is not None
    ]
    return min(times, default=None)


def _indication(stopped: _Stopped | None) -> Indication:
    if stopped is None:
        return Indication.TOTAL_PASSED
    if stopped.sub_indication in _FAILURES:
        return Indication.TOTAL_FAILED
    return Indication.INDETERMINATE


def _notes(
    found: SignatureEvidence, *, proven: bool, revoked: int | None, passed: bool
) -> tuple[Note, ...]:
    notes = []
    if passed and revoked is not None:
        notes.append(Note.REVOKED_LATER)
    if not proven:
        notes.append(Note.TIME_NOT_PROVEN)
    if found.covered:
        notes.append(Note.COVERED)
    if found.changes is Changes.SIGNATURES:
        notes.append(Note.FOLLOWED_BY_SIGNATURES)
    if found.changes is Changes.FORM_FILLING:
        notes.append(Note.FORM_FILLED_IN)
    return tuple(notes)


def _with_note(report: SignatureReport, note: Note) -> SignatureReport:
    return replace(report, notes=(*report.notes, note))


def _answer(
    evidence: DocumentEvidence, signatures: tuple[SignatureReport, ...]
) -> tuple[Verdict, Indication, SubIndication | None]:
    nothing = (Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
    if evidence.unreadable is Unreadable.NOT_CHECKED:
        return Verdict.NOT_CHECKED, Indication.INDETERMINATE, SubIndication.GENERIC
    if evidence.unreadable is not None:
        return _UNREADABLE[evidence.unreadable], *nothing
    if not signatures:
        return Verdict.NOT_SIGNED, *nothing
    worst = max(signatures, key=lambda one: _WORST_LAST.index(_verdict(one)))
    if _verdict(worst) is Verdict.AUTHENTIC and not all(part.signed_by for part in evidence.parts):
        # Beyond the standard: a signature says nothing of what it does not cover.
        nobody = SubIndication.SIG_CONSTRAINTS_FAILURE
        return Verdict.PARTLY_SIGNED, Indication.INDETERMINATE, nobody
    return _verdict(worst), worst.indication, worst.sub_indication


def _verdict(signature: SignatureReport) -> Verdict:
    if signature.indication is Indication.TOTAL_PASSED:
        return Verdict.AUTHENTIC
    if signature.indication is Indication.TOTAL_FAILED and signature.sub_indication in _CHANGED:
        return Verdict.CHANGED
    if signature.sub_indication is None:
        return Verdict.INDETERMINATE
    if signature.sub_indication is SubIndication.GENERIC and Note.COVERED in signature.notes:
        return Verdict.COVERED
    return _WORDS.get(signature.sub_indication, Verdict.INDETERMINATE)


_CHANGED: Final = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
    }
)

_FAILURES: Final = _CHANGED | {SubIndication.REVOKED, SubIndication.EXPIRED}

_NOT_KNOWN: Final = frozenset(
    {SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, SubIndication.TRY_LATER}
)

_WORDS: Final = {
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: Verdict.UNRECOGNISED,
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: Verdict.UNRECOGNISED,
    SubIndication.SIGNED_DATA_NOT_FOUND: Verdict.CONTENT_MISSING,
    SubIndication.REVOKED: Verdict.REVOKED,
    SubIndication.REVOKED_NO_POE: Verdict.REVOKED,
    SubIndication.REVOKED_CA_NO_POE: Verdict.REVOKED,
    SubIndication.EXPIRED: Verdict.EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NO_POE: Verdict.EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: Verdict.EXPIRED,
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: Verdict.EXPIRED,
}

_WORST_LAST: Final = (
    Verdict.AUTHENTIC,
    Verdict.INDETERMINATE,
    Verdict.CONTENT_MISSING,
    Verdict.EXPIRED,
    Verdict.COVERED,
    Verdict.UNRECOGNISED,
    Verdict.REVOKED,
    Verdict.CHANGED,
)

_UNREADABLE: Final = {
    Unreadable.UNSUPPORTED: Verdict.UNSUPPORTED,
    Unreadable.ENCRYPTED: Verdict.ENCRYPTED,
    Unreadable.DAMAGED: Verdict.UNREADABLE,
}
