"""Which time-stamp proves that a thing existed (EN 319 102-1 §5.6.2.3)."""

from dataclasses import replace

from signing.rules.evidence import DocumentEvidence, TimeStampEvidence
from signing.rules.proofs import witnesses
from signing.rules.report import StampKind, SubIndication
from signing.rules.validation import validate
from tests.rules.signing.signatures import GOOD, NOW, POLICY, STAMP

LATER = replace(
    STAMP, id="later", kind=StampKind.ARCHIVE, at=STAMP.at + 60, covers=("signature", "stamp")
)


def proven(*stamps: TimeStampEvidence) -> dict[str, str]:
    """By object, the time-stamp that proves it."""
    evidence = DocumentEvidence(1_000, "00" * 32, (replace(GOOD, time_stamps=stamps),))
    found = witnesses(evidence, validate(evidence, {}, NOW, POLICY))
    return {name: stamp.id for name, stamp in found.items()}


def test_the_earliest_of_several_proves() -> None:
    expected = {"signature": "stamp", "signer": "stamp", "stamp": "later"}
    assert proven(STAMP, LATER) == expected
    assert proven(LATER, STAMP) == expected


def test_a_time_stamp_that_does_not_pass_proves_nothing() -> None:
    broken = replace(STAMP, fault=SubIndication.HASH_FAILURE)
    assert proven(broken, LATER) == {"signature": "later", "stamp": "later"}
