"""The verdict on a signature, rule by rule (ETSI EN 319 102-1 §5)."""

from dataclasses import replace
from typing import Any

import pytest

from signing import policies
from signing.rules.evidence import (
    Changes,
    DocumentEvidence,
    Fault,
    Registered,
    Revocation,
    SignatureEvidence,
    TimeStampEvidence,
    Unreadable,
)
from signing.rules.policy import Policy, TimeStampConstraints
from signing.rules.report import (
    Indication,
    Level,
    Note,
    Part,
    Party,
    Report,
    Step,
    SubIndication,
    Verdict,
)
from signing.rules.validation import Register, validate

SIGNED = 1_776_132_000
NOW = SIGNED + 86_400
YEAR = 365 * 86_400
POLICY = policies.default()


def party(name: str, **changed: Any) -> Party:
    usual: dict[str, Any] = {
        "common_name": name,
        "organization": "ក្រសួង",
        "organization_identifier": "GA:KH-moc",
        "country": "KH",
        "issuer": "Issuing CA",
        "serial": "00" * 20,
        "fingerprint": name,
        "not_before": SIGNED - 1_000,
        "not_after": SIGNED + YEAR,
    }
    return Party(**usual | changed)


STAMP = TimeStampEvidence(SIGNED, party("tsa", not_after=SIGNED + 5 * YEAR), None)
GOOD = SignatureEvidence(
    "Seal1",
    digest_matches=True,
    signature_verifies=True,
    changes=Changes.VALIDATION_DATA,
    signer=party("signer"),
    time_stamp=STAMP,
    names_its_certificate=True,
    level=Level.LT,
)
KNOWN: Register = {"signer": Registered(), "tsa": Registered()}


def judged(
    *signatures: SignatureEvidence,
    register: Register | None = None,
    at: int = NOW,
    policy: Policy = POLICY,
) -> Report:
    document = DocumentEvidence(1_000, "00" * 32, signatures)
    return validate(document, register or {}, at, policy)


def told(report: Report) -> tuple[Verdict, Indication, SubIndication | None, Step | None]:
    step = report.signatures[0].step if report.signatures else None
    return report.verdict, report.indication, report.sub_indication, step


def test_a_good_signature_passes_at_its_time_stamp_s_time() -> None:
    report = judged(GOOD)
    assert told(report) == (Verdict.AUTHENTIC, Indication.TOTAL_PASSED, None, None)
    assert report.signatures[0].signed_at == SIGNED


@pytest.mark.parametrize(
    ("change", "verdict", "indication", "sub_indication", "step"),
    [
        (
            {"faults": (Fault.BYTE_RANGE,)},
            Verdict.CHANGED,
            Indication.TOTAL_FAILED,
            SubIndication.FORMAT_FAILURE,
            Step.FORMAT,
        ),
        (
            {"content_found": False, "digest_matches": False},
            Verdict.CONTENT_MISSING,
            Indication.INDETERMINATE,
            SubIndication.SIGNED_DATA_NOT_FOUND,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"digest_matches": False},
            Verdict.CHANGED,
            Indication.TOTAL_FAILED,
            SubIndication.HASH_FAILURE,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"changes": Changes.FORBIDDEN},
            Verdict.CHANGED,
            Indication.TOTAL_FAILED,
            SubIndication.FORMAT_FAILURE,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"signature_verifies": False},
            Verdict.CHANGED,
            Indication.TOTAL_FAILED,
            SubIndication.SIG_CRYPTO_FAILURE,
            Step.SIGNATURE_VALUE,
        ),
        (
            {"path": SubIndication.NO_CERTIFICATE_CHAIN_FOUND},
            Verdict.UNRECOGNISED,
            Indication.INDETERMINATE,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Step.CHAIN,
        ),
        (
            {"signer": None},
            Verdict.UNRECOGNISED,
            Indication.INDETERMINATE,
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            Step.CHAIN,
        ),
        (
            {"key_usage": ("keyCertSign",)},
            Verdict.INDETERMINATE,
            Indication.INDETERMINATE,
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            Step.KEY_USAGE,
        ),
        (
            {"revocation": SubIndication.TRY_LATER},
            Verdict.INDETERMINATE,
            Indication.INDETERMINATE,
            SubIndication.TRY_LATER,
            Step.REVOCATION,
        ),
        (
            {"revoked": Revocation(SIGNED - 1)},
            Verdict.REVOKED,
            Indication.INDETERMINATE,
            SubIndication.REVOKED_NO_POE,
            Step.REVOCATION,
        ),
        (
            {"authority_revoked": Revocation(SIGNED)},
            Verdict.REVOKED,
            Indication.INDETERMINATE,
            SubIndication.REVOKED_CA_NO_POE,
            Step.REVOCATION,
        ),
        (
            {"time_stamp": replace(STAMP, problem=SubIndication.NO_CERTIFICATE_CHAIN_FOUND)},
            Verdict.UNRECOGNISED,
            Indication.INDETERMINATE,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Step.TIME_STAMP,
        ),
        (
            {"names_its_certificate": False},
            Verdict.INDETERMINATE,
            Indication.INDETERMINATE,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Step.SIGNED_ATTRIBUTES,
        ),
    ],
)
def test_each_step_has_its_own_failure(
    change: dict[str, Any],
    verdict: Verdict,
    indication: Indication,
    sub_indication: SubIndication,
    step: Step,
) -> None:
    assert told(judged(replace(GOOD, **change))) == (verdict, indication, sub_indication, step)


def test_the_first_step_that_fails_is_the_one_reported() -> None:
    broken = replace(
        GOOD, faults=(Fault.CONTENTS,), digest_matches=False, revoked=Revocation(SIGNED)
    )
    assert judged(broken).signatures[0].step is Step.FORMAT


def test_a_revocation_after_the_time_stamp_changes_nothing_and_is_told() -> None:
    report = judged(replace(GOOD, revoked=Revocation(SIGNED + 1)))
    assert report.verdict is Verdict.AUTHENTIC
    assert Note.REVOKED_LATER in report.signatures[0].notes


def test_our_register_knows_of_a_revocation_before_any_file_does() -> None:
    register = {"signer": Registered(Revocation(SIGNED - 10))}
    report = judged(GOOD, register=register)
    assert told(report)[0] is Verdict.REVOKED
    assert report.signatures[0].revoked_at == SIGNED - 10


def test_without_a_time_stamp_a_revocation_at_any_time_counts() -> None:
    bare = replace(GOOD, time_stamp=None, revoked=Revocation(SIGNED + 10))
    assert judged(bare).verdict is Verdict.REVOKED


def test_without_a_time_stamp_the_time_is_the_signer_s_word_alone() -> None:
    report = judged(replace(GOOD, time_stamp=None, claimed_at=SIGNED))
    assert report.verdict is Verdict.AUTHENTIC
    assert report.signatures[0].signed_at is None
    assert Note.TIME_NOT_PROVEN in report.signatures[0].notes


def test_a_policy_may_demand_a_time_stamp() -> None:
    bare = replace(GOOD, time_stamp=None)
    strict = replace(POLICY, time_stamps=TimeStampConstraints(required=True))
    assert told(judged(bare, policy=strict))[2:] == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.TIME_STAMP,
    )


def test_a_time_stamp_of_a_revoked_authority_proves_nothing() -> None:
    register = {"tsa": Registered(Revocation(SIGNED - 1))}
    report = judged(GOOD, register=register)
    assert told(report)[1:] == (Indication.INDETERMINATE, SubIndication.NO_POE, Step.TIME_STAMP)
    assert report.signatures[0].signed_at is None


@pytest.mark.parametrize(
    "missing", [SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, SubIndication.TRY_LATER]
)
def test_our_own_register_stands_in_for_a_proof_that_is_missing(missing: SubIndication) -> None:
    bare = replace(GOOD, revocation=missing)
    assert judged(bare).verdict is Verdict.INDETERMINATE
    assert judged(bare, register=KNOWN).verdict is Verdict.AUTHENTIC


def test_our_own_register_excuses_no_revocation_that_the_file_tells_of() -> None:
    bare = replace(GOOD, revocation=SubIndication.REVOKED_NO_POE)
    assert judged(bare, register=KNOWN).verdict is Verdict.REVOKED


def test_an_expired_certificate_passes_where_we_know_that_it_was_never_revoked() -> None:
    assert judged(GOOD, register=KNOWN, at=SIGNED + 2 * YEAR).verdict is Verdict.AUTHENTIC


def test_an_expired_certificate_that_nobody_vouches_for_is_expired() -> None:
    assert told(judged(GOOD, at=SIGNED + 2 * YEAR)) == (
        Verdict.EXPIRED,
        Indication.INDETERMINATE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        Step.CHAIN,
    )


def test_a_signature_after_its_certificate_expired_is_expired_though_we_know_it() -> None:
    late = replace(GOOD, time_stamp=replace(STAMP, at=SIGNED + YEAR + 1))
    assert judged(late, register=KNOWN, at=SIGNED + 2 * YEAR).verdict is Verdict.EXPIRED


def test_a_signature_before_its_certificate_began_is_not_yet_valid() -> None:
    early = replace(GOOD, time_stamp=replace(STAMP, at=SIGNED - 2_000))
    assert told(judged(early))[2] is SubIndication.NOT_YET_VALID


def test_archive_time_stamps_carry_a_signature_over_the_end_of_its_certificate() -> None:
    archived = replace(
        GOOD,
        path=SubIndication.OUT_OF_BOUNDS_NO_POE,
        time_stamp=replace(STAMP, problem=SubIndication.OUT_OF_BOUNDS_NO_POE),
        archived=True,
    )
    report = judged(archived, at=SIGNED + 20 * YEAR)
    assert report.verdict is Verdict.AUTHENTIC
    assert report.signatures[0].signed_at == SIGNED


def test_the_worst_signature_decides_for_the_document() -> None:
    foreign = replace(GOOD, path=SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    broken = replace(GOOD, digest_matches=False)
    assert judged(GOOD, foreign).verdict is Verdict.UNRECOGNISED
    assert judged(foreign, broken, GOOD).verdict is Verdict.CHANGED
    assert judged(GOOD, GOOD).verdict is Verdict.AUTHENTIC


def test_a_document_without_a_signature_is_not_signed() -> None:
    assert told(judged())[:3] == (
        Verdict.NOT_SIGNED,
        Indication.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )


def test_a_container_with_a_file_that_nobody_signed_does_not_pass() -> None:
    signed = Part("a.txt", 1, "00" * 32, ("Seal1",))
    document = DocumentEvidence(1_000, "00" * 32, (GOOD,), parts=(signed,))
    assert validate(document, {}, NOW, POLICY).verdict is Verdict.AUTHENTIC
    doubtful = replace(document, parts=(signed, replace(signed, signed_by=())))
    report = validate(doubtful, {}, NOW, POLICY)
    assert (report.verdict, report.indication) == (
        Verdict.PARTLY_SIGNED,
        Indication.INDETERMINATE,
    )
    assert report.signatures[0].indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("unreadable", "verdict"),
    [
        (Unreadable.UNSUPPORTED, Verdict.UNSUPPORTED),
        (Unreadable.ENCRYPTED, Verdict.ENCRYPTED),
        (Unreadable.DAMAGED, Verdict.UNREADABLE),
    ],
)
def test_what_cannot_be_read_has_its_own_word(unreadable: Unreadable, verdict: Verdict) -> None:
    document = DocumentEvidence(3, "00" * 32, unreadable=unreadable)
    assert validate(document, {}, NOW, POLICY).verdict is verdict


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (Changes.SIGNATURES, Note.FOLLOWED_BY_SIGNATURES),
        (Changes.FORM_FILLING, Note.FORM_FILLED_IN),
    ],
)
def test_what_was_added_and_was_allowed_is_told(changes: Changes, note: Note) -> None:
    report = judged(replace(GOOD, changes=changes))
    assert report.verdict is Verdict.AUTHENTIC
    assert note in report.signatures[0].notes


def test_that_a_file_had_to_be_repaired_to_be_read_is_told() -> None:
    document = DocumentEvidence(3, "00" * 32, (GOOD,), repaired=True)
    assert Note.STRUCTURE_REPAIRED in validate(document, {}, NOW, POLICY).signatures[0].notes
