"""The verdict on a document, and each way for a signature to stop (EN 319 102-1 §5.1 to §5.3)."""

from dataclasses import replace
from typing import Any

import pytest

from signing.rules.evidence import (
    ChainEvidence,
    Changes,
    DocumentEvidence,
    Fault,
    SignatureEvidence,
    Unreadable,
)
from signing.rules.report import Indication, Note, Part, StampKind, Step, SubIndication, Verdict
from signing.rules.validation import validate
from tests.rules.signing.signatures import (
    BARE,
    GOOD,
    NOW,
    PASSED,
    POLICY,
    SIGNED,
    STAMP,
    found_wrong,
    judged,
    news,
    revoked,
    signed_by,
    stamped,
    told,
)


def test_a_good_signature_passes_at_its_time_stamp_s_time() -> None:
    report = judged(GOOD)
    assert told(report) == PASSED
    assert report.signatures[0].signed_at == SIGNED


FAILED, UNKNOWN = Indication.TOTAL_FAILED, Indication.INDETERMINATE


@pytest.mark.parametrize(
    ("change", "verdict", "indication", "sub_indication", "step"),
    [
        (
            {"faults": (Fault.BYTE_RANGE,)},
            Verdict.CHANGED,
            FAILED,
            SubIndication.FORMAT_FAILURE,
            Step.FORMAT,
        ),
        (
            {"content_found": False},
            Verdict.CONTENT_MISSING,
            UNKNOWN,
            SubIndication.SIGNED_DATA_NOT_FOUND,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"digest_matches": False},
            Verdict.CHANGED,
            FAILED,
            SubIndication.HASH_FAILURE,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"changes": Changes.FORBIDDEN},
            Verdict.CHANGED,
            FAILED,
            SubIndication.FORMAT_FAILURE,
            Step.DOCUMENT_DIGEST,
        ),
        (
            {"signature_verifies": False},
            Verdict.CHANGED,
            FAILED,
            SubIndication.SIG_CRYPTO_FAILURE,
            Step.SIGNATURE_VALUE,
        ),
        (
            {"signer": None},
            Verdict.UNRECOGNISED,
            UNKNOWN,
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            Step.CHAIN,
        ),
        (
            {"names_another": True},
            Verdict.UNRECOGNISED,
            UNKNOWN,
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            Step.CHAIN,
        ),
        (
            {"chains": ()},
            Verdict.UNRECOGNISED,
            UNKNOWN,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Step.CHAIN,
        ),
        (
            {"key_usage": ("keyCertSign",)},
            Verdict.INDETERMINATE,
            UNKNOWN,
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            Step.KEY_USAGE,
        ),
        (
            {"time_stamps": (replace(STAMP, chains=()),)},
            Verdict.UNRECOGNISED,
            UNKNOWN,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            Step.TIME_STAMP,
        ),
        (
            {"names_its_certificate": False},
            Verdict.INDETERMINATE,
            UNKNOWN,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            Step.SIGNED_ATTRIBUTES,
        ),
        (
            {"covered": True},
            Verdict.COVERED,
            UNKNOWN,
            SubIndication.GENERIC,
            Step.DOCUMENT_DIGEST,
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


def test_steps_are_taken_in_the_order_of_the_standard() -> None:
    """EN 319 102-1 §5.3.4: format, signing certificate, cryptography, path."""
    ways: tuple[dict[str, Any], ...] = (
        {"chains": ()},
        {"signature_verifies": False},
        {"digest_matches": False},
        {"names_another": True},
        {"faults": (Fault.CONTENTS,)},
    )
    found, told_of = GOOD, []
    for way in ways:
        found = replace(found, **way)
        told_of.append(judged(found).sub_indication)
    assert told_of == [
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        SubIndication.FORMAT_FAILURE,
    ]


def test_what_rfc_5280_finds_in_a_path_is_told() -> None:
    wrong = ChainEvidence(GOOD.chains[0].certificates, SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert found_wrong(judged(replace(GOOD, chains=(wrong,)))) == (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        Step.CHAIN,
    )


def test_of_several_paths_one_that_stands_is_enough() -> None:
    wrong = ChainEvidence(
        GOOD.chains[0].certificates, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    )
    assert told(judged(replace(GOOD, chains=(wrong, *GOOD.chains)))) == PASSED


def test_without_a_time_stamp_the_time_is_the_signer_s_word_alone() -> None:
    report = judged(replace(BARE, claimed_at=SIGNED))
    assert told(report) == PASSED
    assert report.signatures[0].signed_at is None
    assert Note.TIME_NOT_PROVEN in report.signatures[0].notes


@pytest.mark.parametrize(
    "sub_indication",
    [SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE],
)
def test_a_broken_time_stamp_is_no_broken_signature(sub_indication: SubIndication) -> None:
    report = judged(stamped(GOOD, replace(STAMP, fault=sub_indication)))
    assert told(report)[1:] == (UNKNOWN, SubIndication.SIG_CONSTRAINTS_FAILURE, Step.TIME_STAMP)
    [stamp] = report.signatures[0].time_stamps
    assert (stamp.indication, stamp.sub_indication) == (FAILED, sub_indication)


CONTENT = replace(STAMP, id="content", kind=StampKind.CONTENT, covers=("content",))


def test_what_was_stamped_before_it_was_signed_after_a_revocation_is_revoked_for_good() -> None:
    late = signed_by(BARE, statuses=(revoked(SIGNED - 60),))
    assert found_wrong(judged(late))[0] is SubIndication.REVOKED_NO_POE
    assert told(judged(stamped(late, CONTENT))) == (
        Verdict.REVOKED,
        FAILED,
        SubIndication.REVOKED,
        Step.REVOCATION,
    )


def test_what_was_stamped_before_it_was_signed_after_its_certificate_ended_is_expired() -> None:
    ended = replace(GOOD.chains[0].certificates[0].party, not_after=SIGNED - 60)
    late = signed_by(BARE, party=ended, statuses=(news("crl", reaches_back_to=SIGNED - 120),))
    assert found_wrong(judged(late))[0] is SubIndication.OUT_OF_BOUNDS_NO_POE
    assert told(judged(stamped(late, CONTENT)))[:3] == (
        Verdict.NOT_VALID,
        FAILED,
        SubIndication.EXPIRED,
    )


def test_the_worst_signature_decides_for_the_document() -> None:
    foreign = replace(GOOD, chains=())
    broken = replace(GOOD, digest_matches=False)
    assert judged(GOOD, foreign).verdict is Verdict.UNRECOGNISED
    assert judged(foreign, broken, GOOD).verdict is Verdict.CHANGED
    assert judged(GOOD, GOOD).verdict is Verdict.AUTHENTIC


def test_a_document_without_a_signature_is_not_signed() -> None:
    assert told(judged())[:3] == (
        Verdict.NOT_SIGNED,
        UNKNOWN,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )


def test_a_container_with_a_file_that_nobody_signed_does_not_pass() -> None:
    signed = Part("a.txt", 1, "00" * 32, ("Seal1",))
    document = DocumentEvidence(1_000, "00" * 32, (GOOD,), parts=(signed,))
    assert validate(document, {}, NOW, POLICY).verdict is Verdict.AUTHENTIC
    doubtful = replace(document, parts=(signed, replace(signed, signed_by=())))
    report = validate(doubtful, {}, NOW, POLICY)
    assert (report.verdict, report.indication) == (Verdict.PARTLY_SIGNED, UNKNOWN)
    assert report.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE


@pytest.mark.parametrize(
    ("unreadable", "verdict"),
    [
        (Unreadable.UNSUPPORTED, Verdict.UNSUPPORTED),
        (Unreadable.ENCRYPTED, Verdict.ENCRYPTED),
        (Unreadable.DAMAGED, Verdict.UNREADABLE),
        (Unreadable.NOT_CHECKED, Verdict.NOT_CHECKED),
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
    report = validate(document, {}, NOW, POLICY)
    assert Note.STRUCTURE_REPAIRED in report.signatures[0].notes


def test_evidence_of_nothing_never_passes() -> None:
    assert told(judged(SignatureEvidence("Seal1")))[1] is not Indication.TOTAL_PASSED
