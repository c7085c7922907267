"""Certificates held against time (EN 319 102-1 §5.2.5, §5.2.6, §5.5.4)."""

from dataclasses import replace
from typing import Any

import pytest

from signing.rules.algorithms import Algorithm
from signing.rules.evidence import StatusEvidence
from signing.rules.policy import RevocationConstraints
from signing.rules.report import Note, Step, SubIndication, Verdict
from tests.rules.signing.signatures import (
    AUTHORITY,
    BARE,
    CRL,
    DAY,
    GOOD,
    NOW,
    P256,
    PASSED,
    POLICY,
    RESPONDER,
    SHA1,
    SIGNED,
    SIGNER,
    STAMP,
    YEAR,
    archive,
    certified_by,
    found_wrong,
    judged,
    news,
    party,
    revoked,
    signed_by,
    stamped,
    told,
)

OCSP = SIGNER.statuses[0]


def test_revoked_before_the_proven_time_is_revoked() -> None:
    report = judged(signed_by(GOOD, statuses=(revoked(SIGNED - 1),)))
    assert told(report)[0] is Verdict.REVOKED
    assert found_wrong(report) == (SubIndication.REVOKED_NO_POE, Step.REVOCATION)
    assert report.signatures[0].revoked_at == SIGNED - 1


def test_a_revocation_after_the_time_stamp_changes_nothing_and_is_told() -> None:
    report = judged(signed_by(GOOD, statuses=(OCSP, revoked(SIGNED + 60))))
    assert told(report) == PASSED
    assert Note.REVOKED_LATER in report.signatures[0].notes


def test_news_of_a_later_revocation_vouch_for_the_time_before() -> None:
    assert told(judged(signed_by(GOOD, statuses=(revoked(SIGNED + 60),)))) == PASSED


def test_without_a_time_stamp_a_revocation_at_any_time_counts() -> None:
    assert judged(signed_by(BARE, statuses=(revoked(NOW - 1),))).verdict is Verdict.REVOKED


def test_a_revocation_counts_whoever_else_vouches() -> None:
    both = signed_by(GOOD, statuses=(OCSP, revoked(SIGNED - 1, algorithm=SHA1)))
    assert judged(both).verdict is Verdict.REVOKED


def test_an_authority_that_was_revoked_before_is_no_authority() -> None:
    assert found_wrong(judged(certified_by(GOOD, statuses=(CRL, revoked(SIGNED))))) == (
        SubIndication.REVOKED_CA_NO_POE,
        Step.REVOCATION,
    )


def test_an_authority_that_was_revoked_later_was_one_for_what_is_known_from_before() -> None:
    """Whoever has its key can still say that nothing was revoked, and date it back."""
    later = certified_by(GOOD, statuses=(CRL, revoked(SIGNED + 60)))
    no_proof = (SubIndication.REVOKED_CA_NO_POE, Step.REVOCATION)
    assert found_wrong(judged(later)) == no_proof
    assert found_wrong(judged(stamped(later, STAMP, archive("late", SIGNED + 90)))) == no_proof
    assert told(judged(stamped(later, STAMP, archive("soon", SIGNED + 30)))) == PASSED


def test_a_certificate_on_hold_is_to_be_tried_again_later() -> None:
    held = revoked(SIGNED - 1, "certificate_hold")
    assert found_wrong(judged(signed_by(GOOD, statuses=(held,)))) == (
        SubIndication.TRY_LATER,
        Step.REVOCATION,
    )


def test_a_hold_ends_with_newer_news() -> None:
    held = revoked(SIGNED - 60, "certificate_hold")
    assert told(judged(signed_by(GOOD, statuses=(held, OCSP)))) == PASSED


def test_nothing_that_vouches_is_no_pass() -> None:
    assert found_wrong(judged(signed_by(GOOD, statuses=()))) == (
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        Step.REVOCATION,
    )


def test_who_is_exempt_needs_nobody_to_vouch() -> None:
    assert told(judged(signed_by(GOOD, statuses=(), exempt=True))) == PASSED


def test_news_from_before_a_time_stamp_do_not_vouch_for_its_signer() -> None:
    older = replace(OCSP, this_update=SIGNED - 1)
    assert found_wrong(judged(signed_by(GOOD, statuses=(older,)))) == (
        SubIndication.TRY_LATER,
        Step.REVOCATION,
    )


def test_a_policy_may_take_current_news_or_ask_for_younger_ones() -> None:
    older = signed_by(GOOD, statuses=(replace(OCSP, this_update=SIGNED - 1),))
    lenient = replace(POLICY, revocation=RevocationConstraints(after_signature=False))
    assert told(judged(older, policy=lenient)) == PASSED
    patient = replace(POLICY, revocation=RevocationConstraints(grace_seconds=60))
    assert found_wrong(judged(GOOD, policy=patient))[0] is SubIndication.TRY_LATER
    young = replace(OCSP, this_update=SIGNED + 60)
    assert told(judged(signed_by(GOOD, statuses=(young,)), policy=patient)) == PASSED


def test_a_policy_may_say_how_old_news_may_be() -> None:
    hourly = replace(POLICY, revocation=RevocationConstraints(freshness_seconds=3_600))
    assert found_wrong(judged(GOOD, policy=hourly))[0] is SubIndication.TRY_LATER  # the root's CRL
    fresh = certified_by(GOOD, statuses=(replace(CRL, this_update=SIGNED - 3_600),))
    clock = replace(STAMP.chains[0], certificates=fresh.chains[0].certificates)
    assert told(judged(stamped(fresh, replace(STAMP, chains=(clock,))), policy=hourly)) == PASSED


def test_without_a_time_stamp_news_are_current_now() -> None:
    stale = signed_by(BARE, statuses=(replace(OCSP, next_update=NOW - 1),))
    assert found_wrong(judged(stale))[0] is SubIndication.TRY_LATER
    current = signed_by(BARE, statuses=(replace(OCSP, next_update=NOW),))
    assert told(judged(current)) == PASSED


def test_news_without_a_next_update_are_fresh_when_they_are_made() -> None:
    bare = signed_by(BARE, statuses=(replace(OCSP, this_update=NOW - 1, next_update=None),))
    assert found_wrong(judged(bare))[0] is SubIndication.TRY_LATER


def test_news_of_an_authority_were_current_when_it_was_used() -> None:
    stale = certified_by(GOOD, statuses=(replace(CRL, next_update=SIGNED - 1),))
    assert found_wrong(judged(stale))[0] is SubIndication.TRY_LATER


def test_news_from_a_responder_whom_nobody_vouches_for_are_none() -> None:
    """RFC 6960 §4.2.2.2.1."""
    by = replace(RESPONDER, exempt=False)
    report = judged(signed_by(GOOD, statuses=(replace(OCSP, signer=by),)))
    assert report.verdict is Verdict.INDETERMINATE
    assert found_wrong(report) == (
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        Step.REVOCATION,
    )


@pytest.mark.parametrize(
    "responder",
    [
        {"exempt": False, "statuses": (revoked(NOW - 1),)},
        {"algorithm": SHA1},
        {"algorithm": Algorithm("rsa", 512, None, "sha256")},
    ],
    ids=["revoked", "certified by SHA-1", "certified by a toy"],
)
def test_news_from_somebody_who_cannot_be_relied_on_do_not_vouch(responder: dict[str, Any]) -> None:
    by = replace(RESPONDER, **responder)
    report = judged(signed_by(GOOD, statuses=(replace(OCSP, signer=by),)))
    assert report.verdict is Verdict.EXPIRED or report.verdict is Verdict.INDETERMINATE
    assert report.signatures[0].step in {Step.REVOCATION, Step.ALGORITHMS}


def test_news_by_an_algorithm_of_the_past_do_not_vouch() -> None:
    weak = signed_by(GOOD, statuses=(replace(OCSP, algorithm=SHA1),))
    assert found_wrong(judged(weak)) == (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        Step.ALGORITHMS,
    )


def test_news_from_a_responder_whose_certificate_ended_since_are_out_of_bounds() -> None:
    ended = replace(RESPONDER, party=party("responder", not_after=NOW - 1))
    assert told(judged(signed_by(GOOD, statuses=(replace(OCSP, signer=ended),))))[0:3:2] == (
        Verdict.EXPIRED,
        SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE,
    )


def test_news_that_no_longer_tell_of_an_expired_certificate_do_not_vouch() -> None:
    ended = party("signer", not_after=SIGNED + 10)
    late = replace(OCSP, this_update=SIGNED + 11)
    assert found_wrong(judged(signed_by(GOOD, party=ended, statuses=(late,))))[0] is (
        SubIndication.OUT_OF_BOUNDS_NO_POE
    )
    reaching = replace(late, reaches_back_to=SIGNED)
    assert told(judged(signed_by(GOOD, party=ended, statuses=(reaching,)))) == PASSED


def test_expired_since_passes_where_news_from_its_time_vouch() -> None:
    ended = party("signer", not_after=NOW - 1)
    assert told(judged(signed_by(GOOD, party=ended))) == PASSED


def test_expired_without_a_proven_time_may_have_been_made_later() -> None:
    ended = party("signer", not_after=NOW - 1)
    known = signed_by(BARE, party=ended, statuses=(replace(OCSP, next_update=NOW),))
    assert told(judged(known))[0:3:2] == (
        Verdict.EXPIRED,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
    )
    unknown = signed_by(BARE, party=ended, statuses=())
    assert found_wrong(judged(unknown)) == (SubIndication.OUT_OF_BOUNDS_NO_POE, Step.CHAIN)


def test_signed_after_its_certificate_ended_does_not_pass() -> None:
    ended = party("signer", not_after=SIGNED - 1)
    late = signed_by(GOOD, party=ended, statuses=(replace(OCSP, reaches_back_to=SIGNED - DAY),))
    assert judged(late).verdict is Verdict.EXPIRED


def test_signed_before_its_certificate_began_is_not_yet_valid() -> None:
    begun = party("signer", not_before=SIGNED + 1)
    assert told(judged(signed_by(GOOD, party=begun)))[0:3:2] == (
        Verdict.NOT_VALID,
        SubIndication.NOT_YET_VALID,
    )


def test_an_authority_s_certificate_ends_as_a_signer_s_does() -> None:
    ended = party("authority", not_after=NOW - 1)
    assert told(judged(certified_by(GOOD, party=ended))) == PASSED
    assert found_wrong(judged(certified_by(BARE, party=ended)))[1] is Step.CHAIN


def test_a_certificate_by_sha_1_may_have_been_made_now() -> None:
    assert found_wrong(judged(certified_by(GOOD, algorithm=SHA1))) == (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        Step.ALGORITHMS,
    )


def test_as_of_a_date_what_came_later_is_not_held_against_a_signature() -> None:
    later = signed_by(BARE, statuses=(replace(OCSP, next_update=NOW), revoked(NOW + DAY)))
    assert told(judged(later, at=NOW)) == PASSED
    assert judged(later, at=NOW + 2 * DAY).verdict is Verdict.REVOKED


def test_as_of_a_date_before_its_certificate_a_signature_is_not_valid() -> None:
    assert found_wrong(judged(BARE, at=SIGNED - YEAR))[0] is SubIndication.NOT_YET_VALID


def test_a_root_that_signs_by_itself_is_trusted_as_it_is() -> None:
    root = replace(AUTHORITY, statuses=(), exempt=True)
    by_root = replace(
        GOOD,
        signer=root.party,
        chains=(replace(GOOD.chains[0], certificates=(root,)),),
        time_stamps=(replace(STAMP, covers=("signature", "authority")),),
    )
    assert told(judged(by_root)) == PASSED


def test_our_register_is_news_that_need_no_signature() -> None:
    assert StatusEvidence("register", NOW).algorithm is None
    assert OCSP.algorithm == P256
    assert news("ocsp").this_update > SIGNED
