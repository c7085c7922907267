"""OCSP answers (RFC 6960, 9654) and CRLs (RFC 5280 §5), as cryptography and pkilint read them."""

import pytest
from asn1crypto.ocsp import OCSPRequest, OCSPResponse
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from keys import der
from keys.crl import issue_crl
from keys.linting import check_ocsp, crl_findings, ocsp_findings
from keys.revocation import (
    OcspError,
    OcspRefused,
    Reason,
    Revoked,
    Status,
    answer_ocsp,
    check_responder,
    ocsp_error,
    ocsp_for,
    parse_ocsp_request,
)
from keys.signer import LintFailed
from tests.keys.authorities import ISSUING_CRL, Infrastructure

NOW = 1_776_132_000
LATER = NOW + 3_600


@pytest.fixture(scope="module")
def pki() -> Infrastructure:
    return Infrastructure(NOW)


@pytest.fixture(scope="module")
def stranger() -> Infrastructure:
    return Infrastructure(NOW)


def request_for(
    pki: Infrastructure,
    nonce: bytes | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        pki.seal.certificate.parsed, pki.issuing.certificate.parsed, algorithm or hashes.SHA256()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def answered(pki: Infrastructure, request: bytes, status: Status | None) -> ocsp.OCSPResponse:
    statuses = {} if status is None else {pki.seal.certificate.serial: status}
    encoded = answer_ocsp(parse_ocsp_request(request), statuses, pki.responder, NOW, LATER)
    assert ocsp_findings(encoded) == []
    answer = ocsp.load_der_ocsp_response(encoded)
    key = pki.ocsp.certificate.parsed.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    return answer


@pytest.mark.parametrize(
    "algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]
)
def test_a_certificate_that_stands_is_good(
    pki: Infrastructure, algorithm: hashes.HashAlgorithm
) -> None:
    answer = answered(pki, request_for(pki, algorithm=algorithm), Status())
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.serial_number == pki.seal.certificate.serial
    assert type(answer.hash_algorithm) is type(algorithm)


def test_a_revoked_certificate_is_revoked_with_its_time_and_reason(pki: Infrastructure) -> None:
    status = Status(Revoked(NOW - 60, Reason.KEY_COMPROMISE))
    answer = answered(pki, request_for(pki), status)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc is not None
    assert answer.revocation_time_utc.timestamp() == NOW - 60
    assert answer.revocation_reason is x509.ReasonFlags.key_compromise


def test_an_answer_says_that_nothing_is_forgotten_when_certificates_end(
    pki: Infrastructure,
) -> None:
    statuses = {pki.seal.certificate.serial: Status()}
    request = parse_ocsp_request(request_for(pki))
    encoded = answer_ocsp(request, statuses, pki.responder, NOW, LATER)
    basic = OCSPResponse.load(encoded).basic_ocsp_response
    [single] = basic["tbs_response_data"]["responses"]
    since = single.archive_cutoff_value.native
    assert since.timestamp() == pki.issuing.certificate.not_before


def test_a_number_that_we_never_issued_is_unknown(pki: Infrastructure) -> None:
    answer = answered(pki, request_for(pki), None)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_the_nonce_comes_back(pki: Infrastructure) -> None:
    answer = answered(pki, request_for(pki, nonce=b"n" * 32), Status())
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
def test_a_nonce_of_a_length_outside_rfc_9654_is_malformed(
    pki: Infrastructure, nonce: bytes
) -> None:
    with pytest.raises(OcspRefused) as refused:
        parse_ocsp_request(request_for(pki, nonce=nonce))
    assert refused.value.error is OcspError.MALFORMED_REQUEST


@pytest.mark.parametrize(
    "garbage", [b"", b"\x30", b"\x30\x00", b"not DER", b"\x30\x03\x02\x01\x05" * 9]
)
def test_what_is_not_a_request_is_malformed(garbage: bytes) -> None:
    with pytest.raises(OcspRefused) as refused:
        parse_ocsp_request(garbage)
    assert refused.value.error is OcspError.MALFORMED_REQUEST


def test_a_nonce_that_comes_twice_is_malformed(pki: Infrastructure) -> None:
    request = OCSPRequest.load(request_for(pki, nonce=b"n" * 16))
    extensions = request["tbs_request"]["request_extensions"]
    extensions.append(extensions[0].copy())
    with pytest.raises(OcspRefused) as refused:
        parse_ocsp_request(request.dump(force=True))
    assert refused.value.error is OcspError.MALFORMED_REQUEST


def test_of_several_questions_those_about_others_are_answered_with_unknown(
    pki: Infrastructure, stranger: Infrastructure
) -> None:
    ours, other = (parse_ocsp_request(request_for(one)) for one in (pki, stranger))
    both = type(ours)((*ours.asked, *other.asked), None)
    statuses = {one.seal.certificate.serial: Status() for one in (pki, stranger)}
    answer = answer_ocsp(both, statuses, pki.responder, NOW, LATER)
    said = [one.certificate_status for one in ocsp.load_der_ocsp_response(answer).responses]
    assert said == [ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.UNKNOWN]


def test_we_are_not_authorized_to_speak_for_another_authority(
    pki: Infrastructure, stranger: Infrastructure
) -> None:
    request = parse_ocsp_request(request_for(stranger))
    with pytest.raises(OcspRefused) as refused:
        answer_ocsp(request, {}, pki.responder, NOW, LATER)
    assert refused.value.error is OcspError.UNAUTHORIZED


def test_several_certificates_are_answered_at_once(pki: Infrastructure) -> None:
    request = parse_ocsp_request(request_for(pki))
    double = type(request)((*request.asked, *request.asked), None)
    encoded = answer_ocsp(double, {}, pki.responder, NOW, LATER)
    assert len(list(ocsp.load_der_ocsp_response(encoded).responses)) == 2


def test_an_error_is_an_answer_without_a_body() -> None:
    answer = ocsp.load_der_ocsp_response(ocsp_error(OcspError.TRY_LATER))
    assert answer.response_status is ocsp.OCSPResponseStatus.TRY_LATER


def test_an_answer_that_nobody_asked_for_is_an_ordinary_one(pki: Infrastructure) -> None:
    encoded = ocsp_for(pki.seal.certificate, Status(), pki.responder, NOW, LATER)
    assert ocsp_findings(encoded) == []
    assert ocsp.load_der_ocsp_response(encoded).serial_number == pki.seal.certificate.serial


def test_a_crl_lists_what_is_revoked_and_names_its_shard(pki: Infrastructure) -> None:
    revoked = [(77, Revoked(NOW, Reason.UNSPECIFIED)), (5, Revoked(NOW, Reason.SUPERSEDED))]
    encoded = issue_crl(
        pki.issuing.certificate, pki.issuing.signer, revoked, 9, NOW, LATER, ISSUING_CRL
    )
    assert crl_findings(encoded) == []
    crl = x509.load_der_x509_crl(encoded)
    assert crl.is_signature_valid(pki.issuing.signer.public_key)
    assert sorted(entry.serial_number for entry in crl) == [5, 77]
    point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    assert [name.value for name in point.value.full_name or ()] == [ISSUING_CRL]


def test_an_empty_crl_of_all_certificates_has_no_list_and_no_scope(pki: Infrastructure) -> None:
    encoded = issue_crl(pki.root.certificate, pki.root.signer, [], 1, NOW, LATER, None)
    assert crl_findings(encoded) == []
    assert len(x509.load_der_x509_crl(encoded)) == 0


def test_a_crl_that_the_linter_faults_is_not_signed(pki: Infrastructure) -> None:
    with pytest.raises(LintFailed, match="uri"):
        issue_crl(pki.issuing.certificate, pki.issuing.signer, [], 1, NOW, LATER, "no URI")


def test_a_responder_answers_nothing_before_each_kind_of_answer_is_linted(
    pki: Infrastructure,
) -> None:
    check_responder(pki.responder, NOW)


def test_an_answer_whose_time_is_no_time_is_found_by_the_linter(pki: Infrastructure) -> None:
    encoded = ocsp_for(pki.seal.certificate, Status(), pki.responder, NOW, LATER)
    this_update = der.generalized_time(NOW)
    with pytest.raises(LintFailed):
        check_ocsp(encoded.replace(this_update, this_update[:-1] + b"0"))


def test_an_unspecified_reason_is_left_out(pki: Infrastructure) -> None:
    encoded = issue_crl(
        pki.issuing.certificate,
        pki.issuing.signer,
        [(5, Revoked(NOW, Reason.UNSPECIFIED))],
        1,
        NOW,
        LATER,
        ISSUING_CRL,
    )
    entry = x509.load_der_x509_crl(encoded).get_revoked_certificate_by_serial_number(5)
    assert entry is not None
    assert len(entry.extensions) == 0


def test_der_of_any_length_is_read_back() -> None:
    for length in (0, 1, 127, 128, 255, 256, 65_535, 65_536):
        encoded = der.octet_string(b"x" * length)
        assert encoded.endswith(b"x" * length)
        assert len(encoded) - length in (2, 3, 4, 5)


def test_what_is_repeated_in_an_answer_has_nothing_strange_in_it(pki: Infrastructure) -> None:
    """CertID goes from the request into what we sign (RFC 6960 §4.2.1)."""
    request = request_for(pki, algorithm=hashes.SHA1())
    strange = request.replace(b"\x05\x00\x04", b"\x07\x00\x04", 1)
    assert strange != request
    with pytest.raises(OcspRefused):
        parse_ocsp_request(strange)
