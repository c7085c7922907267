"""Between two authorities: the request of one for a certificate (PKCS#10, RFC 2986), and what must
be right about the certificate that the other gives."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from keys import der
from keys.certificates import UNREADABLE, Certificate, Subject
from keys.revocation import Reason, Revoked
from keys.ring import Purpose
from keys.signer import PublicKey, Signer

_RSA_BITS: Final = 3072


class EnrolmentRefused(Exception):
    """A request or a certificate that is not used, and why."""


def request(subject: Subject, signer: Signer) -> bytes:
    """A CertificationRequest, DER."""
    info = signer.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der.signed(der.sequence(der.integer(0), subject.name, info, der.explicit(0)), signer)


def check_request(encoded: bytes) -> tuple[Subject, PublicKey]:
    """The subject and the key of a request that its key has signed; raises EnrolmentRefused."""
    name, key = _check_request(encoded)
    return _subject(name), key


def check_key(encoded: bytes) -> PublicKey:
    """The key of a request that it has signed; who holds it is for others to know. Raises
    EnrolmentRefused."""
    return _check_request(encoded)[1]


def _check_request(encoded: bytes) -> tuple[x509.Name, PublicKey]:
    try:
        asked = x509.load_der_x509_csr(encoded)
        key, name = asked.public_key(), asked.subject
        signed = asked.is_signature_valid
    except UNREADABLE as error:
        raise EnrolmentRefused(
            "it is no PKCS#10 request, or of a kind that we don't know"
        ) from error
    if not signed:
        raise EnrolmentRefused("the request is not signed by its own key")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return name, key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS:
        return name, key
    raise EnrolmentRefused("the key is neither P-256 nor RSA of 3072 bits")


def check_root(root: Certificate, now: int) -> None:
    """Check a certificate that is to be trusted; raises EnrolmentRefused."""
    _check_readable(root, "root")
    _check_signed(root, root, "the root has not signed itself")
    _check_current(root, "root", now)
    # RFC 5280 §4.2.1.9: ours is one certificate between it and the last.
    if (length := _check_authority(root, "root")) is not None and length < 1:
        raise EnrolmentRefused("the root allows no authority under itself")


def check_issuing(issuing: Certificate, root: Certificate, now: int) -> None:
    """Check the certificate that an issuing authority was given, after RFC 5280 and our profile;
    raises EnrolmentRefused."""
    from keys import linting  # noqa: PLC0415  # half a second, which only issuers pay

    check_root(root, now)
    _check_readable(issuing, "certificate")
    if issuing.subject == root.subject:
        raise EnrolmentRefused("the certificate has the root's own name")
    _check_signed(issuing, root, "the root has not signed the certificate")
    _check_current(issuing, "certificate", now)
    _check_authority(issuing, "certificate")
    if issuing.not_after > root.not_after:
        raise EnrolmentRefused("the certificate outlives its root")
    if found := linting.certificate_findings(issuing.der, Purpose.ISSUING):
        raise EnrolmentRefused("the linter finds: " + "; ".join(found))


def check_crl(encoded: bytes, root: Certificate, now: int) -> dict[int, Revoked]:
    """Check the CRL of a root that stands above an authority of ours, and return what it revokes,
    by serial number; raises EnrolmentRefused."""
    try:
        crl = x509.load_der_x509_crl(encoded)
        crl.extensions.get_extension_for_class(x509.CRLNumber)
        issuer, since, ends = crl.issuer.public_bytes(), crl.last_update_utc, crl.next_update_utc
    except UNREADABLE as error:
        raise EnrolmentRefused("it is no CRL") from error
    except x509.ExtensionNotFound as error:
        raise EnrolmentRefused("the CRL has no number") from error
    if issuer != root.subject or not crl.is_signature_valid(
        root.parsed.public_key()  # type: ignore[arg-type]  # of a root whose signature is checked
    ):
        raise EnrolmentRefused("the CRL is not the root's")
    if ends is None or not int(since.timestamp()) <= now < int(ends.timestamp()):
        raise EnrolmentRefused("the CRL is not of today")
    return {entry.serial_number: _revoked(entry) for entry in crl}


def _revoked(entry: x509.RevokedCertificate) -> Revoked:
    try:
        flag = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        reason = Reason[flag.name.upper()]
    except (x509.ExtensionNotFound, KeyError):
        reason = Reason.UNSPECIFIED
    return Revoked(int(entry.revocation_date_utc.timestamp()), reason)


def _subject(name: x509.Name) -> Subject:
    """A Name that is made of what ours are made of, and nothing else."""
    values = {attribute.oid: str(attribute.value) for attribute in name}
    try:
        subject = Subject(
            country=values[NameOID.COUNTRY_NAME],
            organization=values[NameOID.ORGANIZATION_NAME],
            organization_identifier=values[NameOID.ORGANIZATION_IDENTIFIER],
            common_name=values[NameOID.COMMON_NAME],
        )
    except KeyError as error:
        raise EnrolmentRefused("the request's name lacks something") from error
    if subject.name != name.public_bytes():
        raise EnrolmentRefused("the request's name says more than it may, or otherwise")
    return subject


def _check_readable(certificate: Certificate, what: str) -> None:
    """The library reads its parts when they are asked for, and not before."""
    parsed = certificate.parsed
    try:
        _ = parsed.subject, parsed.issuer, parsed.public_key(), parsed.extensions, parsed.version
        _ = certificate.not_before, certificate.not_after, parsed.signature_hash_algorithm
    except UNREADABLE as error:
        raise EnrolmentRefused(f"the {what} cannot be read") from error


def _check_signed(certificate: Certificate, by: Certificate, otherwise: str) -> None:
    try:
        certificate.parsed.verify_directly_issued_by(by.parsed)
    except (*UNREADABLE, InvalidSignature) as error:
        raise EnrolmentRefused(otherwise) from error


def _check_current(certificate: Certificate, what: str, now: int) -> None:
    if not certificate.not_before <= now < certificate.not_after:
        raise EnrolmentRefused(f"the {what} is not valid now")


def _check_authority(certificate: Certificate, what: str) -> int | None:
    """The path length that it allows."""
    extensions = certificate.parsed.extensions
    try:
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound as error:
        raise EnrolmentRefused(f"the {what} lacks an extension of authorities") from error
    if not (constraints.ca and usage.key_cert_sign and usage.crl_sign):
        raise EnrolmentRefused(f"the {what} is not one of an authority")
    return constraints.path_length
