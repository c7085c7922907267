"""Certificates of a demo's clients (RFC 8705): of an authority that it trusts, and of none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificate

from keys.jose import public_jwk, thumbprint
from keys.signer import Algorithm
from tra import openssl
from tra.openssl import Pair

AUTHORITY: Final = "authority"
SELF_SIGNED: Final = "self-signed"
ISSUED: Final = "issued"

_CLIENT: Final = ("extendedKeyUsage=clientAuth", "basicConstraints=critical,CA:FALSE")


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder of them. They are for use alone: no key of theirs comes near the provider."""

    folder: Path

    def pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")

    def prepare(self) -> None:
        """Make what is missing; raises ClickException."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = self.pair(AUTHORITY)
        self._make(AUTHORITY, ("basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"))
        self._make(ISSUED, _CLIENT, authority)
        self._make(SELF_SIGNED, _CLIENT)

    def files(self, name: str) -> dict[str, str]:
        """What clients.json says of where they are."""
        pair = self.pair(name)
        return {"certificate": str(pair.certificate), "certificate_key": str(pair.key)}

    def jwks(self, name: str) -> dict[str, Any]:
        """The certificate's key, as its client registers it (RFC 8705 §2.2.2)."""
        certificate = load_pem_x509_certificate(self.pair(name).certificate.read_bytes())
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        return {"keys": [public_jwk(key, thumbprint(key), Algorithm.ES256)]}

    def _make(self, name: str, extensions: tuple[str, ...], issuer: Pair | None = None) -> None:
        if not self.pair(name).certificate.exists():
            subject = f"/C=KH/O=Tra demo/CN={name}"
            openssl.make(self.pair(name), subject, extensions, issuer=issuer)


SUBJECT: Final = f"CN={ISSUED},O=Tra demo,C=KH"
"""Whom the authority certified (RFC 4514)."""
