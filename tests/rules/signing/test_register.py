"""What our own register says stands beside what a document carries."""

from dataclasses import replace

from signing.rules import register
from signing.rules.evidence import DocumentEvidence, Revocation
from signing.rules.register import Register, Registered
from signing.rules.report import Note, Step, SubIndication, Verdict
from tests.rules.signing.signatures import (
    BARE,
    CHAIN_OF_CLOCK,
    GOOD,
    NOW,
    PASSED,
    SIGNED,
    STAMP,
    YEAR,
    certified_by,
    found_wrong,
    judged,
    party,
    revoked,
    signed_by,
    stamped,
    told,
)

KNOWN: Register = {"signer": Registered(), "clock": Registered()}


def without_news() -> tuple[object, ...]:
    certificates = tuple(replace(one, statuses=()) for one in CHAIN_OF_CLOCK.certificates)
    bare = certified_by(signed_by(GOOD, statuses=()), statuses=())
    stamp = replace(STAMP, chains=(replace(CHAIN_OF_CLOCK, certificates=certificates),))
    return bare, stamp


def test_it_stands_in_for_proofs_that_are_missing() -> None:
    bare, stamp = without_news()
    found = stamped(bare, stamp)  # type: ignore[arg-type]
    assert judged(found).verdict is Verdict.INDETERMINATE
    assert told(judged(found, register=KNOWN)) == PASSED


def test_it_knows_of_a_revocation_before_any_file_does() -> None:
    report = judged(GOOD, register={"signer": Registered(Revocation(SIGNED - 10))})
    assert report.verdict is Verdict.REVOKED
    assert report.signatures[0].revoked_at == SIGNED - 10


def test_it_excuses_no_revocation_that_the_file_tells_of() -> None:
    told_of = signed_by(GOOD, statuses=(revoked(SIGNED - 1),))
    assert judged(told_of, register=KNOWN).verdict is Verdict.REVOKED


def test_it_vouches_for_an_expired_certificate() -> None:
    ended = signed_by(GOOD, party=party("signer", not_after=NOW - 1), statuses=())
    assert judged(ended).verdict is Verdict.EXPIRED
    assert told(judged(ended, register=KNOWN)) == PASSED


def test_it_does_not_make_a_time_stamp_outlive_its_authority() -> None:
    report = judged(GOOD, register=KNOWN, at=SIGNED + 6 * YEAR)
    assert told(report)[0:4:3] == (Verdict.EXPIRED, Step.TIME_STAMP)


def test_a_time_stamp_of_a_compromised_authority_proves_nothing() -> None:
    compromised = {**KNOWN, "clock": Registered(Revocation(SIGNED + 60, "key_compromise"))}
    report = judged(GOOD, register=compromised)
    assert report.verdict is Verdict.INDETERMINATE
    assert found_wrong(report) == (SubIndication.REVOKED_NO_POE, Step.TIME_STAMP)
    assert report.signatures[0].signed_at is None


def test_an_authority_that_ended_in_order_keeps_its_time_stamps() -> None:
    ended = {**KNOWN, "clock": Registered(Revocation(SIGNED + 60, "cessation_of_operation"))}
    assert told(judged(GOOD, register=ended)) == PASSED
    before = {**KNOWN, "clock": Registered(Revocation(SIGNED - 60, "cessation_of_operation"))}
    assert judged(GOOD, register=before).verdict is Verdict.INDETERMINATE


def test_a_revocation_after_the_time_stamp_is_told() -> None:
    report = judged(GOOD, register={"signer": Registered(Revocation(SIGNED + 1))})
    assert told(report) == PASSED
    assert Note.REVOKED_LATER in report.signatures[0].notes


def test_it_is_asked_for_every_certificate_of_a_document() -> None:
    numbered = signed_by(GOOD, party=party("signer", serial="0a"))
    assert register.serials(DocumentEvidence(1, "", (numbered, BARE))) == {1, 10}
