"""Past validation by proofs of existence (EN 319 102-1 §5.6): archive time-stamps carry a signature
over the end of everything that it rests on."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from signing.rules.algorithms import Algorithm
from signing.rules.evidence import ChainEvidence, SignatureEvidence
from signing.rules.report import Indication, SubIndication, Verdict
from tests.rules.signing.signatures import (
    AUTHORITY,
    CLOCK,
    CRL,
    DAY,
    GOOD,
    P256,
    PASSED,
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
    proofs_of,
    revoked,
    signed_by,
    stamped,
    told,
)

FIRST = archive("first", SIGNED + DAY)
SECOND = archive("second", SIGNED + 4 * YEAR, *proofs_of("first"))
THIRD = archive("third", SIGNED + 8 * YEAR, *proofs_of("first"), *proofs_of("second"))
KEPT = stamped(GOOD, STAMP, FIRST, SECOND, THIRD)


@pytest.mark.parametrize(
    ("years", "generations"),
    [
        (0.5, 1),
        (1.1, 1),  # its responder ended
        (3.0, 1),  # its signer ended
        (4.9, 1),
        (5.1, 2),  # the authorities of its time-stamps ended
        (8.9, 2),
        (9.5, 3),
    ],
)
def test_a_signature_outlives_whatever_it_rests_on(years: float, generations: int) -> None:
    at = SIGNED + int(years * YEAR)
    made = KEPT.time_stamps[: 1 + generations]
    report = judged(stamped(GOOD, *made), at=at)
    assert told(report) == PASSED
    assert report.signatures[0].signed_at == SIGNED
    assert [one.indication for one in report.signatures[0].time_stamps] == (
        [Indication.TOTAL_PASSED] * len(made)
    )


@pytest.mark.parametrize(("years", "generations"), [(1.1, 0), (5.1, 1), (9.1, 2)])
def test_a_renewal_that_was_missed_is_missed(years: float, generations: int) -> None:
    made = KEPT.time_stamps[: 1 + generations]
    report = judged(stamped(GOOD, *made), at=SIGNED + int(years * YEAR))
    assert report.verdict is Verdict.EXPIRED


def test_without_them_it_does_not() -> None:
    assert judged(GOOD, at=SIGNED + 3 * YEAR).verdict is Verdict.EXPIRED


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_link_that_is_lost_ends_the_chain(lost: int) -> None:
    stamps = [stamp for number, stamp in enumerate(KEPT.time_stamps) if number != lost]
    at = SIGNED + 9 * YEAR + 60
    assert judged(stamped(GOOD, *stamps), at=at).verdict is not Verdict.AUTHENTIC
    assert told(judged(KEPT, at=at)) == PASSED


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        {"fault": SubIndication.HASH_FAILURE},
        {"fault": SubIndication.SIG_CRYPTO_FAILURE},
        {"chains": ()},
        {"covers": ()},
    ],
    ids=["over something else", "forged", "by a stranger", "over nothing"],
)
def test_a_link_that_is_broken_ends_the_chain(number: int, change: dict[str, Any]) -> None:
    stamps = list(KEPT.time_stamps)
    stamps[number] = replace(stamps[number], **change)
    report = judged(stamped(GOOD, *stamps), at=SIGNED + 9 * YEAR + 60)
    assert report.verdict is not Verdict.AUTHENTIC


def test_proofs_have_to_be_from_while_their_signers_stood() -> None:
    """An archive time-stamp that came after the responder's certificate ended is too late."""
    late = archive("late", SIGNED + YEAR + DAY)
    assert judged(stamped(GOOD, STAMP, late), at=late.at + 60).verdict is Verdict.EXPIRED
    in_time = archive("in time", SIGNED + YEAR - DAY)
    assert told(judged(stamped(GOOD, STAMP, in_time), at=late.at + 60)) == PASSED


def test_a_revocation_after_the_archive_time_stamp_changes_nothing() -> None:
    own = replace(SIGNER, statuses=(*SIGNER.statuses, revoked(SIGNED + 30 * DAY)))
    bare = replace(GOOD, chains=(ChainEvidence((own, AUTHORITY)),), time_stamps=(FIRST,))
    assert told(judged(bare, at=SIGNED + 60 * DAY)) == PASSED
    before = replace(own, statuses=(*SIGNER.statuses, revoked(SIGNED + 60)))
    late = replace(bare, chains=(ChainEvidence((before, AUTHORITY)),))
    assert judged(late, at=SIGNED + 60 * DAY).verdict is Verdict.REVOKED


def test_a_revocation_before_any_proof_is_a_revocation() -> None:
    before = signed_by(KEPT, statuses=(*SIGNER.statuses, revoked(SIGNED - 1)))
    assert judged(before, at=SIGNED + 8 * YEAR + 180 * DAY).verdict is Verdict.REVOKED


def test_an_authority_that_was_compromised_later_leaves_what_was_proven_before() -> None:
    """Its own certificate, and what it said, are known from before."""
    compromised = revoked(SIGNED + 2 * YEAR, "key_compromise")
    above = replace(AUTHORITY, statuses=(CRL, compromised))
    kept = replace(
        stamped(GOOD, replace(STAMP, chains=(ChainEvidence((CLOCK, above)),)), FIRST, SECOND),
        chains=(ChainEvidence((SIGNER, above)),),
    )
    assert told(judged(kept, at=SIGNED + 4 * YEAR + 60)) == PASSED
    unproven = stamped(kept, kept.time_stamps[0])
    assert judged(unproven, at=SIGNED + 4 * YEAR).verdict is not Verdict.AUTHENTIC


IN_2011 = int(datetime(2011, 3, 1, tzinfo=UTC).timestamp())
IN_2015 = int(datetime(2015, 3, 1, tzinfo=UTC).timestamp())
TODAY = int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())


def of_2011() -> SignatureEvidence:
    """All of SHA-1, and time-stamped while that could be relied on."""
    moved = {"not_before": IN_2011 - DAY, "not_after": IN_2011 + 20 * YEAR}
    fresh = {"this_update": IN_2011 + 1, "next_update": IN_2011 + YEAR, "algorithm": SHA1}
    by = replace(RESPONDER, party=party("responder", **moved), algorithm=SHA1)
    own, clock, above = (
        replace(
            one,
            party=party(one.party.common_name, **moved),
            algorithm=SHA1,
            statuses=(news(name, signer=signer, **fresh),),
        )
        for one, name, signer in (
            (SIGNER, "ocsp", by),
            (CLOCK, "ocsp of clock", by),
            (AUTHORITY, "crl", None),
        )
    )
    stamp = replace(
        STAMP,
        at=IN_2011,
        algorithm=SHA1,
        hashes=("sha1", "sha1"),
        chains=(ChainEvidence((clock, above)),),
    )
    return replace(
        GOOD,
        signer=own.party,
        algorithm=SHA1,
        hashes=("sha1",),
        chains=(ChainEvidence((own, above)),),
        time_stamps=(stamp,),
    )


def test_sha_1_passes_today_where_it_was_archived_while_it_was_reliable() -> None:
    first = archive("first", IN_2011 + YEAR // 2)
    chain = replace(first.chains[0].certificates[0], party=party("clock of first", not_before=0))
    first = replace(first, chains=(ChainEvidence((chain, first.chains[0].certificates[1])),))
    above = party("authority", not_before=0, not_after=TODAY + 10 * YEAR)
    certificates = (
        replace(chain, party=party("clock of first", not_before=0, not_after=TODAY + YEAR)),
        replace(first.chains[0].certificates[1], party=above),
    )
    responder = replace(RESPONDER, party=party("responder of first", not_after=TODAY + YEAR))
    own = replace(certificates[0].statuses[0], signer=responder)
    certificates = (replace(certificates[0], statuses=(own,)), certificates[1])
    first = replace(first, chains=(ChainEvidence(certificates),))
    assert told(judged(stamped(of_2011(), *of_2011().time_stamps, first), at=TODAY)) == PASSED


def test_sha_1_that_was_archived_too_late_does_not_pass() -> None:
    late = archive("late", IN_2015)
    old = of_2011()
    report = judged(stamped(old, *old.time_stamps, late), at=IN_2015 + 60)
    assert told(report)[:2] == (Verdict.INDETERMINATE, Indication.INDETERMINATE)


def test_sha_1_without_an_archive_time_stamp_is_not_known_to_be_old() -> None:
    assert found_wrong(judged(of_2011(), at=TODAY))[0] is (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    )


def test_a_sound_time_stamp_is_enough_for_the_signature_s_own_algorithms() -> None:
    """§5.5.4 step 4 c: signature, signed attributes and the certificate that they name."""
    old = replace(GOOD, algorithm=SHA1, hashes=("sha1",))
    early = replace(STAMP, at=IN_2011, chains=tuple(_since(0, STAMP.chains[0])))
    found = signed_by(
        stamped(old, early),
        party=party("signer", not_before=0),
        algorithm=SHA1,
        statuses=(replace(SIGNER.statuses[0], this_update=IN_2011),),
    )
    found = certified_by(found, party=party("authority", not_before=0))
    assert told(judged(found, at=TODAY)) == PASSED
    assert judged(certified_by(found, algorithm=SHA1), at=TODAY).verdict is Verdict.INDETERMINATE


def _since(at: int, chain: ChainEvidence) -> list[ChainEvidence]:
    moved = (replace(one, party=replace(one.party, not_before=at)) for one in chain.certificates)
    return [ChainEvidence(tuple(moved))]


def test_what_was_never_reliable_is_refused_however_old() -> None:
    toy = replace(KEPT, algorithm=Algorithm("rsa", 512, None, "sha256"))
    assert found_wrong(judged(toy, at=SIGNED + 9 * YEAR))[0] is (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    )
    assert KEPT.algorithm == P256
