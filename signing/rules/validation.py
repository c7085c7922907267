"""The verdict on a document: one pure function over gathered evidence (EN 319 102-1 §5).

It runs behind the page, the API and the command, and after every seal that we make.
"""

from dataclasses import dataclass, replace
from typing import Final

from signing.rules import signature
from signing.rules.certificates import Problem, revocation
from signing.rules.evidence import (
    Changes,
    DocumentEvidence,
    SignatureEvidence,
    TimeStampEvidence,
    Unreadable,
)
from signing.rules.policy import Policy
from signing.rules.register import Register, with_register
from signing.rules.report import (
    Indication,
    Note,
    Party,
    Report,
    SignatureReport,
    StampKind,
    Step,
    SubIndication,
    TimeStampReport,
    Verdict,
)
from signing.rules.signature import Outcome


@dataclass(frozen=True, slots=True)
class Checked:
    """A document by what was found in it, and the report. Its name is its sender's word."""

    name: str
    evidence: DocumentEvidence
    report: Report


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
    found = with_register(found, register, at)
    outcome = signature.validate(found, at, policy)
    problem = outcome.problem or _check_covered(found)
    revoked = _revoked_at(found)
    proven = outcome.proven_at is not None
    return SignatureReport(
        name=found.name,
        indication=_indication(problem),
        sub_indication=problem.sub_indication if problem else None,
        step=problem.step if problem else None,
        signer=found.signer,
        level=found.level,
        signed_at=outcome.proven_at,
        claimed_at=found.claimed_at,
        time_stamped_by=_time_stamped_by(found, outcome),
        revoked_at=revoked,
        covers_whole_file=found.covers_whole_file,
        revision=found.revision if found.digest_matches else None,
        notes=_notes(found, proven=proven, revoked=revoked, passed=problem is None),
        format=found.format,
        time_stamps=tuple(_time_stamp(one, outcome.stamps[one.id]) for one in found.time_stamps),
        missing=found.missing,
    )


def _time_stamp(found: TimeStampEvidence, problem: SubIndication | None) -> TimeStampReport:
    return TimeStampReport(
        kind=found.kind,
        at=found.at,
        authority=found.authority,
        indication=indicated(problem),
        sub_indication=problem,
    )


def _time_stamped_by(found: SignatureEvidence, outcome: Outcome) -> Party | None:
    """Who proves the time; else, who says to."""
    stamps = [stamp for stamp in found.time_stamps if stamp.kind is not StampKind.CONTENT]
    proving = [stamp for stamp in stamps if stamp.at == outcome.proven_at]
    return next((stamp.authority for stamp in (*proving, *stamps)), None)


def _check_covered(found: SignatureEvidence) -> Problem | None:
    """Beyond the standard: what was signed can still be seen, and where each file of it ends."""
    if found.covered or found.unbounded:
        return Problem(Step.DOCUMENT_DIGEST, SubIndication.GENERIC)
    return None


def _revoked_at(found: SignatureEvidence) -> int | None:
    """When the signer's certificate was revoked, by our register or by what the file carries."""
    told = [revocation(chain.certificates[0].statuses) for chain in found.chains]
    return min((one.at for one in told if one), default=None)


def _indication(problem: Problem | None) -> Indication:
    return indicated(problem.sub_indication if problem else None)


def indicated(found: SubIndication | None) -> Indication:
    """EN 319 102-1 table 5: failed is what no later proof can mend."""
    if found is None:
        return Indication.TOTAL_PASSED
    return Indication.TOTAL_FAILED if found in _FAILURES else Indication.INDETERMINATE


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
    if found.signed_by_another:
        notes.append(Note.SIGNED_BY_ANOTHER)
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
    if _verdict(worst) is Verdict.AUTHENTIC and all(
        one.is_time_stamp for one in evidence.signatures
    ):
        return Verdict.TIME_STAMPED, worst.indication, worst.sub_indication
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
    word = _WORDS.get(signature.sub_indication, Verdict.INDETERMINATE)
    of_stamp = signature.step is Step.TIME_STAMP and word is Verdict.REVOKED
    return Verdict.INDETERMINATE if of_stamp else word  # its authority was, not the signer


_CHANGED: Final = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
    }
)

_FAILURES: Final = _CHANGED | {
    SubIndication.REVOKED,
    SubIndication.EXPIRED,
    SubIndication.NOT_YET_VALID,
}

_WORDS: Final = {
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: Verdict.UNRECOGNISED,
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: Verdict.UNRECOGNISED,
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: Verdict.UNRECOGNISED,
    SubIndication.SIGNED_DATA_NOT_FOUND: Verdict.CONTENT_MISSING,
    SubIndication.REVOKED: Verdict.REVOKED,
    SubIndication.REVOKED_NO_POE: Verdict.REVOKED,
    SubIndication.REVOKED_CA_NO_POE: Verdict.REVOKED,
    SubIndication.EXPIRED: Verdict.NOT_VALID,
    SubIndication.NOT_YET_VALID: Verdict.NOT_VALID,
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
    Verdict.NOT_VALID,
    Verdict.REVOKED,
    Verdict.CHANGED,
)

_UNREADABLE: Final = {
    Unreadable.UNSUPPORTED: Verdict.UNSUPPORTED,
    Unreadable.ENCRYPTED: Verdict.ENCRYPTED,
    Unreadable.DAMAGED: Verdict.UNREADABLE,
}
