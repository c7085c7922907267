"""Client authentication by certificate (RFC 8705 §2)."""

import base64
import ipaddress
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from clients.rules.authentication import Authenticated, check, parse_presented
from clients.rules.certificate import (
    CERTIFICATE_REFUSED,
    Anchors,
    check_issued,
    check_self_signed,
    parse,
)
from clients.rules.client import Client, TlsSubject
from core.errors import Refusal
from tests.certificates import AT, Certified
from tests.rules.samples import ISSUER, client

NOW = int(AT.timestamp())
ROOT = Certified("Root", authority=True)
ANCHORS = (ROOT.certificate,)
NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("Land.example.kh"),
        x509.UniformResourceIdentifier("urn:agency:land"),
        x509.IPAddress(ipaddress.ip_address("203.0.113.7")),
        x509.RFC822Name("it@land.example.kh"),
    ]
)
LAND = Certified("land", ROOT, extensions=(NAMES,))
DN = TlsSubject("subject_dn", "CN=land,O=Ministry,C=KH")


def issued(
    presented: Certified, subject: TlsSubject = DN, anchors: Anchors = ANCHORS, now: int = NOW
) -> bool:
    """Whether the certificate authenticates the client of that subject."""
    try:
        check_issued(presented.certificate, subject, anchors, now)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("subject_dn", "CN=land,O=Ministry,C=KH", True),
        ("subject_dn", "2.5.4.3=land,O=Ministry,C=KH", True),
        ("subject_dn", "CN=land", False),
        ("subject_dn", "C=KH,O=Ministry,CN=land", False),
        ("subject_dn", "CN=land,O=ministry,C=KH", False),
        ("san_dns", "land.example.kh", True),
        ("san_dns", "example.kh", False),
        ("san_dns", "*.example.kh", False),
        ("san_uri", "urn:agency:land", True),
        ("san_uri", "urn:agency:lan", False),
        ("san_ip", "203.0.113.7", True),
        ("san_ip", "203.0.113.8", False),
        ("san_email", "it@land.example.kh", True),
        ("san_email", "land.example.kh", False),
    ],
)
def test_a_certificate_names_the_registered_subject(kind: str, value: str, fits: bool) -> None:
    """RFC 8705 §2.1.2."""
    assert issued(LAND, TlsSubject(kind, value)) is fits


def test_a_certificate_without_other_names_has_its_subject_alone() -> None:
    plain = Certified("land", ROOT)
    assert issued(plain)
    assert not issued(plain, TlsSubject("san_dns", "land"))


def test_a_certificate_is_of_an_authority_that_is_trusted() -> None:
    impostor = Certified("Root", authority=True)
    assert not issued(Certified("land", impostor))
    assert not issued(Certified("land"))
    assert not issued(LAND, anchors=())


def test_an_authority_between_is_trusted_where_it_is_named() -> None:
    """The edge hands on the client's own certificate, without those between."""
    between = Certified("Issuing", ROOT, authority=True)
    land = Certified("land", between)
    assert issued(land, anchors=(ROOT.certificate, between.certificate))
    assert not issued(land)


def test_a_certificate_that_is_no_authority_issues_none() -> None:
    assert not issued(Certified("land", LAND), anchors=(ROOT.certificate, LAND.certificate))


def test_a_certificate_has_its_time() -> None:
    assert not issued(Certified("land", ROOT, since=AT + timedelta(days=2)))
    assert not issued(Certified("land", ROOT, since=AT - timedelta(days=2)))
    assert not issued(LAND, now=NOW + 2 * 86_400)


def test_a_certificate_is_for_tls_clients_where_it_says_what_it_is_for() -> None:
    for usage, fits in (
        (ExtendedKeyUsageOID.CLIENT_AUTH, True),
        (ExtendedKeyUsageOID.SERVER_AUTH, False),
    ):
        usages = x509.ExtendedKeyUsage([usage])
        assert issued(Certified("land", ROOT, extensions=(usages,))) is fits


def test_weak_keys_are_refused() -> None:
    """FAPI 2.0 SP 5.4.2."""
    assert not issued(Certified("land", ROOT, key=rsa.generate_private_key(65537, 1024)))
    assert not issued(Certified("land", ROOT, key=ec.generate_private_key(ec.SECP224R1())))
    assert issued(Certified("land", ROOT, key=rsa.generate_private_key(65537, 2048)))


def test_a_self_signed_certificate_has_a_registered_key() -> None:
    """RFC 8705 §2.2: several keys, so that an agency changes certificates without a pause."""
    own, next_, foreign = Certified("land"), Certified("land"), Certified("land")
    keys = [*own.jwks["keys"], *next_.jwks["keys"]]
    registered = client(
        token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": keys}
    )
    for certified in (own, next_, Certified("renewed", key=own.key)):
        check_self_signed(certified.certificate, registered.jwks)
    with pytest.raises(Refusal):
        check_self_signed(foreign.certificate, registered.jwks)


SELF_SIGNED = Certified("land")
BY_SELF_SIGNED = client(
    token_endpoint_auth_method="self_signed_tls_client_auth", jwks=SELF_SIGNED.jwks
)
BY_AUTHORITY = client(
    token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=DN.value
)


def authenticate(
    who: Client, certificate: str | None, form: dict[str, str] | None = None
) -> Authenticated:
    presented = parse_presented(None, form or {"client_id": "service"}, certificate)
    return check(presented, who, who.jwks, ISSUER, (), NOW, anchors=ANCHORS)


def refused(who: Client, certificate: str | None, form: dict[str, str] | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        authenticate(who, certificate, form)
    assert refusal.value.reason.error == "invalid_client"
    return refusal.value.reason.code


def test_the_certificate_of_the_connection_authenticates_the_client_that_registered_it() -> None:
    assert authenticate(BY_SELF_SIGNED, SELF_SIGNED.pem).client is BY_SELF_SIGNED
    assert authenticate(BY_AUTHORITY, LAND.pem).client is BY_AUTHORITY
    assert refused(BY_SELF_SIGNED, LAND.pem) == "client_certificate_refused"
    assert refused(BY_AUTHORITY, SELF_SIGNED.pem) == "client_certificate_refused"
    assert refused(BY_AUTHORITY, "nonsense") == "client_certificate_refused"
    for who in (BY_SELF_SIGNED, BY_AUTHORITY):
        assert refused(who, None) == "client_certificate_missing"


def test_a_certificate_does_not_stand_in_for_another_method_nor_the_other_way_round() -> None:
    """RFC 6749 §2.3: exactly the registered method."""
    assert refused(client(), LAND.pem) == "client_authentication_method"
    by_secret = {"client_id": "service", "client_secret": "x"}
    assert refused(BY_AUTHORITY, LAND.pem, by_secret) == "client_authentication_method"


def test_a_public_client_may_bring_a_certificate() -> None:
    """RFC 8705 §4: its tokens can be bound to it."""
    public = client(token_endpoint_auth_method="none")
    assert authenticate(public, LAND.pem).client is public


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_client_auth_subject_dn": "not a name"},
        {"tls_client_auth_subject_dn": "CN=a", "tls_client_auth_san_dns": "a"},
        {"tls_client_auth_san_ip": "land"},
        {},
    ],
)
def test_tls_client_auth_registers_one_subject_that_can_be_read(wrong: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refusal:
        client(token_endpoint_auth_method="tls_client_auth", **wrong)
    assert refusal.value.reason.error == "invalid_client_metadata"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x0a"), id="a version"),
        pytest.param(
            (b"\x06\x03\x55\x04\x06\x13\x02", b"\x06\x03\x55\x04\x06\x03\x02"), id="a name"
        ),
        pytest.param(
            (
                b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
                b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x7f",
            ),
            id="a curve",
        ),
    ],
)
def test_a_certificate_that_no_library_understands_is_refused(change: tuple[bytes, bytes]) -> None:
    """Anybody can make one: it comes before its signature is looked at."""
    strange = LAND.certificate.public_bytes(Encoding.DER).replace(*change)
    body = base64.encodebytes(strange).decode()
    with pytest.raises(Refusal) as refusal:
        parse(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
    assert refusal.value.reason is CERTIFICATE_REFUSED
