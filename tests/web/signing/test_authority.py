"""The authority over HTTP: time-stamps, OCSP, CRLs, certificates."""

import base64
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from asn1crypto import algos, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from keys.linting import crl_findings, ocsp_findings
from keys.revocation import Reason
from signing.store.certificates import Issued
from tests.signing_service import Visitor


def ocsp_request(visitor: Visitor, issued: Issued, nonce: bytes | None = None) -> bytes:
    issuing = visitor.service.authorities.issuing.certificate.parsed
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        issued.certificate.parsed, issuing, hashes.SHA1()
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def ask_ocsp(visitor: Visitor, encoded: bytes) -> Any:
    return visitor.http.post(
        "/ocsp", content=encoded, headers={"Content-Type": "application/ocsp-request"}
    )


def stamp_request(digest: bytes = b"d" * 32) -> bytes:
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": digest,
        }
    )
    encoded: bytes = tsp.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "cert_req": True}
    ).dump()
    return encoded


def ask_time(visitor: Visitor, encoded: bytes, kind: str = "application/timestamp-query") -> Any:
    return visitor.http.post("/tsa", content=encoded, headers={"Content-Type": kind})


def test_anyone_gets_a_time_stamp(standing: Visitor) -> None:
    answer = ask_time(standing, stamp_request())
    assert answer.headers["content-type"] == "application/timestamp-reply"
    response = tsp.TimeStampResp.load(answer.content)
    info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["gen_time"].native == standing.service.clock.utc()


@pytest.mark.parametrize("garbage", [b"", b"x", bytes(9_000)])
def test_a_wrong_time_stamp_request_is_answered_with_a_rejection(
    standing: Visitor, garbage: bytes
) -> None:
    answer = ask_time(standing, garbage)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/timestamp-reply"
    assert (
        answer.content[:4]
        != tsp.TimeStampResp.load(ask_time(standing, stamp_request()).content).dump()[:4]
    )


def test_a_time_stamp_request_has_its_content_type(standing: Visitor) -> None:
    answer = ask_time(standing, stamp_request(), "application/pdf")
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type_not_timestamp_query")


def test_ocsp_says_good_by_post(standing: Visitor) -> None:
    answer = ask_ocsp(standing, ocsp_request(standing, standing.service.seal, b"n" * 32))
    assert answer.headers["content-type"] == "application/ocsp-response"
    assert ocsp_findings(answer.content) == []
    said = ocsp.load_der_ocsp_response(answer.content)
    assert said.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_ocsp_says_good_by_get_however_the_request_is_quoted(standing: Visitor) -> None:
    encoded = base64.b64encode(ocsp_request(standing, standing.service.seal)).decode()
    for path in (quote(encoded, safe=""), quote(encoded)):
        answer = standing.http.get(f"/ocsp/{path}")
        said = ocsp.load_der_ocsp_response(answer.content)
        assert said.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_an_answer_with_a_nonce_is_for_one_asker(standing: Visitor) -> None:
    asked = ocsp_request(standing, standing.service.seal, b"n" * 32)
    encoded = quote(base64.b64encode(asked).decode(), safe="")
    assert standing.http.get(f"/ocsp/{encoded}").headers["cache-control"] == "no-store"


def test_ocsp_says_revoked_at_once(visitor: Visitor) -> None:
    visitor.service.revoke(visitor.service.seal.serial, Reason.SUPERSEDED)
    answer = ask_ocsp(visitor, ocsp_request(visitor, visitor.service.seal))
    said = ocsp.load_der_ocsp_response(answer.content)
    assert said.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert said.revocation_reason is x509.ReasonFlags.superseded


@pytest.mark.parametrize("garbage", [b"", b"x", bytes(20_000)])
def test_a_wrong_ocsp_request_is_malformed(standing: Visitor, garbage: bytes) -> None:
    said = ocsp.load_der_ocsp_response(ask_ocsp(standing, garbage).content)
    assert said.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_wrong_ocsp_request_by_get_is_malformed(standing: Visitor) -> None:
    said = ocsp.load_der_ocsp_response(standing.http.get("/ocsp/!!!").content)
    assert said.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_what_a_seal_points_to_is_there(standing: Visitor) -> None:
    certificate = standing.service.seal.certificate.parsed
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    (issuer_url,) = (
        entry.access_location.value
        for entry in access
        if entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    )
    issuer = x509.load_der_x509_certificate(standing.http.get(urlsplit(issuer_url).path).content)
    certificate.verify_directly_issued_by(issuer)
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (name,) = points[0].full_name or ()
    answer = standing.http.get(urlsplit(name.value).path)
    assert answer.headers["content-type"] == "application/pkix-crl"
    crl = x509.load_der_x509_crl(answer.content)
    assert crl.issuer == issuer.subject
    named = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert named.full_name == points[0].full_name


def test_every_crl_that_is_served_is_without_fault(standing: Visitor) -> None:
    ours = standing.service.authorities
    answer = standing.http.get(f"/crl/{ours.issuing.serial:040x}-0.crl")
    assert crl_findings(answer.content) == []
    assert crl_findings(standing.http.get("/crl/root-0.crl").content) == []


@pytest.mark.parametrize("name", ["root", "issuing", "timestamp"])
def test_our_certificates_are_served_as_der_and_as_pem(standing: Visitor, name: str) -> None:
    der = standing.http.get(f"/certificates/{name}.cer")
    pem = standing.http.get(f"/certificates/{name}.pem")
    assert der.headers["content-type"] == "application/pkix-cert"
    assert x509.load_pem_x509_certificate(pem.content) == x509.load_der_x509_certificate(
        der.content
    )


@pytest.mark.parametrize(
    "path",
    [
        "/certificates/ocsp.txt",
        "/certificates/" + "0" * 40 + ".cer",
        "/crl/root-1.crl",
        "/crl/issuing-99.crl",
        "/crl/x.crl",
        "/nothing",
    ],
)
def test_nothing_else_is_there(standing: Visitor, path: str) -> None:
    answer = standing.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_health(standing: Visitor) -> None:
    assert standing.http.get("/healthz").json() == {"status": "alive"}
    assert standing.http.get("/readyz").json() == {"status": "ready", "clock": "unwatched"}


def test_a_method_that_is_not_taken_is_a_405(standing: Visitor) -> None:
    for path in ("/seal", "/verify", "/tsa"):
        answer = standing.http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "POST"
