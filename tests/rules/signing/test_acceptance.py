"""What a policy accepts of a signature (EN 319 102-1 §5.2.8)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from signing import policies
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import CertificateEvidence, SignatureEvidence
from signing.rules.policy import SignatureConstraints, TimeStampConstraints
from signing.rules.report import Indication, Step, SubIndication
from tests.rules.signing.test_validation import GOOD, NOW, POLICY, SIGNED, STAMP, judged, party

SHA1 = Algorithm("rsa", 2_048, None, "sha1")
SHA256 = Algorithm("rsa", 3_072, None, "sha256")
IN_2011 = int(datetime(2011, 3, 1, tzinfo=UTC).timestamp())
OLD = replace(
    GOOD,
    algorithm=SHA1,
    hashes=("sha1",),
    signer=party("signer", not_before=IN_2011 - 1_000),
    chain=(CertificateEvidence(party("signer"), SHA1),),
    time_stamp=replace(STAMP, at=IN_2011, algorithm=SHA256, hashes=("sha256",)),
)


def refused(found: SignatureEvidence, **changed: Any) -> tuple[SubIndication | None, Step | None]:
    report = judged(found, policy=replace(POLICY, **changed)).signatures[0]
    assert report.indication in {Indication.TOTAL_PASSED, Indication.INDETERMINATE}
    return report.sub_indication, report.step


def test_sha_1_passes_where_a_time_stamp_proves_that_it_was_made_while_it_was_reliable() -> None:
    assert refused(OLD) == (None, None)


def test_sha_1_without_a_time_stamp_is_not_known_to_be_old() -> None:
    assert refused(replace(OLD, time_stamp=None)) == (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        Step.ALGORITHMS,
    )


def test_sha_1_in_a_time_stamp_proves_nothing_today() -> None:
    stamp = replace(STAMP, at=IN_2011, algorithm=SHA1, hashes=("sha1", "sha1"))
    assert refused(replace(OLD, time_stamp=stamp))[0] is (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    )


@pytest.mark.parametrize(
    "weak",
    [
        {"algorithm": Algorithm("rsa", 512, None, "sha256")},
        {"hashes": ("md2",)},
        {"chain": (CertificateEvidence(party("signer"), Algorithm("ec", 256, "secp256k1")),)},
    ],
)
def test_what_was_never_reliable_is_refused_whenever_it_was_made(weak: dict[str, Any]) -> None:
    assert refused(replace(OLD, **weak))[0] is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_key_usage_that_is_not_for_documents_is_refused() -> None:
    assert refused(replace(GOOD, key_usage=("keyEncipherment",))) == (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        Step.KEY_USAGE,
    )


@pytest.mark.parametrize(
    "usage", [None, ("contentCommitment",), ("digitalSignature", "keyEncipherment")]
)
def test_a_certificate_that_lets_its_key_sign_is_accepted(usage: tuple[str, ...] | None) -> None:
    assert refused(replace(GOOD, key_usage=usage)) == (None, None)


def test_a_format_that_the_policy_does_not_name_is_refused() -> None:
    assert refused(GOOD, signatures=SignatureConstraints(formats=("XAdES",))) == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.SIGNED_ATTRIBUTES,
    )


@pytest.mark.parametrize(
    ("committed", "accepted", "passes"),
    [
        ((), (), True),
        (("1.2.3",), (), True),
        ((), ("1.2.3",), True),
        (("1.2.3",), ("1.2.3", "1.2.4"), True),
        (("1.2.5",), ("1.2.3", "1.2.4"), False),
    ],
)
def test_what_a_signer_commits_to_is_one_of_what_the_policy_accepts(
    committed: tuple[str, ...], accepted: tuple[str, ...], passes: bool
) -> None:
    constraints = SignatureConstraints(commitments=accepted)
    found = refused(replace(GOOD, commitments=committed), signatures=constraints)
    assert (found == (None, None)) is passes


def test_a_time_stamp_under_another_policy_is_refused() -> None:
    stamped = replace(GOOD, time_stamp=replace(STAMP, policy="1.2.3"))
    accepts = TimeStampConstraints(policies=("1.2.3",))
    assert refused(stamped, time_stamps=accepts) == (None, None)
    assert refused(GOOD, time_stamps=accepts) == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.TIME_STAMP,
    )


@pytest.mark.parametrize(
    ("claimed_at", "passes"),
    [(SIGNED, True), (SIGNED - 60, True), (SIGNED - 61, False), (None, False)],
)
def test_a_time_stamp_comes_soon_after_the_claimed_time(
    claimed_at: int | None, passes: bool
) -> None:
    constraints = TimeStampConstraints(delay_seconds=60)
    found = refused(replace(GOOD, claimed_at=claimed_at), time_stamps=constraints)
    assert (found == (None, None)) is passes


def test_a_time_stamp_that_does_not_pass_may_be_passed_over_by_a_policy() -> None:
    wrong = replace(STAMP, problem=SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    report = judged(
        replace(GOOD, time_stamp=wrong),
        policy=replace(POLICY, time_stamps=TimeStampConstraints(must_pass=False)),
    )
    assert report.signatures[0].indication is Indication.TOTAL_PASSED
    assert report.signatures[0].signed_at is None


def test_the_report_names_the_policy_and_its_digest() -> None:
    report = judged(GOOD)
    assert (report.policy, report.policy_digest) == ("tra-2", policies.default().digest)
    assert report.checked_at == NOW
