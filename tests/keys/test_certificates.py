"""Certificates after RFC 5280 and EN 319 412, as pkilint and cryptography read them."""

import pytest
from cryptography import x509
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    ExtensionOID,
    NameOID,
)

from keys.certificates import Locations, Subject, issue
from keys.linting import certificate_findings
from keys.persons import Person
from keys.ring import Purpose
from keys.signer import Algorithm, LintFailed
from tests.keys.authorities import CITIZEN, MINISTRY, PKI, UNDER_ISSUING, Infrastructure

NOW = 1_776_132_000
ROLES = ("root", "issuing", "timestamp", "ocsp", "seal", "signature", "list", "report")


@pytest.fixture(scope="module", params=[Algorithm.ES256, Algorithm.RS256, Algorithm.PS256])
def issued(request: pytest.FixtureRequest) -> Infrastructure:
    return Infrastructure(NOW, request.param)


@pytest.fixture(scope="module")
def pki() -> Infrastructure:
    return Infrastructure(NOW)


def test_a_short_term_certificate_lasts_half_a_day_and_names_no_place_for_its_status(
    issued: Infrastructure,
) -> None:
    certificate = issued.issue(Purpose.SHORT_SIGNATURE, CITIZEN, NOW).certificate
    assert certificate_findings(certificate.der, Purpose.SHORT_SIGNATURE) == []
    assert certificate.not_after - certificate.not_before == 12 * 3_600 - 1
    held = {one.oid.dotted_string: one for one in certificate.parsed.extensions}
    for said in ("0.4.0.194121.2.1", "2.5.29.56"):  # EN 319 412-1 §5.2.2, RFC 9608 §2
        assert held[said].value.public_bytes() == b"\x05\x00"
        assert not held[said].critical
    assert ExtensionOID.CRL_DISTRIBUTION_POINTS.dotted_string not in held
    access = certificate.parsed.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    assert {one.access_method for one in access.value} == {AuthorityInformationAccessOID.CA_ISSUERS}


@pytest.mark.parametrize("role", ROLES)
def test_no_linter_finds_fault_with_any_profile(issued: Infrastructure, role: str) -> None:
    assert certificate_findings(getattr(issued, role).certificate.der, Purpose(role)) == []


@pytest.mark.parametrize(
    "subject",
    [
        Subject("x" * 65, "Ministry", "GA:KH-tests", "https://example.com"),
        Subject("Ministry", "Ministry", "nothing that EN 319 412-1 knows"),
        Subject("Ministry", "Ministry", "GA:KH-tests", "not a URI"),
    ],
)
def test_a_seal_that_the_linter_of_en_319_412_3_faults_is_not_signed(
    pki: Infrastructure, subject: Subject
) -> None:
    with pytest.raises(LintFailed):
        pki.issue(Purpose.SEAL, subject, NOW)


@pytest.mark.parametrize(
    "person",
    [
        Person("x" * 65, "សុខ", "ដារ៉ា", "IDCKH-010203040"),
        Person("SOK Dara", "សុខ", "ដារ៉ា", "010203040"),
        Person("SOK Dara", "សុខ", "ដារ៉ា", "KH:KH-010203040"),  # whose scheme?
        Person("SOK Dara", "", "ដារ៉ា", "IDCKH-010203040"),
    ],
)
def test_a_person_s_certificate_that_en_319_412_2_faults_is_not_signed(
    pki: Infrastructure, person: Person
) -> None:
    with pytest.raises(LintFailed):
        pki.issue(Purpose.SIGNATURE, person, NOW)


def test_a_person_is_named_in_khmer_and_in_latin_and_signs_alone(pki: Infrastructure) -> None:
    certificate = pki.signature.certificate.parsed
    named = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert named[NameOID.SURNAME] == "សុខ"
    assert named[NameOID.GIVEN_NAME] == "ដារ៉ា"
    assert named[NameOID.COMMON_NAME] == "SOK Dara"
    assert named[NameOID.SERIAL_NUMBER] == "IDCKH-010203040"
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.digital_signature


def test_a_name_may_have_64_characters_of_any_script(pki: Infrastructure) -> None:
    subject = Subject("Ministry", "ក" * 64, "GA:KH-tests", "https://example.com")
    issued = pki.issue(Purpose.SEAL, subject, NOW)
    [organization] = issued.certificate.parsed.subject.get_attributes_for_oid(
        NameOID.ORGANIZATION_NAME
    )
    assert organization.value == "ក" * 64


@pytest.mark.parametrize("host", ["localhost", "localhost:8001", "127.0.0.1:8001"])
def test_a_demonstration_s_own_addresses_are_let_pass(pki: Infrastructure, host: str) -> None:
    url = f"http://{host}"
    subject = Subject("Ministry", "Ministry", "GA:KH-tests", url)
    locations = Locations(f"{url}/a.cer", f"{url}/a.crl", f"{url}/ocsp")
    public_key, issuer = pki.seal.signer.public_key, pki.issuing
    issue(Purpose.SEAL, subject, public_key, issuer.certificate, issuer.signer, locations, NOW)


@pytest.mark.parametrize("host", ["signing", "signing:8001", "10.0.0.1", "pki.internal"])
def test_an_address_that_leads_nowhere_for_others_stops_a_certificate(
    pki: Infrastructure, host: str
) -> None:
    url = f"http://{host}"
    locations = Locations(f"{url}/a.cer", f"{url}/a.crl", f"{url}/ocsp")
    public_key, issuer = pki.seal.signer.public_key, pki.issuing
    with pytest.raises(LintFailed):
        issue(Purpose.SEAL, MINISTRY, public_key, issuer.certificate, issuer.signer, locations, NOW)


def test_a_certificate_is_linted_before_its_issuers_key_signs_it(pki: Infrastructure) -> None:
    class Watched:
        algorithm = pki.issuing.signer.algorithm
        public_key = pki.issuing.signer.public_key
        signed = 0

        def sign(self, message: bytes) -> bytes:
            self.signed += 1
            return pki.issuing.signer.sign(message)

    watched = Watched()
    public_key, issuer = pki.seal.signer.public_key, pki.issuing.certificate
    bad = Locations("no URI", "no URI", "no URI")
    with pytest.raises(LintFailed, match="uri"):
        issue(Purpose.SEAL, MINISTRY, public_key, issuer, watched, bad, NOW)
    assert watched.signed == 0
    issue(Purpose.SEAL, MINISTRY, public_key, issuer, watched, UNDER_ISSUING, NOW)
    assert watched.signed == 1


@pytest.mark.parametrize("role", ROLES[1:])
def test_each_certificate_is_signed_by_the_one_above(issued: Infrastructure, role: str) -> None:
    above = issued.root if role == "issuing" else issued.issuing
    getattr(issued, role).certificate.parsed.verify_directly_issued_by(above.certificate.parsed)


def test_a_seal_key_is_for_content_commitment_alone(pki: Infrastructure) -> None:
    usage = pki.seal.certificate.parsed.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.content_commitment
    assert not usage.value.digital_signature
    assert not usage.value.key_cert_sign


def test_a_seal_names_its_agency_in_khmer_and_in_latin(pki: Infrastructure) -> None:
    subject = pki.seal.certificate.parsed.subject
    named = {attribute.oid: attribute.value for attribute in subject}
    assert named[NameOID.ORGANIZATION_NAME] == "ក្រសួងសាកល្បង"
    assert named[NameOID.COMMON_NAME] == "Ministry of Tests"
    assert named[NameOID.ORGANIZATION_IDENTIFIER] == "GA:KH-tests"


def test_a_seal_says_where_its_issuer_and_its_status_are(pki: Infrastructure) -> None:
    extensions = pki.seal.certificate.parsed.extensions
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [entry.access_location.value for entry in access] == [
        f"{PKI}/ocsp",
        f"{PKI}/certificates/issuing.cer",
    ]
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [name.value for name in points[0].full_name or ()] == [f"{PKI}/crl/issuing-0.crl"]


def test_the_time_stamp_authority_has_one_critical_extended_usage(pki: Infrastructure) -> None:
    found = pki.timestamp.certificate.parsed.extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert found.critical
    assert list(found.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_nobody_need_ask_whether_the_ocsp_responder_is_revoked(pki: Infrastructure) -> None:
    extensions = pki.ocsp.certificate.parsed.extensions
    assert extensions.get_extension_for_class(x509.OCSPNoCheck)
    with pytest.raises(x509.ExtensionNotFound):
        extensions.get_extension_for_class(x509.CRLDistributionPoints)


def test_no_certificate_outlives_its_issuer(pki: Infrastructure) -> None:
    late = pki.issuing.certificate.not_after - 86_400
    seal = pki.issue(Purpose.SEAL, pki.seal_subject, late)
    assert seal.certificate.not_after == pki.issuing.certificate.not_after
