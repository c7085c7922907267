"""POST /verify?report=xml: a validation report after ETSI TS 119 102-2, sealed by the service."""

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from keys import der
from keys.revocation import Reason
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.pades.structure import der_length
from signing.formats.xades.writing import xml_time
from signing.rules.report import Step
from tests.documents import plain_pdf
from tests.sealing import ask_for_all
from tests.signing_service import URL, Visitor
from tests.validation_report import VR, check_sealed_by_the_service, read

URI = "urn:etsi:019102:"
TSL = "{http://uri.etsi.org/02231/v2#}"
OURS = "{urn:x-tra:verdict}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def fetch(visitor: Visitor, document: bytes, name: str | None = None) -> bytes:
    sent: dict[str, Any] = {"content": document}
    if name is not None:
        sent = {"files": {"document": (name, document)}}
    answer = visitor.http.post("/verify", params={"report": "xml"}, **sent)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    content: bytes = answer.content
    return content


@pytest.fixture(scope="module")
def report(standing: Visitor, sealed: bytes) -> bytes:
    return fetch(standing, sealed, "licence.pdf")


def indications(root: Any) -> list[str]:
    """Main indication and sub-indications of the first signature."""
    status = root.find(f"{VR}SignatureValidationReport/{VR}SignatureValidationStatus")
    kinds = (f"{VR}MainIndication", f"{VR}SubIndication")
    return [one.text.removeprefix(URI) for one in status if one.tag in kinds]


def test_it_is_as_the_schema_of_etsi_demands_and_says_what_the_verdict_says(
    report: bytes, standing: Visitor, sealed: bytes
) -> None:
    root = read(report)
    assert indications(root) == ["mainindication:total-passed"]
    told = standing.verify(sealed)
    [one] = root.findall(f"{VR}SignatureValidationReport")
    policy = one.find(f".//{VR}SignatureValidationPolicy")
    assert policy.findtext(f"{VR}FormalPolicyURI") == f"{URL}/policies/{told['policy']}"
    assert one.findtext(f"{VR}SignerInformation/{VR}Signer").endswith("Ministry of Commerce")
    document = one.find(f".//{OURS}Document")
    assert document.get("verdict") == told["verdict"]
    assert document.findtext(f"{OURS}Name") == "licence.pdf"
    assert document.findtext(f"{OURS}Size") == str(len(sealed))
    assert digests(document) == [hashlib.sha256(sealed).digest()]


def digests(held: Any) -> list[bytes]:
    """Every digest in an element."""
    return [base64.b64decode(one.text) for one in held.iter(f"{DS}DigestValue")]


def test_what_was_signed_stands_by_its_digest(report: bytes, sealed: bytes) -> None:
    root = read(report)
    one = root.find(f"{VR}SignatureValidationReport")
    start, end = sealed.index(b"/ByteRange [") + 12, sealed.index(b"]", sealed.index(b"/ByteRange"))
    _, gap, after, rest = map(int, sealed[start:end].split())
    content = hashlib.sha256(sealed[:gap] + sealed[after : after + rest]).digest()
    held = bytes.fromhex(sealed[gap + 1 : after - 1].decode())
    signed = SignedData.parse(held[: der_length(held)])
    [info] = map(SignerInfo.parse, signed.signer_infos)
    attributes = der.set_of(*der.parts(info.fields[3]))
    assert digests(one.find(f"{VR}SignatureIdentifier")) == [hashlib.sha256(attributes).digest()]
    assert digests(one.find(f"{VR}SignersDocument")) == [content]
    assert base64.b64decode(one.findtext(f".//{VR}MessageDigest/{VR}Digest")) == content
    objects = root.find(f"{VR}SignatureValidationObjects")
    assert digests(objects)[:2] == [hashlib.sha256(sealed).digest(), content]


@pytest.mark.parametrize("wanted", ["asic-e", "asic-e-xades"])
def test_of_several_files_each_stands_by_its_digest_and_name(
    standing: Visitor, wanted: str
) -> None:
    files = [("letter.txt", b"A letter.\n", "text/plain"), ("a b.csv", b"1,2\n", "text/csv")]
    root = read(fetch(standing, ask_for_all(standing, *files, format=wanted).content))
    named = {one.get("name"): one.get("VOReference") for one in root.iter(f"{OURS}Signed")}
    objects = {one.get("id"): one for one in root.iter(f"{VR}ValidationObject")}
    found = {name: digests(objects[held])[0] for name, held in named.items()}
    assert found == {name: hashlib.sha256(content).digest() for name, content, _ in files}
    whole = root.find(f".//{VR}SignersDocumentRepresentation").get("VOReference").split()
    assert set(named.values()) <= set(whole)


def test_the_time_stamp_is_an_object_with_its_own_report_and_proves_the_signature(
    report: bytes,
) -> None:
    root = read(report)
    objects = root.findall(f"{VR}SignatureValidationObjects/{VR}ValidationObject")
    kinds = [one.findtext(f"{VR}ObjectType").rpartition(":")[2] for one in objects]
    assert kinds[:3] == ["other", "signedData", "timestamp"]
    assert set(kinds[3:]) == {"certificate", "OCSPResponse", "CRL"}
    stamp = objects[2]
    best = root.find(f".//{VR}BestSignatureTime")
    assert best.find(f"{VR}POEObject").get("VOReference") == stamp.get("id")
    assert stamp.findtext(f"{VR}POEProvisioning/{VR}POETime") == best.findtext(f"{VR}POETime")
    assert stamp.findtext(f".//{VR}PAdESFieldName") == root.findtext(f".//{VR}DAIdentifier")
    assert stamp.findtext(f".//{VR}MainIndication") == f"{URI}mainindication:passed"
    [anchor] = {one.get("VOReference") for one in root.iter(f"{VR}TrustAnchor")}
    assert stamp.find(f".//{VR}CertificateChain")[-1].get("VOReference") == anchor


def test_xmlsec1_accepts_its_seal_and_no_changed_report(
    report: bytes, standing: Visitor, root: Path, tmp_path: Path
) -> None:
    file, issuing = tmp_path / "report.xml", tmp_path / "issuing.pem"
    file.write_bytes(report)
    issuing.write_bytes(standing.http.get("/certificates/issuing.pem").content)
    properties = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
    trusting = ("--trusted-der", str(root), "--untrusted-pem", str(issuing))
    when = ("--verification-gmt-time", "2026-04-14+02:00:30")
    command = ["xmlsec1", "--verify", "--id-attr:Id", properties, *trusting, *when, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    file.write_bytes(report.replace(b"total-passed", b"total-failed"))
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_our_own_verifier_says_who_sealed_it_and_that_nobody_changed_it(
    report: bytes, standing: Visitor
) -> None:
    check_sealed_by_the_service(standing, report, report.replace(b"licence", b"license"))
    root = etree.fromstring(report)
    validator = root.find(f"{VR}SignatureValidator")
    assert validator.findtext(f".//{TSL}TSPName/{TSL}Name") == "Tra"
    digital = validator.findtext(f"{VR}DigitalId/*")
    assert digital == root.findtext(f"{DS}Signature//{DS}X509Certificate")
    fetched = standing.http.get("/certificates/report.cer")
    assert fetched.headers["content-type"] == "application/pkix-cert"
    assert base64.b64decode(digital) == fetched.content


def test_before_the_first_report_there_is_no_certificate_of_reports(visitor: Visitor) -> None:
    assert visitor.http.get("/certificates/report.cer").status_code == 404


def test_a_failed_signature_is_told_by_its_sub_indication(standing: Visitor, sealed: bytes) -> None:
    changed = sealed.replace(b"Certificate of", b"Certificate if", 1)
    root = read(fetch(standing, changed))
    assert indications(root) == ["mainindication:total-failed", "subindication:HASH_FAILURE"]
    assert root.find(f".//{OURS}Signature").get("step") == "document_digest"
    assert answered(root) == {"format": "passed", "document_digest": "failed HASH_FAILURE"}


def answered(root: Any) -> dict[str, str]:
    """What each step of a validation answered."""
    return {
        one.findtext(f"{VR}ValidationConstraintIdentifier").removeprefix("urn:x-tra:step:"): (
            " ".join(each.text.rpartition(":")[2] for each in one.find(f"{VR}ValidationStatus"))
        )
        for one in root.iter(f"{VR}ValidationConstraint")
    }


def test_each_step_that_was_taken_is_told_with_its_answer(report: bytes) -> None:
    assert answered(read(report)) == dict.fromkeys(list(Step)[1:], "passed")


def test_a_revocation_is_told_with_its_time(visitor: Visitor) -> None:
    sealed = visitor.sealed(plain_pdf())
    service = visitor.service
    told = service.revoke(service.seal.serial, Reason.KEY_COMPROMISE)
    assert told is not None
    root = read(fetch(visitor, sealed))
    assert indications(root)[1] == "subindication:REVOKED_NO_POE"
    assert answered(root)["revocation"] == "indeterminate REVOKED_NO_POE"
    revoked = root.find(f".//{VR}RevocationStatusInformation")
    assert revoked.findtext(f"{VR}RevocationTime") == xml_time(told.at)


@pytest.mark.parametrize(
    "document", [plain_pdf(), b"x", b"%PDF-1.7", b"<a/>", b"\x30\x80", b"PK\x03\x04"]
)
def test_a_file_without_a_signature_has_a_report_too(standing: Visitor, document: bytes) -> None:
    root = read(fetch(standing, document))
    assert indications(root) == [
        "mainindication:indeterminate",
        "subindication:SIGNED_DATA_NOT_FOUND",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\x81b\ufffe.pdf", "a\\u{81}b\\u{fffe}.pdf"),
        ("\u202efdp.exe", "\\u{202e}fdp.exe"),
        ("]]><!DOCTYPE x>&amp;", "]]><!DOCTYPE x>&amp;"),
        ("ក្រសួង\u200bពាណិជ្ជកម្ម", "ក្រសួង\u200bពាណិជ្ជកម្ម"),
    ],
)
def test_a_hostile_name_is_spelled_out_and_breaks_nothing(
    standing: Visitor, name: str, told: str
) -> None:
    root = read(fetch(standing, plain_pdf(), name))
    assert root.findtext(f".//{OURS}Name") == told


def test_a_report_of_a_form_that_there_is_not_is_refused(standing: Visitor) -> None:
    answer = standing.http.post("/verify", params={"report": "docx"}, content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (400, "report_unknown")
