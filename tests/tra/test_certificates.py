"""`tra certificates issue`: a person's certificate for a key that is held elsewhere."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.tra.conftest import Tra
from tra import assembly
from tra.settings import settings

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = ("--surname", "សុខ", "--given-name", "ដារ៉ា", "--common-name", "SOK Dara")
WHO = ("--identifier", "IDCKH-010203040", *NAME)


@pytest.fixture
def request_file(tmp_path: Path, tra: Tra) -> Path:
    assembly.migrate_signing(settings())
    assembly.establish_signing(settings())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody Else")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(named).sign(KEY, hashes.SHA256())
    file = tmp_path / "request.pem"
    file.write_bytes(asked.public_bytes(Encoding.PEM))
    return file


def test_it_certifies_the_request_s_key_under_the_name_that_the_operator_gives(
    tra: Tra, request_file: Path
) -> None:
    done = tra("certificates", "issue", str(request_file), *WHO)
    assert done.exit_code == 0, done.output
    issued = x509.load_pem_x509_certificate(done.output.encode())
    assert issued.public_key() == KEY.public_key()
    [name] = issued.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "SOK Dara"
    serial = f"{issued.serial_number:040x}"
    assert "signature IDCKH-010203040" in tra("certificates", "show", serial).output
    revoked = tra("certificates", "revoke", serial, "--reason", "superseded")
    assert revoked.exit_code == 0
    again = tra("certificates", "revoke", serial, "--reason", "superseded")
    assert again.exit_code == 1


def test_what_the_linter_faults_or_is_no_request_is_not_issued(
    tra: Tra, request_file: Path, tmp_path: Path
) -> None:
    wrong = tra("certificates", "issue", str(request_file), "--identifier", "010203040", *NAME)
    assert wrong.exit_code == 1
    assert "en_319_412_1" in wrong.output
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"nothing")
    none = tra("certificates", "issue", str(nothing), *WHO)
    assert none.exit_code == 1
    assert "no PKCS#10 request" in none.output
