"""A JWS that brings its key, or says where to fetch one, or makes a secret of what is public."""

import hmac
import socket

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.rules.report import Indication, SubIndication
from tests.attacks.jades import Made, dumps, header, signature
from tests.attacks.pki import curve, root
from tests.attacks.verdicts import FORGED, PASSED, judge, told

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
ADDRESS = "http://169.254.169.254/nobody-asks-here"


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.rule("attacks.no-fetch")
def test_an_address_beside_the_certificate_is_not_asked() -> None:
    addressed = header(SOMEBODY, x5u=ADDRESS, jku=ADDRESS)
    assert told(judge(signature(SOMEBODY, header=addressed).compact, ROOT, SOMEBODY)) == PASSED


@pytest.mark.parametrize("where", ["x5u", "jku"])
def test_a_certificate_that_is_elsewhere_is_none(where: str) -> None:
    addressed = header(SOMEBODY, x5c=None, **{"x5t#S256": None, where: ADDRESS})
    report = judge(signature(SOMEBODY, header=addressed).compact, ROOT, SOMEBODY)
    assert report.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


@pytest.mark.rule("attacks.jws-keys")
def test_a_key_that_a_signature_brings_vouches_for_nobody() -> None:
    """CVE-2018-0114."""
    stranger = curve()
    numbers = stranger.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": str(numbers.x), "y": str(numbers.y)}
    forged = SOMEBODY.__class__(stranger, SOMEBODY.certificate, SOMEBODY.issuer)
    made = signature(forged, header=header(SOMEBODY, jwk=jwk))
    assert told(judge(made.compact, ROOT, SOMEBODY)) == FORGED


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
@pytest.mark.rule("attacks.jws-keys")
def test_a_public_key_is_no_shared_secret(form: Encoding) -> None:
    """RFC 8725 §2.1."""
    made = Made(SOMEBODY, header=header(SOMEBODY)).sign()
    made.protected = dumps(header(SOMEBODY, alg="HS256"))
    secret = SOMEBODY.key.public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
    made.value = hmac.digest(secret, made.signing_input, "sha256")
    report = judge(made.compact, ROOT, SOMEBODY)
    assert report.indication is Indication.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


@pytest.mark.parametrize("name", ["None", "NONE", "nOnE", ""])
@pytest.mark.rule("attacks.jws-keys")
def test_no_algorithm_however_it_is_spelled_signs_nothing(name: str) -> None:
    """RFC 7515 §4.1.1: case counts. As `none` it is a fault of format."""
    made = Made(SOMEBODY, header=header(SOMEBODY)).sign()
    made.protected, made.value = dumps(header(SOMEBODY, alg=name)), b""
    report = judge(made.compact, ROOT, SOMEBODY)
    assert report.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
