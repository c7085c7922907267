"""Time-stamps and revocation data that prove something, and those that were made to seem to."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from signing.rules.report import Indication, Note, SubIndication, Verdict
from tests.attacks import cms
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import DAY, NOW, Holder, root
from tests.attacks.verdicts import PASSED, UNRECOGNISED, Told, judge, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
STRANGER = root("Stranger")
SIGNED = NOW - DAY


def sealed(
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
    holder: Holder = SOMEBODY,
    clock: Holder = CLOCK,
    **stamp: Any,
) -> bytes:
    """A signature of yesterday, time-stamped then, with these proofs."""
    made = signature(holder).stamped(clock, stamp.pop("at", SIGNED), **stamp)
    if crls or ocsps:
        made.with_revocation(crls, ocsps)
    return content_info(made)


def good() -> list[bytes]:
    return [AUTHORITY.crl(), ROOT.crl()]


def verdict(document: bytes) -> Told:
    return told(judge(document, ROOT))


def undecided(why: SubIndication, verdict: Verdict = Verdict.INDETERMINATE) -> Told:
    return verdict, Indication.INDETERMINATE, why


NO_NEWS = undecided(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
"""Nothing that counts says how a certificate stands."""


def test_proofs_that_came_after_the_time_stamp_vouch() -> None:
    assert told(judge(sealed(good()), ROOT)) == PASSED
    answers = [AUTHORITY.ocsp(SOMEBODY), AUTHORITY.ocsp(CLOCK), ROOT.ocsp(AUTHORITY)]
    assert told(judge(sealed(ocsps=answers), ROOT)) == PASSED
    delegated = [
        AUTHORITY.ocsp(SOMEBODY, AUTHORITY.responder()),
        AUTHORITY.ocsp(CLOCK, AUTHORITY.responder()),
        ROOT.ocsp(AUTHORITY),
    ]
    assert told(judge(sealed(ocsps=delegated), ROOT)) == PASSED


@pytest.mark.rule("attacks.revoked")
def test_revoked_before_signing_is_revoked() -> None:
    lists = [AUTHORITY.crl(SOMEBODY, at=SIGNED - DAY), ROOT.crl()]
    assert verdict(sealed(lists)) == undecided(SubIndication.REVOKED_NO_POE, Verdict.REVOKED)


@pytest.mark.rule("attacks.revoked")
def test_revoked_after_signing_is_told_and_changes_nothing() -> None:
    lists = [AUTHORITY.crl(SOMEBODY, at=NOW - DAY / 2), ROOT.crl()]
    report = judge(sealed(lists), ROOT)
    assert report.verdict is Verdict.AUTHENTIC
    assert Note.REVOKED_LATER in report.signatures[0].notes


@pytest.mark.rule("attacks.revoked")
def test_an_authority_that_was_revoked_vouches_for_nobody() -> None:
    lists = [AUTHORITY.crl(), ROOT.crl(AUTHORITY, at=SIGNED - DAY)]
    assert verdict(sealed(lists)) == undecided(SubIndication.REVOKED_CA_NO_POE, Verdict.REVOKED)


@pytest.mark.rule("attacks.time")
def test_a_time_stamp_authority_that_was_revoked_proves_nothing() -> None:
    lists = [AUTHORITY.crl(CLOCK, at=SIGNED - DAY), ROOT.crl()]
    report = judge(sealed(lists), ROOT)
    assert told(report) == undecided(SubIndication.REVOKED_NO_POE)
    assert report.signatures[0].signed_at is None


def test_proofs_from_before_the_time_stamp_do_not_vouch() -> None:
    early = SIGNED - DAY
    lists = [AUTHORITY.crl(since=early), ROOT.crl(since=early)]
    assert verdict(sealed(lists)) == undecided(SubIndication.TRY_LATER)


@pytest.mark.parametrize(
    "answer",
    [
        STRANGER.ocsp(SOMEBODY),
        AUTHORITY.ocsp(SOMEBODY, STRANGER.responder()),
        AUTHORITY.ocsp(SOMEBODY, AUTHORITY.signer("No responder")),
        AUTHORITY.ocsp(SOMEBODY, SOMEBODY),
        AUTHORITY.ocsp(AUTHORITY.signer("Another")),
        b"\x30\x03\x0a\x01\x06",  # unauthorized
        b"\x30\x00",
    ],
    ids=["authority", "responder", "purpose", "itself", "other", "refused", "empty"],
)
@pytest.mark.rule("attacks.ocsp")
def test_an_answer_by_somebody_else_or_about_somebody_else_does_not_vouch(answer: bytes) -> None:
    others = [AUTHORITY.ocsp(CLOCK), ROOT.ocsp(AUTHORITY)]
    made = signature(SOMEBODY).stamped(CLOCK, SIGNED)
    revocation = [cms.choice(one) for one in (answer, *others)]
    assert verdict(content_info(made, revocation=revocation)) == NO_NEWS


@pytest.mark.rule("attacks.crl")
def test_a_list_by_somebody_else_does_not_vouch() -> None:
    assert verdict(sealed([STRANGER.crl(), ROOT.crl()])) == NO_NEWS
    namesake = root("Root").authority("Authority")
    assert verdict(sealed([namesake.crl(), ROOT.crl()])) == NO_NEWS


@pytest.mark.rule("attacks.time")
def test_the_signer_s_own_word_for_when_proves_nothing() -> None:
    early = content_info(signature(SOMEBODY, at=NOW - 20 * DAY), revocation=good())
    assert judge(early, ROOT).signatures[0].signed_at is None


def test_a_time_stamp_by_an_unknown_authority_proves_nothing() -> None:
    report = judge(sealed(good(), clock=STRANGER.time_authority()), ROOT)
    assert report.signatures[0].signed_at is None
    assert told(report) == UNRECOGNISED


@pytest.mark.rule("attacks.time")
def test_a_time_stamp_by_somebody_who_makes_none_proves_nothing() -> None:
    report = judge(sealed(good(), clock=AUTHORITY.signer("No clock")), ROOT)
    assert report.signatures[0].signed_at is None
    assert told(report) == undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)


@pytest.mark.rule("attacks.time")
def test_a_time_stamp_over_another_signature_proves_nothing() -> None:
    made = signature(SOMEBODY)
    made.value, value = b"another", made.value
    made.stamped(CLOCK, SIGNED)
    made.value = value
    report = judge(content_info(made.with_revocation(good())), ROOT)
    assert report.signatures[0].signed_at is None
    assert told(report) == undecided(SubIndication.NO_POE)


@pytest.mark.rule("attacks.time")
def test_a_time_stamp_from_after_the_certificate_s_end_does_not_help() -> None:
    short = AUTHORITY.signer("Short", until=SIGNED - DAY)
    out_of_bounds = undecided(SubIndication.OUT_OF_BOUNDS_NO_POE, Verdict.EXPIRED)
    assert verdict(sealed(good(), holder=short)) == out_of_bounds


@pytest.mark.rule("attacks.time")
def test_a_time_stamp_from_before_the_certificate_s_beginning_does_not_help() -> None:
    young = AUTHORITY.signer("Young", since=NOW - DAY / 2)
    assert verdict(sealed(good(), holder=young)) == (
        Verdict.NOT_VALID,
        Indication.TOTAL_FAILED,
        SubIndication.NOT_YET_VALID,
    )


@pytest.mark.rule("attacks.no-fetch")
def test_nothing_is_fetched_from_the_addresses_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert b"169.254.169.254" in SOMEBODY.certificate
    assert verdict(content_info(signature(SOMEBODY))) == NO_NEWS
    assert told(judge(sealed(good()), ROOT)) == PASSED
