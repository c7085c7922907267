"""The root in the safe: what its custodians can do together, and not alone."""

from itertools import combinations

import pytest
from cryptography import x509

from keys.ceremony import CRL_SECONDS, make_root, revoke, sign_crl, sign_request
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
