"""Certificates as agencies have them: of an authority, between, and self-signed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keys.jose import public_jwk, thumbprint
from keys.signer import Algorithm

AT = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
"""When certificates begin unless told otherwise; they last for a day."""


@dataclass
class Certified:
    """A key with a certificate; `issuer` is None where it signed its own."""

    name: str
    issuer: "Certified | None" = None
    authority: bool = False
    since: datetime = AT
    extensions: tuple[x509.ExtensionType, ...] = ()
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        subject = x509.Name.from_rfc4514_string(f"CN={self.name},O=Ministry,C=KH")
        by = self.issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.issuer.certificate.subject if self.issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.since - timedelta(hours=1))
            .not_valid_after(self.since + timedelta(days=1))
        )
        extensions = list(self.extensions)
        if self.authority:
            extensions.append(x509.BasicConstraints(ca=True, path_length=None))
        for extension in extensions:
            critical = isinstance(extension, x509.BasicConstraints)
            builder = builder.add_extension(extension, critical=critical)
        self.certificate = builder.sign(by.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def common_name(self) -> str:
        [attribute] = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attribute.value)

    @property
    def jwks(self) -> dict[str, Any]:
        """The key as a client registers it."""
        public_key = self.key.public_key()
        return {"keys": [public_jwk(public_key, thumbprint(public_key), Algorithm.ES256)]}
