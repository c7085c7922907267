"""`tra certificates issue`: a person's certificate for a key that is held elsewhere."""

import json
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


def test_a_short_term_one_is_a_successor_of_none_of_three_years(
    tra: Tra, request_file: Path
) -> None:
    for options in ((), ("--short-term",), ("--short-term",)):
        assert tra("certificates", "issue", str(request_file), *WHO, *options).exit_code == 0
    listed = tra("certificates", "list", "--owner", "IDCKH-010203040").stdout.splitlines()
    purposes = [line.split("\t")[1] for line in listed]
    assert sorted(purposes) == ["short-signature", "short-signature", "signature"]


def test_one_of_half_a_day_is_not_revoked_and_nothing_beside_it_is(
    tra: Tra, request_file: Path
) -> None:
    def issued(*options: str) -> str:
        done = tra("certificates", "issue", str(request_file), *WHO, *options)
        return f"{x509.load_pem_x509_certificate(done.output.encode()).serial_number:040x}"

    usual, short = issued(), issued("--short-term")
    done = tra("certificates", "revoke", usual, short, "--reason", "key-compromise")
    assert done.exit_code == 1
    assert "Nobody revokes a certificate of half a day" in done.output
    assert f"{short} (ends 20" in done.output
    for serial in (usual, short):
        assert "state    stands" in tra("certificates", "show", serial).output
    listed = tra("certificates", "list", "--state", "revoked").stdout
    assert listed == ""
    assert tra("certificates", "revoke", usual, "--reason", "key-compromise").exit_code == 0
    [line] = tra("certificates", "list", "--state", "revoked").stdout.splitlines()
    assert line.startswith(usual)


def test_certificates_are_listed_page_by_page_and_by_what_is_asked(
    tra: Tra, request_file: Path
) -> None:
    """Four are the service's own."""
    issued = tra("certificates", "issue", str(request_file), *WHO)
    serial = f"{x509.load_pem_x509_certificate(issued.output.encode()).serial_number:040x}"

    def listed(*options: str) -> list[str]:
        done = tra("certificates", "list", *options)
        assert done.exit_code == 0, done.output
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    everything = listed()
    assert len(everything) == 5
    assert listed("--limit", "2") == everything[:2]
    told = tra("certificates", "list", "--limit", "2").stderr
    assert told == f"There may be more: --after {everything[1]}\n"
    assert listed("--after", everything[1]) == everything[2:]
    assert listed("--owner", "IDCKH-010203040") == [serial]
    assert listed("--subject", "sok dara") == [serial]
    assert listed("--purpose", "signature") == [serial]
    assert listed("--state", "ended") == []
    assert listed("--serial", serial[:12].upper()) == [serial]
    [line] = tra("certificates", "list", "--owner", "IDCKH-010203040", "--json").output.splitlines()
    assert json.loads(line).items() >= {"serial": serial, "state": "stands"}.items()
    lines = tra("certificates", "list", "--json", "--limit", "2").output.splitlines()
    assert json.loads(lines[2]) == {"after": everything[1]}


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
