"""CMS signatures by others (CAdES, PKCS #7, S/MIME) as they occur, and as attackers make them."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keys import der
from keys.cms import attribute
from signing.rules.report import Format, Indication, Level, SubIndication, Verdict
from tests.attacks import cms
from tests.attacks.cms import CONTENT, Made, cades, content_info, named, signature
from tests.attacks.pki import DAY, NOW, Holder, root, sign
from tests.attacks.somebody import ANOTHER, AUTHORITY, CLOCK, ROOT, SOMEBODY, verdict
from tests.attacks.verdicts import (
    CHANGED,
    FORGED,
    MALFORMED,
    MISSING,
    PASSED,
    STAMPED,
    UNRECOGNISED,
    evidence,
    judge,
    told,
)

COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"


def proofs(*revoked: Holder, since: object = NOW) -> list[bytes]:
    """CRLs that tell of everybody."""
    return [AUTHORITY.crl(*revoked, since=since), ROOT.crl(since=since)]


def test_an_enveloping_signature_is_authentic() -> None:
    report = judge(cades(SOMEBODY), ROOT, SOMEBODY)
    assert told(report) == PASSED
    assert (report.format, report.signatures[0].level) == (Format.CMS, Level.B)


def test_a_detached_signature_needs_its_content() -> None:
    detached = content_info(signature(SOMEBODY), content=None)
    assert verdict(detached) == MISSING
    assert verdict(detached, detached=CONTENT) == PASSED
    assert verdict(detached, detached=CONTENT.upper()) == CHANGED


def test_content_that_came_twice_is_the_same_both_times() -> None:
    assert verdict(cades(SOMEBODY), detached=CONTENT) == PASSED
    assert verdict(cades(SOMEBODY), detached=b"something else") == MALFORMED


def test_several_signers_are_several_signatures() -> None:
    both = content_info(signature(SOMEBODY), signature(ANOTHER))
    assert verdict(both) == PASSED
    report = judge(both, ROOT, SOMEBODY)
    assert {one.signer.common_name for one in report.signatures} == {"Somebody", "Another"}
    forged = content_info(signature(SOMEBODY), signature(ANOTHER, b"something else"))
    report = judge(forged, ROOT, SOMEBODY, ANOTHER)
    assert {one.indication for one in report.signatures} == {
        Indication.TOTAL_PASSED,
        Indication.TOTAL_FAILED,
    }
    assert told(report) == CHANGED


@pytest.mark.parametrize("where", ["crls", "attribute", "both"])
def test_validation_data_in_fields_or_attributes_make_b_lt(where: str) -> None:
    made = signature(SOMEBODY).stamped(CLOCK, NOW - DAY)
    held = proofs()
    if where != "crls":
        made.with_revocation(held[:1], [AUTHORITY.ocsp(CLOCK), ROOT.ocsp(AUTHORITY)])
    within = {"crls": held, "attribute": [], "both": held[1:]}[where]
    report = judge(content_info(made, revocation=within), ROOT)
    assert told(report) == PASSED
    assert report.signatures[0].level is Level.LT
    assert report.signatures[0].signed_at == int((NOW - DAY).timestamp())


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "pem": lambda made: (
        b"-----BEGIN PKCS7-----\n%s-----END PKCS7-----\n" % base64.encodebytes(made)
    ),
    "pem cms": lambda made: b"-----BEGIN CMS-----\n%s-----END CMS-----" % base64.encodebytes(made),
    "base64": base64.encodebytes,
    "base64 in one line": base64.b64encode,
    "zeros after it": lambda made: made + bytes(16),
    "s/mime": lambda made: (
        b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime;\r\n"
        b" smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(made)
    ),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(encoding: str) -> None:
    assert verdict(ENCODINGS[encoding](cades(SOMEBODY))) == PASSED


def test_a_clear_signed_message_brings_its_content() -> None:
    part = b"Content-Type: text/plain\r\n\r\nWhat was agreed.\r\n"
    signed = base64.encodebytes(content_info(signature(SOMEBODY, part), content=None))
    message = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
        b' boundary="b1"; micalg=sha-256\r\n\r\npreamble\r\n--b1\r\n%s\r\n--b1\r\n'
        b"Content-Type: application/pkcs7-signature\r\n\r\n%s\r\n--b1--\r\n"
    ) % (part, signed)
    assert verdict(message) == PASSED
    assert verdict(message.replace(b"\r\n", b"\n")) == PASSED
    sent = b"Received: from here\r\n by there\r\nSubject: What was agreed\r\n" + message
    assert verdict(sent) == PASSED
    assert verdict(b"From somebody@example.com Tue Apr 14 02:00:00 2026\n" + sent) == PASSED
    assert verdict(message.replace(b"agreed", b"denied")) == CHANGED


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "somebody.pem").write_bytes(_pem(SOMEBODY))
    (folder / "another.pem").write_bytes(_pem(ANOTHER))
    (folder / "authority.pem").write_bytes(AUTHORITY.parsed.public_bytes(Encoding.PEM))
    (folder / "content").write_bytes(CONTENT)
    return folder


def _pem(holder: Holder) -> bytes:
    return holder.parsed.public_bytes(Encoding.PEM) + holder.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


OPENSSL = {
    "ber": "cms -sign -cades -binary -stream -nodetach -outform DER",
    "der": "cms -sign -cades -binary -nodetach -outform DER",
    "pem": "cms -sign -cades -binary -nodetach -outform PEM",
    "smime": "cms -sign -cades -binary -nodetach",
    "key identifier": "cms -sign -cades -binary -nodetach -keyid -outform DER",
    "sha512": "cms -sign -cades -binary -nodetach -md sha512 -outform DER",
    "two signers": "cms -sign -cades -binary -nodetach -signer another.pem -outform DER",
}


@pytest.mark.parametrize("how", OPENSSL)
def test_what_openssl_makes_is_read(files: Path, how: str) -> None:
    assert verdict(openssl(files, OPENSSL[how])) == PASSED


def openssl(files: Path, how: str) -> bytes:
    command = f"openssl {how} -in content -signer somebody.pem -certfile authority.pem"
    return subprocess.run(command.split(), cwd=files, check=True, capture_output=True).stdout


def test_a_signature_that_names_no_certificate_is_not_decided(files: Path) -> None:
    made = openssl(files, "smime -sign -binary -nodetach -outform DER")
    assert verdict(made)[2] is SubIndication.SIG_CONSTRAINTS_FAILURE


def test_a_signature_over_the_content_itself_is_read() -> None:
    bare = signature(SOMEBODY, signed={})
    assert evidence(content_info(bare), ROOT).signatures[0].signature_verifies
    assert verdict(content_info(bare, content=b"something else"))[1] is Indication.TOTAL_FAILED


def test_an_unknown_root_is_unrecognised() -> None:
    assert told(judge(cades(root("Another").signer()), ROOT)) == UNRECOGNISED
    alone = ROOT.signer()  # its authority is trusted, and is not in the file
    assert told(judge(content_info(signature(alone), certificates=[]), ROOT))[2] is (
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    )


def test_a_wrong_digest_is_told_before_an_unknown_root() -> None:
    stranger = root("Another").signer()
    assert told(judge(cades(stranger, b"one").replace(b"one", b"two"), ROOT)) == CHANGED
    made = signature(stranger)
    made.value = made.value[:-1] + bytes([made.value[-1] ^ 1])
    assert told(judge(content_info(made), ROOT)) == FORGED


def over(value: bytes) -> Made:
    """A counter-signature."""
    found = Made(ANOTHER, value)
    assert found.signed is not None
    del found.signed["content_type"]
    return found.sign()


def test_a_counter_signature_is_a_signature_of_its_own() -> None:
    first = signature(SOMEBODY)
    forged = over(first.value)
    forged.value = over(b"another value").value
    cases = (
        (over(first.value), PASSED),
        (forged, FORGED),
        (over(b"another value"), CHANGED),
        (signature(ANOTHER, first.value), MALFORMED),  # it says that it is over content
    )
    held = [*SOMEBODY.chain, *ANOTHER.chain]
    for counter, expected in cases:
        first.unsigned[:] = [attribute(COUNTER_SIGNATURE, counter.dump())]
        report = judge(content_info(first, certificates=held), ROOT, SOMEBODY, ANOTHER)
        assert [one.name for one in report.signatures] == ["Signature1", "Signature1/1"]
        assert report.signatures[0].indication is Indication.TOTAL_PASSED
        assert told(report) == expected


def test_the_certificate_that_was_signed_is_the_signer_s() -> None:
    """A certificate of the same key and number under another name is not what was signed."""
    twin = AUTHORITY.signer("Impostor", key=SOMEBODY.key, serial=SOMEBODY.parsed.serial_number)
    forged = content_info(signature(SOMEBODY), certificates=[twin.certificate])
    assert verdict(forged)[2] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def twice(name: str) -> Callable[[Made], None]:
    def change(made: Made) -> None:
        made.signed["again"] = made.signed[name]

    return change


def without(name: str) -> Callable[[Made], None]:
    def change(made: Made) -> None:
        del made.signed[name]

    return change


def another_type(made: Made) -> None:
    made.signed["content_type"] = attribute("1.2.840.113549.1.9.3", der.oid(cms.TST_INFO))


def another_protected_algorithm(made: Made) -> None:
    algorithm, _ = sign(SOMEBODY.key, b"", "sha512")
    protected = der.sequence(made.digest_algorithm, der.implicit(1, algorithm))
    made.signed["protection"] = attribute("1.2.840.113549.1.9.52", protected)


@pytest.mark.parametrize(
    "change",
    [
        *(twice("content_type"), twice("digest"), without("content_type"), without("digest")),
        *(another_type, another_protected_algorithm),
    ],
)
@pytest.mark.rule("attacks.asn1")
def test_signed_attributes_that_are_not_as_they_must_be_are_a_fault_of_format(
    change: Callable[[Made], None],
) -> None:
    made = Made(SOMEBODY)
    change(made)
    assert verdict(content_info(made.sign())) == MALFORMED


def test_another_certificate_named_beside_the_signer_s_is_refused() -> None:
    made = Made(SOMEBODY)
    made.signed["another"] = named(ANOTHER)
    assert verdict(content_info(made.sign()))[2] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_an_algorithm_that_was_not_used_does_not_verify() -> None:
    made = signature(SOMEBODY)
    made.algorithm, _ = sign(SOMEBODY.key, b"", "sha512")
    assert verdict(content_info(made)) == FORGED


@pytest.mark.rule("attacks.asn1")
def test_what_follows_the_encoding_is_a_fault_of_format() -> None:
    assert verdict(cades(SOMEBODY) + b"something else") == MALFORMED


def test_no_signer_is_no_signature() -> None:
    assert verdict(content_info())[0] is Verdict.NOT_SIGNED


@pytest.mark.parametrize("depth", [100, 100_000])
def test_what_is_nested_too_deep_is_damaged(depth: int) -> None:
    assert verdict(b"\x30\x80" * depth)[0] is Verdict.UNREADABLE
    deep = b""
    for _ in range(min(depth, 2_000)):
        deep = der.sequence(deep)
    assert verdict(deep)[0] in {Verdict.UNREADABLE, Verdict.UNSUPPORTED}


@pytest.mark.parametrize("cut", range(1, 1_400, 97))
def test_a_signature_that_was_cut_off_never_passes(cut: int) -> None:
    assert verdict(cades(SOMEBODY)[:-cut])[1] is not Indication.TOTAL_PASSED


def test_other_messages_are_told_apart() -> None:
    enveloped = der.sequence(der.oid("1.2.840.113549.1.7.3"), der.explicit(0, der.sequence()))
    assert verdict(enveloped)[0] is Verdict.ENCRYPTED
    assert verdict(SOMEBODY.certificate)[0] is Verdict.UNSUPPORTED
    assert verdict(AUTHORITY.crl())[0] is Verdict.UNSUPPORTED
    assert verdict(AUTHORITY.ocsp(SOMEBODY))[0] is Verdict.UNSUPPORTED
    assert (
        verdict(der.sequence(der.integer(1), der.implicit(0, der.NULL)))[0] is Verdict.UNSUPPORTED
    )
    imprint = der.sequence(der.sequence(der.oid("2.16.840.1.101.3.4.2.1")), der.octet_string(b"x"))
    report = judge(der.sequence(der.integer(1), imprint), ROOT)  # a TimeStampReq
    assert (report.format, report.verdict) == (Format.OTHER, Verdict.UNSUPPORTED)


def test_a_time_stamp_by_itself_is_judged_with_what_it_is_over() -> None:
    stamp = cms.token(CLOCK, CONTENT, revocation=proofs())
    answer = der.sequence(der.sequence(der.integer(0)), stamp)
    for one in (stamp, answer):
        report = judge(one, ROOT, detached=CONTENT)
        assert told(report) == STAMPED
        assert report.format is Format.TIME_STAMP
        assert report.signatures[0].signed_at == int(NOW.timestamp())
        assert told(judge(one, ROOT, detached=b"something else")) == CHANGED
        assert told(judge(one, ROOT)) == MISSING
    assert told(judge(cms.token(SOMEBODY, CONTENT), ROOT, detached=CONTENT))[2] is (
        SubIndication.CHAIN_CONSTRAINTS_FAILURE
    )
