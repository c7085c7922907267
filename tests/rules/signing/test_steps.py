"""What each step of a validation answered (EN 319 102-1 §5.1), as far as it was asked."""

from dataclasses import replace
from typing import Any

import pytest

from signing.rules.evidence import Fault, SignatureEvidence
from signing.rules.report import Step, SubIndication
from signing.rules.signature import answers
from tests.rules.signing.signatures import GOOD, SIGNED, judged, revoked, signed_by

STEPS = list(Step)[1:]


def answered(found: SignatureEvidence) -> dict[Step, SubIndication | None]:
    [said] = judged(found).signatures
    return dict(answers(found, said.step, said.sub_indication))


def test_of_a_good_signature_every_step_passed() -> None:
    assert answered(GOOD) == dict.fromkeys(STEPS)


@pytest.mark.parametrize(
    ("change", "passed", "stopped", "why"),
    [
        ({"faults": (Fault.UNREADABLE,)}, [], Step.FORMAT, SubIndication.FORMAT_FAILURE),
        ({"digest_matches": False}, STEPS[:1], Step.DOCUMENT_DIGEST, SubIndication.HASH_FAILURE),
        (
            {"signature_verifies": False},
            STEPS[:2],
            Step.SIGNATURE_VALUE,
            SubIndication.SIG_CRYPTO_FAILURE,
        ),
        (
            {"signer": None},
            STEPS[:1],
            Step.CHAIN,
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        ),
        ({"chains": ()}, STEPS[:3], Step.CHAIN, SubIndication.NO_CERTIFICATE_CHAIN_FOUND),
        (
            {"names_its_certificate": False},
            STEPS[:7],
            Step.SIGNED_ATTRIBUTES,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
        ),
        (
            {"computable": False, "algorithm": None, "hashes": ("unknown",)},
            STEPS[:1],
            Step.ALGORITHMS,
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        ),
    ],
)
def test_what_came_before_has_passed_and_what_comes_after_was_not_asked(
    change: dict[str, Any], passed: list[Step], stopped: Step, why: SubIndication
) -> None:
    assert answered(replace(GOOD, **change)) == {**dict.fromkeys(passed), stopped: why}


def test_of_a_path_that_fell_no_more_is_said_than_where() -> None:
    gone = signed_by(GOOD, statuses=(revoked(SIGNED - 1),))
    assert answered(gone) == {
        **dict.fromkeys(STEPS[:3]),
        Step.REVOCATION: SubIndication.REVOKED_NO_POE,
    }
    bad = [replace(one, problem=SubIndication.CHAIN_CONSTRAINTS_FAILURE) for one in GOOD.chains]
    fallen = answered(replace(GOOD, chains=tuple(bad)))
    assert fallen[Step.CHAIN] is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert Step.REVOCATION not in fallen
