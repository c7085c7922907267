"""Time-stamps, by themselves and in their order (EN 319 102-1 §5.4, §5.5.4 step 4 e)."""

from dataclasses import replace
from typing import Any

import pytest

from signing.rules.algorithms import Algorithm
from signing.rules.policy import TimeStampConstraints
from signing.rules.report import Indication, StampKind, Step, SubIndication, Verdict
from tests.rules.signing.signatures import (
    BARE,
    CLOCK,
    GOOD,
    NOW,
    PASSED,
    POLICY,
    SHA1,
    SIGNED,
    STAMP,
    archive,
    found_wrong,
    judged,
    party,
    revoked,
    signed_by,
    stamped,
    told,
)


def clock(**changed: Any) -> Any:
    """The time-stamp, by another authority."""
    own = replace(CLOCK, **changed)
    chain = replace(STAMP.chains[0], certificates=(own, *STAMP.chains[0].certificates[1:]))
    return replace(STAMP, chains=(chain,), authority=own.party)


@pytest.mark.parametrize(
    ("stamp", "sub_indication"),
    [
        (replace(STAMP, may_stamp=False), SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        (replace(STAMP, chains=()), SubIndication.NO_CERTIFICATE_CHAIN_FOUND),
        (clock(statuses=()), SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE),
        (clock(statuses=(revoked(SIGNED - 1),)), SubIndication.REVOKED_NO_POE),
        (clock(statuses=(*CLOCK.statuses, revoked(NOW - 1))), SubIndication.REVOKED_NO_POE),
        (clock(party=party("clock", not_before=SIGNED + 1)), SubIndication.NOT_YET_VALID),
        (clock(party=party("clock", not_after=NOW - 1)), SubIndication.OUT_OF_BOUNDS_NOT_REVOKED),
        (replace(STAMP, algorithm=SHA1), SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE),
        (
            replace(STAMP, hashes=("sha1", "sha256")),
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        ),
        (replace(STAMP, hashes=("md2",)), SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
        (
            replace(STAMP, algorithm=Algorithm("ec", 0, "secp256k1", "sha256")),
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ),
    ],
)
def test_what_is_wrong_with_a_time_stamp_keeps_it_from_proving_anything(
    stamp: Any, sub_indication: SubIndication | None
) -> None:
    report = judged(stamped(GOOD, stamp))
    assert report.signatures[0].time_stamps[0].sub_indication is sub_indication
    assert (report.signatures[0].signed_at is None) is (sub_indication is not None)
    assert (report.verdict is Verdict.AUTHENTIC) is (sub_indication is None)


def test_one_that_passes_is_enough() -> None:
    foreign = replace(STAMP, id="foreign", chains=(), at=SIGNED - 60)
    report = judged(stamped(GOOD, foreign, STAMP))
    assert told(report) == PASSED
    assert report.signatures[0].signed_at == SIGNED


def test_the_earliest_that_passes_counts() -> None:
    earlier = replace(STAMP, id="earlier", at=SIGNED - 60)
    assert judged(stamped(GOOD, STAMP, earlier)).signatures[0].signed_at == SIGNED - 60


def test_a_document_time_stamp_proves_the_time_as_well() -> None:
    report = judged(stamped(GOOD, archive("archive", SIGNED)))
    assert told(report) == PASSED
    assert report.signatures[0].signed_at == SIGNED


def test_a_time_stamp_over_something_else_proves_nothing_of_the_signature() -> None:
    other = replace(STAMP, covers=("another",))
    assert judged(stamped(BARE, other)).signatures[0].signed_at is None


def test_a_policy_may_demand_a_time_stamp() -> None:
    strict = replace(POLICY, time_stamps=TimeStampConstraints(required=True))
    assert found_wrong(judged(BARE, policy=strict)) == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.TIME_STAMP,
    )
    assert told(judged(GOOD, policy=strict)) == PASSED


def test_a_time_stamp_that_does_not_pass_may_be_passed_over_by_a_policy() -> None:
    lenient = replace(POLICY, time_stamps=TimeStampConstraints(must_pass=False))
    report = judged(stamped(BARE, replace(STAMP, chains=())), policy=lenient)
    assert told(report) == PASSED
    assert report.signatures[0].signed_at is None


def test_a_time_stamp_under_another_policy_is_refused() -> None:
    accepts = replace(POLICY, time_stamps=TimeStampConstraints(policies=("1.2.4",)))
    assert found_wrong(judged(GOOD, policy=accepts)) == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.TIME_STAMP,
    )
    same = replace(POLICY, time_stamps=TimeStampConstraints(policies=("1.2.4", "1.2.3")))
    assert told(judged(GOOD, policy=same)) == PASSED


@pytest.mark.parametrize(
    ("claimed_at", "passes"),
    [(SIGNED, True), (SIGNED - 60, True), (SIGNED - 61, False), (None, False)],
)
def test_a_time_stamp_comes_soon_after_the_claimed_time(
    claimed_at: int | None, passes: bool
) -> None:
    delayed = replace(POLICY, time_stamps=TimeStampConstraints(delay_seconds=60))
    report = judged(replace(GOOD, claimed_at=claimed_at), policy=delayed)
    assert (report.signatures[0].indication is Indication.TOTAL_PASSED) is passes


CONTENT = replace(STAMP, id="content", kind=StampKind.CONTENT, covers=("content",))


def test_content_is_stamped_before_its_signature() -> None:
    assert told(judged(stamped(GOOD, STAMP, replace(CONTENT, at=SIGNED - 1)))) == PASSED
    assert told(judged(stamped(GOOD, STAMP, replace(CONTENT, at=SIGNED)))) == PASSED
    assert found_wrong(judged(stamped(GOOD, STAMP, replace(CONTENT, at=SIGNED + 1)))) == (
        SubIndication.TIMESTAMP_ORDER_FAILURE,
        Step.TIME_STAMP,
    )


def test_an_archive_time_stamp_comes_after_what_it_is_over() -> None:
    before = archive("archive", SIGNED - 1)
    assert found_wrong(judged(stamped(GOOD, STAMP, before)))[0] is (
        SubIndication.TIMESTAMP_ORDER_FAILURE
    )
    within = replace(before, accuracy=1)
    assert told(judged(stamped(GOOD, STAMP, within))) == PASSED


def test_a_time_stamp_by_itself_is_judged_as_one() -> None:
    itself = replace(
        signed_by(GOOD, party=CLOCK.party, statuses=()),
        is_time_stamp=True,
        key_usage=None,
        chains=STAMP.chains,
    )
    report = judged(itself)
    assert told(report) == (Verdict.TIME_STAMPED, *PASSED[1:])
    assert report.signatures[0].signed_at == SIGNED
    wrong = stamped(itself, replace(STAMP, may_stamp=False))
    assert found_wrong(judged(wrong))[0] is SubIndication.CHAIN_CONSTRAINTS_FAILURE
