"""Who runs the signing service, as its own certificates say, and where they lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from keys.certificates import Locations, Subject
from keys.ring import Purpose
from signing.store.certificates import Issued, as_text

_NAMES: Final = {
    Purpose.ROOT: "Tra Root CA",
    Purpose.ISSUING: "Tra Issuing CA",
    Purpose.TIMESTAMP: "Tra Time-Stamp Authority",
    Purpose.OCSP: "Tra OCSP Responder",
    Purpose.LIST: "Tra Trusted List",
    Purpose.REPORT: "Tra Verification",
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the service: `pki_url` is plain http (RFC 5280 §8), `registry` the address of
    whoever gives agencies their identifiers."""

    pki_url: str
    registry: str
    organization: str = "Tra"
    organization_identifier: str = "GA:KH-tra"
    address: tuple[str, str, str] = ("Preah Norodom Boulevard", "Phnom Penh", "120211")
    """Street, locality, postal code: for the trusted list."""
    electronic: str = "mailto:trust@example.com"
    organization_km: str = "ត្រា"
    own_root: bool = True
    """Whether the service makes its root and keeps its key; else it comes with `tra ca install`."""
    lines: Mapping[Purpose, str] = field(default_factory=dict)
    """Which certificates have an issuing authority of their own, and what it is called."""

    def line(self, purpose: Purpose) -> str:
        """The line of issuing authorities that certificates of a purpose come from."""
        return self.lines.get(purpose, "")

    def authority(self, purpose: Purpose, line: str = "", generation: int = 1) -> Subject:
        """How a certificate of the service's own is called. Each generation of an authority has
        another name: readers look authorities and their CRLs up by name first."""
        name = f"Tra {line} CA" if line and purpose is Purpose.ISSUING else _NAMES[purpose]
        if generation > 1 and purpose in (Purpose.ROOT, Purpose.ISSUING):
            name = f"{name} G{generation}"
        return Subject(name, self.organization, self.organization_identifier, self.registry)

    def locations(self, issuer: Issued, shard: int) -> Locations:
        """What a certificate by that issuer says of its surroundings."""
        name = as_text(issuer.serial)
        return Locations(
            issuer=f"{self.pki_url}/certificates/{name}.cer",
            crl=self.crl_url(issuer.serial, shard),
            ocsp=f"{self.pki_url}/ocsp" if issuer.purpose is Purpose.ISSUING else None,
        )

    def crl_url(self, issuer: int, shard: int) -> str:
        return f"{self.pki_url}/crl/{as_text(issuer)}-{shard}.crl"
