"""CMS signatures as odd software makes them."""

import pytest

from keys import cms, der
from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks.cms import CONTENT, Made, attributes, content_info, signature, token
from tests.attacks.pki import root, rsa_key
from tests.attacks.verdicts import CHANGED, MALFORMED, NAMELESS, PASSED, STAMPED, Told, judge, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
CONSTRAINED = (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)


def verdict(made: Made) -> Told:
    return told(judge(content_info(made), ROOT, SOMEBODY))


NO_TOKENS = {
    "nothing": der.NULL,
    "data": der.sequence(der.oid(cms.DATA), der.explicit(0, der.octet_string(b"nonsense"))),
    "a signature by nobody": cms.content_info(1, (), der.sequence(der.oid(cms.DATA)), (), (), ()),
    "certificates that are none": cms.content_info(
        1, (), der.sequence(der.oid(cms.DATA)), [der.sequence(der.NULL)], (), [der.sequence()]
    ),
}


@pytest.mark.parametrize("token", NO_TOKENS)
def test_a_time_stamp_that_is_none_fails_as_one(token: str) -> None:
    made = signature(SOMEBODY)
    made.unsigned.append(cms.attribute(cms.SIGNATURE_TIME_STAMP, NO_TOKENS[token]))
    assert verdict(made)[1:] == CONSTRAINED


@pytest.mark.parametrize("said", [der.sequence(der.sequence()), der.NULL, der.integer(5)])
def test_a_reference_to_no_certificate_is_none(said: bytes) -> None:
    named = {"certificate": cms.attribute("1.2.840.113549.1.9.16.2.47", said)}
    signed = attributes(SOMEBODY, Made(SOMEBODY).content) | named
    assert verdict(signature(SOMEBODY, signed=signed))[1:] == CONSTRAINED


def test_a_commitment_that_is_none_commits_to_nothing() -> None:
    said = {"commitment": cms.attribute("1.2.840.113549.1.9.16.2.16", der.NULL)}
    signed = attributes(SOMEBODY, Made(SOMEBODY).content) | said
    assert verdict(signature(SOMEBODY, signed=signed)) == PASSED


def test_a_signature_that_does_not_say_when_it_was_made_is_of_no_baseline() -> None:
    assert verdict(signature(SOMEBODY))[1:] == PASSED[1:]
    assert verdict(signature(SOMEBODY, at=None))[1:] == CONSTRAINED


def test_the_time_is_said_once() -> None:
    """RFC 5652 §11.3."""
    signed = attributes(SOMEBODY, Made(SOMEBODY).content)
    made = signature(SOMEBODY, signed=signed | {"again": signed["time"]})
    assert verdict(made) == MALFORMED


def test_another_certificate_than_the_identified_one_is_not_the_signer_s() -> None:
    """RFC 5652 §5.3, whatever the signed attributes name."""
    own = SOMEBODY.asn1
    issuer, serial = own.issuer.dump(), der.integer(own.serial_number)
    by_another_name = der.sequence(AUTHORITY.asn1.issuer.dump(), serial)
    assert verdict(signature(SOMEBODY, sid=der.sequence(issuer, serial))) == PASSED
    assert verdict(signature(SOMEBODY, sid=by_another_name)) == PASSED
    others = (der.sequence(issuer, der.integer(7)), der.implicit(0, der.octet_string(b"nobody")))
    assert [verdict(signature(SOMEBODY, sid=one)) for one in others] == [NAMELESS] * len(others)


def test_content_that_is_not_of_the_type_that_it_says_is_octets() -> None:
    said = signature(SOMEBODY, b"Hello, world", kind=cms.SIGNED_DATA)
    made = content_info(said, content=b"Hello, world", kind=cms.SIGNED_DATA)
    assert told(judge(made, ROOT, SOMEBODY)) == PASSED
    changed = made.replace(b"Hello, world", b"Hello, World")
    assert told(judge(changed, ROOT, SOMEBODY)) == CHANGED


def test_a_hash_that_nobody_knows_does_not_say_that_anything_was_changed() -> None:
    old = AUTHORITY.signer("Old", key=rsa_key())
    md4 = der.sequence(der.oid("1.2.840.113549.2.4"))
    rsa = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL)
    made = signature(old, digest_algorithm=md4, algorithm=rsa)
    *_, indication, why = told(judge(content_info(made), ROOT, old))
    assert indication is Indication.INDETERMINATE
    assert why is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


@pytest.mark.parametrize("over", ["a file", "a signature"])
def test_a_time_stamp_whose_version_is_too_low_is_one(over: str) -> None:
    """RFC 5652 §5.1 has 3 for content of its type; the number is not signed."""
    made = signature(SOMEBODY)
    whole = token(CLOCK, CONTENT if over == "a file" else made.value)
    low = whole.replace(b"\x02\x01\x03", b"\x02\x01\x01", 1)
    assert low != whole
    if over == "a file":
        assert told(judge(low, ROOT, CLOCK, detached=CONTENT)) == STAMPED
    made.unsigned.append(cms.attribute(cms.SIGNATURE_TIME_STAMP, low))
    report = judge(content_info(made), ROOT, SOMEBODY, CLOCK)
    assert (told(report) == PASSED) is (over == "a signature")


def test_what_is_no_record_is_none() -> None:
    """A SignedData without its ContentInfo begins with its version, too."""
    bare = der.parts(der.parts(content_info(signature(SOMEBODY)))[1])[0]
    assert judge(bare, ROOT).verdict is Verdict.UNSUPPORTED
