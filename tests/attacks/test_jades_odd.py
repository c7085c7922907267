"""JSON signatures as odd software makes them: what is not signed and is no good is passed over."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from signing.formats.detached import NOTHING
from signing.formats.readers import Readers
from signing.rules.report import Indication, SubIndication
from tests.attacks.jades import Made, b64, b64url, dumps, header, signature
from tests.attacks.pki import curve, root
from tests.attacks.verdicts import MALFORMED, PASSED, Told, judge, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
ANOTHER = AUTHORITY.signer("Another")


def verdict(made: Made) -> Told:
    return told(judge(made.flattened, ROOT, SOMEBODY, ANOTHER))


def with_unsigned(*components: Any) -> Made:
    made = signature(SOMEBODY)
    made.etsi_u += components
    return made


NO_COMPONENTS: dict[str, Any] = {
    "two in one": {"one": 1, "another": 2},
    "a number": 5,
    "no base64url": "###",
    "no JSON": b64url(b"nonsense"),
    "an unknown one": {"unknown": True},
    "proofs that are none": {"xVals": [{"x509Cert": {"val": b64(b"nonsense")}}, 5]},
}


@pytest.mark.parametrize("component", NO_COMPONENTS)
def test_what_is_no_component_proves_nothing(component: str) -> None:
    assert verdict(with_unsigned(NO_COMPONENTS[component])) == PASSED


@pytest.mark.parametrize("token", [b64(b"nonsense"), b64(b"\x30\x00")])
def test_a_time_stamp_that_is_none_fails_as_one(token: str) -> None:
    *_, indication, why = verdict(with_unsigned({"sigTst": {"tstTokens": [{"val": token}]}}))
    assert (indication, why) == (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)


@pytest.mark.parametrize("first", [AUTHORITY.certificate, ANOTHER.certificate, b"nonsense"])
def test_the_certificate_that_was_signed_is_the_signer_s_wherever_it_stands(first: bytes) -> None:
    chain = [b64(one) for one in (first, *SOMEBODY.chain)]
    assert verdict(signature(SOMEBODY, header=header(SOMEBODY, x5c=chain))) == PASSED


@pytest.mark.parametrize("other", [AUTHORITY, ANOTHER])
def test_another_certificate_than_the_one_that_was_signed_is_refused(other: Any) -> None:
    chain = [b64(one) for one in (*SOMEBODY.chain, *other.chain)]
    named = header(other, x5c=chain)
    *_, why = verdict(signature(SOMEBODY, header=named))
    assert why is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_half_a_character_and_a_number_without_end_are_read() -> None:
    """By the process that reads and the one that hears of it."""
    odd = header(SOMEBODY, iat=10**40, srCms=[{"commId": {"id": "\ud83d"}}])
    made = signature(SOMEBODY, header=odd, protected=dumps(odd))
    readers = Readers(1, 16)
    try:
        [found] = readers.read(made.flattened, ROOT.anchors, NOTHING).evidence.signatures
    finally:
        readers.close()
    assert (found.faults, found.claimed_at, found.commitments) == ((), None, ("?",))


def test_zeros_that_both_numbers_begin_with_may_be_missing() -> None:
    """RFC 7518 §3.4 wants them; of P-521 one value in four has some."""
    holder = AUTHORITY.signer("Long", key=curve(ec.SECP521R1))
    said = header(holder, alg="ES512")
    while True:
        made = signature(holder, header=said)
        one, other = made.value[:66], made.value[66:]
        if not one[0] and not other[0]:
            break
    made.value = one[1:] + other[1:]
    assert told(judge(made.flattened, ROOT, holder)) == PASSED
    made.value = one + other[1:]
    assert told(judge(made.flattened, ROOT, holder)) == MALFORMED
    made.value = b"\x00" + one + b"\x00" + other
    assert told(judge(made.flattened, ROOT, holder)) == MALFORMED
