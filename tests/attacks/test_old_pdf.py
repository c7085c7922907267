"""PDF signatures as older software made them, and as odd software does: each has its verdict."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from keys import der
from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks import cms
from tests.attacks.cms import content_info, signature
from tests.attacks.foreign import Signer, authority
from tests.attacks.pki import curve, root, rsa_key, sign
from tests.attacks.signed_pdf import signed_pdf
from tests.attacks.verdicts import (
    CHANGED,
    FORGED,
    PASSED,
    STAMPED,
    UNRECOGNISED,
    evidence,
    judge,
    told,
)

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
OLD = AUTHORITY.signer("Old", key=rsa_key())
CLOCK = AUTHORITY.time_authority()


def detached(covered: bytes) -> bytes:
    return content_info(signature(SOMEBODY, covered, at=None), content=None)


def test_a_signature_written_by_hand_is_authentic() -> None:
    assert told(judge(signed_pdf(detached), ROOT, SOMEBODY)) == PASSED


def over_a_digest(covered: bytes) -> bytes:
    digest = hashlib.sha1(covered).digest()
    return content_info(signature(OLD, digest, by="sha256"), content=digest)


OVER_A_DIGEST = b"/SubFilter /adbe.pkcs7.sha1"


def test_a_signature_over_a_digest_fits_or_does_not() -> None:
    good = signed_pdf(over_a_digest, OVER_A_DIGEST)
    [found] = evidence(good, ROOT).signatures
    assert (found.faults, found.digest_matches, found.signature_verifies) == ((), True, True)
    changed = good.replace(b"Certificate of", b"Certificate if")
    assert told(judge(changed, ROOT, OLD)) == CHANGED


def test_a_document_within_its_own_signature_fits_or_does_not() -> None:
    """Where none has to be (ISO 32000-2 §12.8.3.3)."""
    within = signed_pdf(lambda it: content_info(signature(SOMEBODY, it, at=None), content=it))
    assert told(judge(within, ROOT, SOMEBODY)) == PASSED
    other = signed_pdf(lambda it: content_info(signature(SOMEBODY, b"x", at=None), content=b"x"))
    assert told(judge(other, ROOT, SOMEBODY)) == CHANGED


def bare(covered: bytes) -> bytes:
    return der.octet_string(sign(OLD.key, covered, "sha1")[1])


BARE = b"/SubFilter /adbe.x509.rsa_sha1 /Cert <%s>" % OLD.certificate.hex().encode()


def test_a_signature_that_is_no_cms_fits_or_does_not_and_does_not_pass() -> None:
    good = signed_pdf(bare, BARE)
    [found] = evidence(good, ROOT).signatures
    assert (found.faults, found.signature_verifies) == ((), True)
    assert judge(good, ROOT, OLD).indication is Indication.INDETERMINATE
    changed = good.replace(b"Certificate of", b"Certificate if")
    assert told(judge(changed, ROOT, OLD)) == FORGED


def test_a_signature_that_is_no_cms_may_stand_beside_another() -> None:
    both = Signer(authority()).sign(signed_pdf(bare, BARE), "Sig2")
    assert [one.name for one in judge(both, ROOT, OLD).signatures] == ["Sig1", "Sig2"]


def test_a_document_time_stamp_that_calls_itself_a_signature_is_none() -> None:
    lists = [one.crl() for one in (AUTHORITY, ROOT)]
    stamped = signed_pdf(
        lambda covered: cms.token(CLOCK, covered, revocation=lists), b"/SubFilter /ETSI.RFC3161"
    )
    assert told(judge(stamped, ROOT)) == STAMPED


def test_a_signer_whom_nobody_can_identify_is_not_a_fault_of_format() -> None:
    alone = signed_pdf(
        lambda covered: content_info(signature(SOMEBODY, covered), content=None, certificates=[])
    )
    assert told(judge(alone, ROOT))[2] in {
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        SubIndication.FORMAT_FAILURE,
    }
    stranger = root("Another").signer()
    unknown = signed_pdf(lambda covered: content_info(signature(stranger, covered), content=None))
    assert told(judge(unknown, ROOT)) == UNRECOGNISED


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_document_is_read_where_no_password_is_needed(
    tmp_path: Path, password: str
) -> None:
    plain, locked = tmp_path / "plain.pdf", tmp_path / "locked.pdf"
    plain.write_bytes(signed_pdf(detached))
    command = ["qpdf", "--encrypt", password, "owner", "256", "--", plain, locked]
    subprocess.run(command, check=True, capture_output=True)
    report = judge(locked.read_bytes(), ROOT, SOMEBODY)
    expected = Verdict.ENCRYPTED if password else Verdict.CHANGED  # it was written again
    assert report.verdict is expected


KEYS = {
    "brainpool": lambda: curve(ec.BrainpoolP256R1),
    "P-384": lambda: curve(ec.SECP384R1),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "RSA": lambda: rsa_key(3_072),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("by", ["sha256", "sha512", "sha3_256"])
def test_every_key_and_hash_verifies(key: str, by: str) -> None:
    holder = AUTHORITY.signer("Somebody", key=KEYS[key]())
    made = content_info(signature(holder, by=by))
    [found] = evidence(made, ROOT).signatures
    assert (found.faults, found.digest_matches, found.signature_verifies) == ((), True, True)


def test_pss_verifies() -> None:
    made = content_info(signature(OLD, pss=True))
    assert told(judge(made, ROOT, OLD)) == PASSED


WEAK: dict[str, Callable[[], bytes]] = {
    "SHA-1": lambda: content_info(signature(OLD, by="sha1")),
    "MD5": lambda: content_info(signature(OLD, by="md5")),
}


@pytest.mark.parametrize("what", WEAK)
@pytest.mark.rule("attacks.weak")
def test_what_is_too_weak_does_not_pass(what: str) -> None:
    made = WEAK[what]()
    [found] = evidence(made, ROOT).signatures
    assert found.signature_verifies
    assert told(judge(made, ROOT, OLD))[1:] == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )
