"""POST /verify?report=xml: a validation report after ETSI TS 119 102-2, sealed by the service."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from keys.revocation import Reason
from signing.formats.xades.writing import xml_time
from tests.documents import plain_pdf
from tests.signing_service import URL, Visitor
from tests.validation_report import VR, read

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
    assert one.findtext(f".//{VR}SignersDocument//{DS}DigestValue") == (
        etree.fromstring(report).findtext(f".//{VR}ValidationObject//{DS}DigestValue")
    )
    assert one.findtext(f"{VR}SignerInformation/{VR}Signer").endswith("Ministry of Commerce")
    document = one.find(f".//{OURS}Document")
    assert document.get("verdict") == told["verdict"]
    assert document.findtext(f"{OURS}Name") == "licence.pdf"
    assert document.findtext(f"{OURS}Size") == str(len(sealed))


def test_the_time_stamp_is_an_object_with_its_own_report_and_proves_the_signature(
    report: bytes,
) -> None:
    root = read(report)
    objects = root.findall(f"{VR}SignatureValidationObjects/{VR}ValidationObject")
    kinds = [one.findtext(f"{VR}ObjectType").rpartition(":")[2] for one in objects]
    assert kinds[:2] == ["signedData", "timestamp"]
    assert set(kinds[2:]) == {"certificate", "OCSPResponse", "CRL"}
    stamp = objects[1]
    best = root.find(f".//{VR}BestSignatureTime")
    assert best.find(f"{VR}POEObject").get("VOReference") == stamp.get("id")
    assert stamp.findtext(f"{VR}POEProvisioning/{VR}POETime") == best.findtext(f"{VR}POETime")
    assert stamp.findtext(f".//{VR}PAdESFieldName") == root.findtext(f".//{VR}DAIdentifier")
    assert stamp.findtext(f".//{VR}MainIndication") == f"{URI}mainindication:passed"


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
    told = standing.verify(report)
    [signature] = told["signatures"]
    assert (told["verdict"], signature["level"]) == ("authentic", "B-LT")
    assert signature["signer"]["common_name"] == "Tra Verification"
    assert standing.verify(report.replace(b"licence", b"license"))["verdict"] == "changed"
    root = etree.fromstring(report)
    validator = root.find(f"{VR}SignatureValidator")
    assert validator.findtext(f".//{TSL}TSPName/{TSL}Name") == "Tra"
    digital = validator.findtext(f"{VR}DigitalId/*")
    assert digital == root.findtext(f"{DS}Signature//{DS}X509Certificate")


def test_a_failed_signature_is_told_by_its_sub_indication(standing: Visitor, sealed: bytes) -> None:
    changed = sealed.replace(b"Certificate of", b"Certificate if", 1)
    root = read(fetch(standing, changed))
    assert indications(root) == ["mainindication:total-failed", "subindication:HASH_FAILURE"]
    assert root.find(f".//{OURS}Signature").get("step") == "document_digest"


def test_a_revocation_is_told_with_its_time(visitor: Visitor) -> None:
    sealed = visitor.sealed(plain_pdf())
    service = visitor.service
    told = service.revoke(service.seal.serial, Reason.KEY_COMPROMISE)
    assert told is not None
    root = read(fetch(visitor, sealed))
    assert indications(root)[1] == "subindication:REVOKED_NO_POE"
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
