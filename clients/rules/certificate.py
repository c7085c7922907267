"""Client authentication by certificate (RFC 8705 §2): of an authority, or self-signed."""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from clients.rules.client import TlsSubject
from clients.rules.fields import invalid
from core.errors import Refusal, reason
from keys.certificates import UNREADABLE
from keys.jose import VerificationKey

CERTIFICATE_MISSING = reason(
    "client_certificate_missing",
    "invalid_client",
    401,
    "The client is registered to authenticate by certificate: use the addresses of "
    "mtls_endpoint_aliases, and send the certificate in the handshake.",
    "RFC 8705 §2, §5",
)
CERTIFICATE_REFUSED = reason(
    "client_certificate_refused",
    "invalid_client",
    401,
    "The certificate is not the client's: its authority is not trusted here, its subject is not "
    "the registered one, its time is not now, or its key is none of the client's jwks.",
    "RFC 8705 §2.1, §2.2",
)

Anchors = tuple[x509.Certificate, ...]
"""The authorities whose certificates clients may authenticate with (tls_client_auth)."""

_NAMES: Final = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}
"""What RFC 4514 §3 has no short name for, by the names that OpenSSL prints."""


def parse(pem: str) -> x509.Certificate:
    """A certificate as the edge hands it on; raises Refusal."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        # Its parts are read when they are asked for, and not before.
        _ = certificate.public_key(), certificate.subject, certificate.extensions
    except UNREADABLE as error:
        raise Refusal(CERTIFICATE_REFUSED, "the certificate cannot be read") from error
    return certificate


def check_issued(
    certificate: x509.Certificate, subject: TlsSubject, anchors: Anchors, now: int
) -> None:
    """tls_client_auth (RFC 8705 §2.1): by an authority that we trust, for the registered subject;
    raises Refusal."""
    _check_strength(certificate)
    _check_chain(certificate, anchors, now)
    if not _names(certificate, subject):
        raise Refusal(CERTIFICATE_REFUSED, f"not for {subject.kind} {subject.value[:200]}")


def check_self_signed(certificate: x509.Certificate, keys: Iterable[VerificationKey]) -> None:
    """self_signed_tls_client_auth (RFC 8705 §2.2): its key is among those that the client
    registered, whatever else the certificate says; raises Refusal."""
    _check_strength(certificate)
    public_key = certificate.public_key()
    if not any(key.public_key == public_key for key in keys):
        raise Refusal(CERTIFICATE_REFUSED, "its key is none of the client's")


def check_subject(subject: TlsSubject) -> None:
    """That a registered subject can be found in a certificate at all; raises Refusal."""
    try:
        if subject.kind == "subject_dn":
            _distinguished_name(subject.value)
        elif subject.kind == "san_ip":
            ipaddress.ip_address(subject.value)
    except ValueError as error:
        raise invalid(f"tls_client_auth_{subject.kind} cannot be read") from error


def _check_strength(certificate: x509.Certificate) -> None:
    """FAPI 2.0 SP 5.4.2."""
    key = certificate.public_key()
    if not (
        isinstance(key, ed25519.Ed25519PublicKey)
        or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048)
        or (isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256)
    ):
        raise Refusal(CERTIFICATE_REFUSED, "the key is too weak")


def _check_chain(certificate: x509.Certificate, anchors: Anchors, now: int) -> None:
    """RFC 5280 §6, for a certificate that may authenticate a TLS client (§4.2.1.12)."""
    if not anchors:
        raise Refusal(CERTIFICATE_REFUSED, "no authority is trusted: tls_client_ca is not set")
    authorities = ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, _check_authority
    )
    clients = ExtensionPolicy.permit_all().may_be_present(
        x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_usage
    )
    verifier = (
        PolicyBuilder()
        .store(Store(list(anchors)))
        .time(datetime.fromtimestamp(now, UTC))
        .extension_policies(ca_policy=authorities, ee_policy=clients)
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, [])
    except VerificationError as error:
        raise Refusal(CERTIFICATE_REFUSED, str(error)) from error


def _check_authority(
    _policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints
) -> None:
    if not constraints.ca:
        raise ValueError("the issuer is no authority")


def _check_usage(
    _policy: Policy, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage | None
) -> None:
    if usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise ValueError("not for TLS clients")


def _names(certificate: x509.Certificate, subject: TlsSubject) -> bool:
    """RFC 8705 §2.1.2: the one name that was registered, compared as a whole."""
    if subject.kind == "subject_dn":
        return certificate.subject == _distinguished_name(subject.value)
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    return _SAME_NAME[subject.kind](found, subject.value)


_SAME_NAME: Final[dict[str, Callable[[x509.SubjectAlternativeName, str], bool]]] = {
    "san_dns": lambda found, wanted: (
        wanted.lower() in {name.lower() for name in found.get_values_for_type(x509.DNSName)}
    ),
    "san_uri": lambda found, wanted: (
        wanted in found.get_values_for_type(x509.UniformResourceIdentifier)
    ),
    "san_ip": lambda found, wanted: (
        ipaddress.ip_address(wanted) in found.get_values_for_type(x509.IPAddress)
    ),
    "san_email": lambda found, wanted: wanted in found.get_values_for_type(x509.RFC822Name),
}


def _distinguished_name(text: str) -> x509.Name:
    """RFC 4514; raises ValueError."""
    name = x509.Name.from_rfc4514_string(text, _NAMES)
    if not list(name):
        raise ValueError("an empty name")
    return name
