"""Certificates, after RFC 5280 and what keys.profiles says."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from keys import der
from keys.handles import new_serial
from keys.profiles import PROFILES, Profile
from keys.ring import Purpose
from keys.signer import PublicKey, Signer

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises at encodings that are wrong, or that it does not know."""

_BACKDATED: Final = 60  # seconds: a verifier's clock may be a little behind ours

_QC_SYNTAX_V2: Final = "1.3.6.1.5.5.7.11.2"  # RFC 3739 §3.2.6.1
_SHORT_TERM: Final = "0.4.0.194121.2.1"  # EN 319 412-1 §5.2.2: id-etsi-ext-valassured-ST-certs
_NO_REV_AVAIL: Final = "2.5.29.56"  # RFC 9608 §2


class Named(Protocol):
    """Whose certificate it is: the Name, DER, and who gave the identifier in it."""

    @property
    def name(self) -> bytes: ...

    @property
    def registry(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A legal person. `organization` is the registered name, `common_name` the one it
    goes by (EN 319 412-3 §4.2.1); for an agency: Khmer, and Latin."""

    common_name: str
    organization: str
    organization_identifier: str  # EN 319 412-1 §5.1.4
    registry: str | None = None  # URI of who gave a national `XX:KH-…` identifier
    country: str = "KH"

    @property
    def name(self) -> bytes:
        """The Name, DER. Built by hand because 64, the most that an attribute may have, counts
        characters (RFC 5280 Appendix A.1), and the library counts octets: 22 letters of Khmer
        would be too many. The linter counts right."""
        return der.sequence(
            attribute(NameOID.COUNTRY_NAME, der.printable(self.country)),
            attribute(NameOID.ORGANIZATION_NAME, der.utf8(self.organization)),
            attribute(NameOID.ORGANIZATION_IDENTIFIER, der.utf8(self.organization_identifier)),
            attribute(NameOID.COMMON_NAME, der.utf8(self.common_name)),
        )


@dataclass(frozen=True, slots=True)
class Locations:
    """Where a certificate says that its issuer and its status are found: plain-http URLs."""

    issuer: str
    crl: str
    ocsp: str | None


@dataclass(frozen=True)
class Certificate:
    """A certificate of ours: its encoding, and the parts that are asked for again and again."""

    der: bytes
    parsed: x509.Certificate

    @classmethod
    def load(cls, encoded: bytes) -> "Certificate":
        """Raises ValueError."""
        try:
            return cls(encoded, x509.load_der_x509_certificate(encoded))
        except x509.InvalidVersion as error:
            raise ValueError("a version of X.509 that there is not") from error

    @cached_property
    def serial(self) -> int:
        return self.parsed.serial_number

    @cached_property
    def subject(self) -> bytes:
        """The subject's Name, DER."""
        return self.parsed.subject.public_bytes()

    @cached_property
    def issuer(self) -> bytes:
        """The issuer's Name, DER."""
        return self.parsed.issuer.public_bytes()

    @cached_property
    def public_key_bits(self) -> bytes:
        """The content of subjectPublicKey, which key identifiers hash (RFC 5280 §4.2.1.2)."""
        key = self.parsed.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)

    @cached_property
    def identifier(self) -> bytes:
        """IssuerAndSerialNumber (RFC 5652 §10.2.4)."""
        return der.sequence(self.issuer, der.integer(self.serial))

    @cached_property
    def key_identifier(self) -> bytes:
        """The subject key identifier."""
        found = self.parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return found.value.digest

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def not_before(self) -> int:
        return int(self.parsed.not_valid_before_utc.timestamp())

    @cached_property
    def not_after(self) -> int:
        return int(self.parsed.not_valid_after_utc.timestamp())

    @property
    def pem(self) -> bytes:
        return self.parsed.public_bytes(Encoding.PEM)


def issue(
    purpose: Purpose,
    subject: Named,
    public_key: PublicKey,
    issuer: Certificate | None,
    signer: Signer,
    locations: Locations | None,
    now: int,
) -> Certificate:
    """A fresh certificate, signed by its issuer's key; without an issuer it signs itself.

    It is linted before that key signs it (a root after: linters look whether it signed itself);
    raises LintFailed.
    """
    from keys import linting  # noqa: PLC0415  # half a second, which only issuers pay

    profile = PROFILES[purpose]
    info = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name = subject.name
    begins, ends = now - _BACKDATED, ending(purpose, issuer, now)
    extensions = [
        *_usage(profile),
        *_identifiers(public_key, issuer),
        *_policies(profile, subject),
        *(_locations(profile, locations) if locations is not None else ()),
    ]
    algorithm = der.signature_algorithm(signer.algorithm)
    to_be_signed = der.sequence(
        der.explicit(0, der.integer(2)),  # v3
        der.integer(new_serial()),
        algorithm,
        issuer.subject if issuer is not None else name,
        der.sequence(der.time(begins), der.time(ends)),
        name,
        info,
        der.explicit(3, der.sequence(*extensions)),
    )
    if issuer is not None:
        linting.check_certificate(der.unsigned(to_be_signed, signer.algorithm), purpose)
    signed = der.signed(to_be_signed, signer)
    if issuer is None:
        linting.check_certificate(signed, purpose)
    return Certificate.load(signed)


def ending(purpose: Purpose, issuer: Certificate | None, now: int) -> int:
    """The last second of a certificate that is issued now: none outlives its issuer."""
    ends = now - _BACKDATED + PROFILES[purpose].seconds - 1  # that second is part of it
    return ends if issuer is None else min(ends, issuer.not_after)


def _usage(profile: Profile) -> list[bytes]:
    authority = profile.path_length is not None
    usages = {name: name in profile.key_usage for name in _KEY_USAGES}
    made = [
        _extension(x509.KeyUsage(**usages), critical=True),
        _extension(x509.BasicConstraints(authority, profile.path_length), critical=authority),
    ]
    if profile.extended_key_usage:
        purposes = x509.ExtendedKeyUsage(map(ObjectIdentifier, profile.extended_key_usage))
        made.append(_extension(purposes, critical=profile.extended_key_usage_critical))
    return made


def _identifiers(public_key: PublicKey, issuer: Certificate | None) -> list[bytes]:
    made = [_extension(x509.SubjectKeyIdentifier.from_public_key(public_key))]
    if issuer is not None:
        made.append(_extension(x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)))
    return made


def _policies(profile: Profile, subject: Named) -> list[bytes]:
    made = []
    if profile.policy is not None:
        policy = x509.PolicyInformation(ObjectIdentifier(profile.policy), None)
        made.append(_extension(x509.CertificatePolicies([policy])))
    if profile.semantics is not None:
        # Says how the subject's identifier is to be read. No statement of EN 319 412-5 is made:
        # those claim qualification under a law.
        register = b""
        if subject.registry is not None:  # §5.1.4-05: a national scheme names its registrar
            register = der.sequence(der.implicit(6, der.ia5(subject.registry)))
        semantics = der.sequence(der.oid(profile.semantics), register)
        statement = der.sequence(der.oid(_QC_SYNTAX_V2), semantics)
        made.append(der.extension("1.3.6.1.5.5.7.1.3", der.sequence(statement)))
    return made


def _locations(profile: Profile, locations: Locations) -> list[bytes]:
    access = [(AuthorityInformationAccessOID.CA_ISSUERS, locations.issuer)]
    if locations.ocsp is not None and profile.revocable:
        access.insert(0, (AuthorityInformationAccessOID.OCSP, locations.ocsp))
    made = [
        _extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
                    for method, url in access
                ]
            )
        )
    ]
    if profile.revocable:
        url = x509.UniformResourceIdentifier(locations.crl)
        point = x509.DistributionPoint([url], None, None, None)
        made.append(_extension(x509.CRLDistributionPoints([point])))
    elif profile.short_term:
        made += [der.extension(dotted, der.NULL) for dotted in (_SHORT_TERM, _NO_REV_AVAIL)]
    else:
        made.append(_extension(x509.OCSPNoCheck()))
    return made


def attribute(kind: ObjectIdentifier, value: bytes) -> bytes:
    """A RelativeDistinguishedName of one attribute."""
    return der.set_of(der.sequence(der.oid(kind.dotted_string), value))


def _extension(value: x509.ExtensionType, *, critical: bool = False) -> bytes:
    return der.extension(value.oid.dotted_string, value.public_bytes(), critical=critical)


_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
