"""The root in the safe: what its custodians can do together, and not alone."""

from itertools import combinations

import pytest
from cryptography import x509

from keys.ceremony import CRL_SECONDS, make_root, revoke, sign_crl, sign_request
from keys.certificates import Certificate
from keys.enrolment import (
    EnrolmentRefused,
    check_crl,
    check_issuing,
    check_request,
    check_root,
    request,
)
from keys.revocation import Reason, Revoked
from keys.shares import SharesWrong
from keys.signer import Algorithm, SoftwareSigner
from tests.keys.authorities import MINISTRY, UNDER_ROOT, Infrastructure, operator

NOW = 1_776_132_000
SAFE, SHARES = make_root(operator("Test Root CA"), 3, 5, NOW)
ISSUING = SoftwareSigner.generate(Algorithm.ES256)
ASKED = request(operator("Test Issuing CA"), ISSUING)


def test_any_three_of_five_custodians_sign_an_issuing_authority() -> None:
    for chosen in combinations(SHARES, 3):
        signer = SAFE.open(chosen)
        issued = sign_request(SAFE, signer, ASKED, UNDER_ROOT, NOW)
        check_issuing(issued, SAFE.root, NOW)
        assert issued.parsed.public_key() == ISSUING.public_key


def test_two_custodians_open_nothing() -> None:
    with pytest.raises(SharesWrong):
        SAFE.open(SHARES[:2])


def test_the_shares_of_another_root_open_nothing() -> None:
    _, others = make_root(operator("Test Root CA"), 3, 5, NOW)
    with pytest.raises(SharesWrong):
        SAFE.open(others[:3])


def test_the_crl_of_the_root_is_numbered_on_and_says_what_is_revoked() -> None:
    signer = SAFE.open(SHARES[:3])
    issued = sign_request(SAFE, signer, ASKED, UNDER_ROOT, NOW)
    safe, first = sign_crl(SAFE, signer, NOW)
    assert check_crl(first, SAFE.root, NOW) == {}
    safe = revoke(safe, issued.serial, Reason.CA_COMPROMISE, NOW)
    assert revoke(safe, issued.serial, Reason.SUPERSEDED, NOW) == safe
    safe, second = sign_crl(safe, signer, NOW)
    numbers = [
        x509.load_der_x509_crl(crl).extensions.get_extension_for_class(x509.CRLNumber).value
        for crl in (first, second)
    ]
    assert [number.crl_number for number in numbers] == [1, 2]
    revoked = Revoked(NOW, Reason.CA_COMPROMISE)
    assert check_crl(second, SAFE.root, NOW) == {issued.serial: revoked}
    with pytest.raises(EnrolmentRefused, match="of today"):
        check_crl(first, SAFE.root, NOW + CRL_SECONDS)


def test_a_request_proves_its_key_and_has_a_name_of_our_kind() -> None:
    assert check_request(ASKED) == (operator("Test Issuing CA"), ISSUING.public_key)
    forged = ASKED[:-2] + bytes((ASKED[-2] ^ 1, ASKED[-1]))
    with pytest.raises(EnrolmentRefused, match="own key"):
        check_request(forged)
    with pytest.raises(EnrolmentRefused, match=r"PKCS#10"):
        check_request(b"\x30\x00")
    small = SoftwareSigner.generate(Algorithm.RS256, 2048)
    with pytest.raises(EnrolmentRefused, match="3072"):
        check_request(request(MINISTRY, small))
    with pytest.raises(EnrolmentRefused, match="own name"):
        sign_request(
            SAFE, SAFE.open(SHARES[:3]), request(operator("Test Root CA"), ISSUING), UNDER_ROOT, NOW
        )


def test_an_installed_certificate_is_what_its_profile_says() -> None:
    ours, others = Infrastructure(NOW), Infrastructure(NOW)
    check_issuing(ours.issuing.certificate, ours.root.certificate, NOW)
    for issuing, root, now, why in (
        (ours.issuing, others.root, NOW, "not signed"),
        (ours.issuing, ours.root, NOW - 86_400, "not valid now"),
        (ours.seal, ours.issuing, NOW, "not signed itself"),
        (ours.root, ours.root, NOW, "own name"),
    ):
        with pytest.raises(EnrolmentRefused, match=why):
            check_issuing(issuing.certificate, root.certificate, now)
    with pytest.raises(EnrolmentRefused, match="not signed itself"):
        check_root(ours.seal.certificate, NOW)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((b"\x55\x04\x06\x13\x02", b"\x55\x04\x06\x03\x02"), id="a name"),
        pytest.param((b"\x3d\x03\x01\x07", b"\x3d\x03\x01\x7f"), id="a curve"),
    ],
)
def test_what_no_library_understands_is_refused(change: tuple[bytes, bytes]) -> None:
    """It is read before its signature is looked at."""
    with pytest.raises(EnrolmentRefused, match=r"PKCS#10"):
        check_request(ASKED.replace(*change))
    with pytest.raises(EnrolmentRefused, match="cannot be read"):
        check_root(Certificate.load(SAFE.root.der.replace(*change)), NOW)
    _, crl = sign_crl(SAFE, SAFE.open(SHARES[:3]), NOW)
    if change[0] in crl:
        with pytest.raises(EnrolmentRefused, match="no CRL"):
            check_crl(crl.replace(*change), SAFE.root, NOW)


def test_a_version_that_there_is_not_is_no_certificate() -> None:
    version = (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x06")
    with pytest.raises(ValueError, match="version"):
        Certificate.load(SAFE.root.der.replace(*version))
