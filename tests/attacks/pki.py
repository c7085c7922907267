"""Somebody else's public key infrastructure: certificates, CRLs and OCSP answers, as odd as a test
wants them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from keys import der
from signing.formats.trust import Anchors

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
DAY = timedelta(days=1)

HASHES = {
    "md5": ("1.2.840.113549.2.5", hashes.MD5()),
    "sha1": ("1.3.14.3.2.26", hashes.SHA1()),  # what is to be refused
    "sha224": ("2.16.840.1.101.3.4.2.4", hashes.SHA224()),
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256()),
    "sha384": ("2.16.840.1.101.3.4.2.2", hashes.SHA384()),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512()),
    "sha3_256": ("2.16.840.1.101.3.4.2.8", hashes.SHA3_256()),
    "sha3_512": ("2.16.840.1.101.3.4.2.10", hashes.SHA3_512()),
}
RSA = {
    "md5": "1.2.840.113549.1.1.4",
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
    "sha3_256": "2.16.840.1.101.3.4.3.14",
    "sha3_512": "2.16.840.1.101.3.4.3.16",
}
ECDSA = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
    "sha3_256": "2.16.840.1.101.3.4.3.10",
    "sha3_512": "2.16.840.1.101.3.4.3.12",
}


def curve(name: type[ec.EllipticCurve] = ec.SECP256R1) -> Any:
    return ec.generate_private_key(name())


def rsa_key(bits: int = 2_048, exponent: int = 65_537) -> Any:
    return rsa.generate_private_key(exponent, bits)


def sign(key: Any, data: bytes, by: str = "sha256", *, pss: bool = False) -> tuple[bytes, bytes]:
    """An AlgorithmIdentifier and a signature value."""
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        last = 112 if isinstance(key, ed25519.Ed25519PrivateKey) else 113
        return der.sequence(der.oid(f"1.3.101.{last}")), key.sign(data)
    made = HASHES[by][1]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return der.sequence(der.oid(ECDSA[by])), key.sign(data, ec.ECDSA(made))
    if not pss:
        return der.sequence(der.oid(RSA[by]), der.NULL), key.sign(data, padding.PKCS1v15(), made)
    hashed = der.sequence(der.oid(HASHES[by][0]), der.NULL)
    parameters = der.sequence(
        der.explicit(0, hashed),
        der.explicit(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), hashed)),
        der.explicit(2, der.integer(made.digest_size)),
    )
    padded = padding.PSS(padding.MGF1(made), made.digest_size)
    return der.sequence(der.oid("1.2.840.113549.1.1.10"), parameters), key.sign(data, padded, made)


def usages(*names: str) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in names for name in every})


SIGNS = usages("digital_signature", "content_commitment")


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate, and who issued it."""

    key: Any
    certificate: bytes
    issuer: "Holder | None" = None

    @cached_property
    def parsed(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificate)

    @cached_property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(self.certificate)

    @property
    def chain(self) -> list[bytes]:
        """The certificate and those above it, the root left out."""
        above = self.issuer.chain if self.issuer and self.issuer.issuer else []
        return [self.certificate, *above]

    @property
    def anchors(self) -> Anchors:
        """Who trusts this one alone."""
        return Anchors((self.certificate,))

    def issue(
        self,
        name: str,
        *extensions: x509.ExtensionType,
        key: Any = None,
        since: datetime = NOW - 30 * DAY,
        until: datetime = NOW + 300 * DAY,
        serial: int | None = None,
        by: str = "sha256",
        critical: tuple[x509.ExtensionType, ...] = (),
    ) -> "Holder":
        return _certify(name, self, extensions, critical, key, since, until, serial, by)

    def authority(self, name: str, **how: Any) -> "Holder":
        return self.issue(name, usages("key_cert_sign", "crl_sign"), critical=(_AUTHORITY,), **how)

    def signer(self, name: str = "Somebody", **how: Any) -> "Holder":
        return self.issue(name, SIGNS, **how)

    def time_authority(self, name: str = "Clock", **how: Any) -> "Holder":
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        return self.issue(name, usages("digital_signature"), critical=(purpose,), **how)

    def crl(
        self,
        *revoked: "Holder",
        since: datetime = NOW,
        at: datetime = NOW - DAY,
        until: datetime = NOW + 7 * DAY,
        reason: x509.ReasonFlags | None = None,
    ) -> bytes:
        """A CRL; those on it were revoked at `at`."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.parsed.subject)
        builder = builder.last_update(since).next_update(until)
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.parsed.serial_number)
            entry = entry.revocation_date(at)
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(
        self,
        of: "Holder",
        responder: "Holder | None" = None,
        *,
        since: datetime = NOW,
        revoked_at: datetime | None = None,
        until: datetime | None = NOW + DAY,
    ) -> bytes:
        """An OCSP answer about a certificate of ours, by ourselves or a responder."""
        by = responder or self
        status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                of.parsed,
                self.parsed,
                hashes.SHA1(),  # names, and nothing is signed by it
                status,
                since,
                until,
                revoked_at,
                x509.ReasonFlags.key_compromise if revoked_at else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, by.parsed)
        )
        if responder is not None:
            builder = builder.certificates([responder.parsed])
        return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def responder(self, name: str = "Responder", *, no_check: bool = True, **how: Any) -> "Holder":
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        marks = (purpose, *((x509.OCSPNoCheck(),) if no_check else ()))
        return self.issue(name, usages("digital_signature"), *marks, **how)

    def with_certificate(self, certificate: bytes) -> "Holder":
        return replace(self, certificate=certificate)


_ANSWERED = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP,
            x509.UniformResourceIdentifier("http://169.254.169.254/nobody-asks-here"),
        )
    ]
)
_AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
SIGNING_AUTHORITY = usages("key_cert_sign", "crl_sign")


def authority(
    above: Holder,
    name: str = "Authority",
    *more: x509.ExtensionType,
    length: int | None = None,
    ca: bool = True,
    usage: x509.ExtensionType = SIGNING_AUTHORITY,
    critical: tuple[x509.ExtensionType, ...] = (),
    since: datetime = NOW - 30 * DAY,
    until: datetime = NOW + 300 * DAY,
) -> Holder:
    """An authority under another, as constrained as a test wants it."""
    constraints = x509.BasicConstraints(ca=ca, path_length=length)
    return above.issue(
        name, usage, *more, critical=(constraints, *critical), since=since, until=until
    )


def root(name: str = "Root", **how: Any) -> Holder:
    """An authority that signed its own certificate."""
    usage = usages("key_cert_sign", "crl_sign")
    how = {"key": None, "since": NOW - 300 * DAY, "until": NOW + 3_000 * DAY, **how}
    return _certify(
        name, None, (usage,), (_AUTHORITY,), how["key"], how["since"], how["until"], None, "sha256"
    )


def _certify(
    name: str,
    issuer: Holder | None,
    extensions: tuple[x509.ExtensionType, ...],
    critical: Iterable[x509.ExtensionType],
    key: Any,
    since: datetime,
    until: datetime,
    serial: int | None,
    by: str,
) -> Holder:
    own = key or curve()
    above = issuer.key if issuer else own
    subject = x509.Name.from_rfc4514_string(f"CN={name},O=Elsewhere,C=KH")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.parsed.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    hint = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    hinted = any(isinstance(one, x509.AuthorityKeyIdentifier) for one in extensions)
    for extension in (_ANSWERED, *extensions, *(() if hinted else (hint,))):
        builder = builder.add_extension(extension, critical=False)
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    itself = isinstance(above, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    made = builder.sign(above, None if itself else HASHES[by][1])
    return Holder(own, made.public_bytes(Encoding.DER), issuer)


def policies(*oids: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])


def directory(name: str) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name.from_rfc4514_string(name))


def permitted(*names: x509.GeneralName) -> tuple[x509.NameConstraints, ...]:
    return (x509.NameConstraints(list(names), None),)


def excluded(*names: x509.GeneralName) -> tuple[x509.NameConstraints, ...]:
    return (x509.NameConstraints(None, list(names)),)


def alternative(name: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([name])
