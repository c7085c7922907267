"""What a policy accepts of a signature (EN 319 102-1 §5.2.8)."""

from dataclasses import replace
from typing import Any

import pytest

from signing import policies
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import SignatureEvidence
from signing.rules.policy import SignatureConstraints
from signing.rules.report import Step, SubIndication
from tests.rules.signing.signatures import BARE, GOOD, NOW, POLICY, SHA1, found_wrong, judged

ACCEPTED = (None, None)


def refused(found: SignatureEvidence, **changed: Any) -> tuple[SubIndication | None, Step | None]:
    return found_wrong(judged(found, policy=replace(POLICY, **changed)))


def test_sha_1_without_a_time_stamp_is_not_known_to_be_old() -> None:
    assert refused(replace(BARE, algorithm=SHA1)) == (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        Step.ALGORITHMS,
    )


@pytest.mark.parametrize(
    "weak",
    [
        {"algorithm": Algorithm("rsa", 512, None, "sha256")},
        {"algorithm": Algorithm("ec", 0, "secp256k1", "sha256")},
        {"hashes": ("md2",)},
        {"hashes": ("unknown",)},
    ],
)
def test_what_was_never_reliable_is_refused_whenever_it_was_made(weak: dict[str, Any]) -> None:
    assert refused(replace(GOOD, **weak))[0] is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_the_hash_of_what_was_signed_counts_as_the_signature_s_does() -> None:
    assert refused(replace(GOOD, hashes=("sha256", "sha1")))[0] is (
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    )


def test_a_key_usage_that_is_not_for_documents_is_refused() -> None:
    assert refused(replace(GOOD, key_usage=("keyEncipherment",))) == (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        Step.KEY_USAGE,
    )


@pytest.mark.parametrize(
    "usage", [None, ("contentCommitment",), ("digitalSignature", "keyEncipherment")]
)
def test_a_certificate_that_lets_its_key_sign_is_accepted(usage: tuple[str, ...] | None) -> None:
    assert refused(replace(GOOD, key_usage=usage)) == ACCEPTED


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
    assert (found == ACCEPTED) is passes


@pytest.mark.parametrize("policy", ["tra-2", "tra-2-next-update", "tra-2-strict"])
def test_a_signature_says_when_it_was_made_as_every_baseline_asks(policy: str) -> None:
    constraints = policies.choose(policy).signatures
    assert refused(GOOD, signatures=constraints) == ACCEPTED
    assert refused(replace(GOOD, claimed_at=None), signatures=constraints) == (
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        Step.SIGNED_ATTRIBUTES,
    )
    silent = replace(GOOD, claimed_at=None)
    for excused in ({"is_time_stamp": True}, {"dated_elsewhere": True}):
        assert refused(replace(silent, **excused), signatures=constraints) == ACCEPTED


def test_the_report_names_the_policy_and_its_digest() -> None:
    report = judged(GOOD)
    assert (report.policy, report.policy_digest) == ("tra-2", policies.default().digest)
    assert report.checked_at == NOW
