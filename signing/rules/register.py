"""What our own register says of certificates that we issued, beside what a document carries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain as joined

from signing.rules.evidence import (
    CertificateEvidence,
    ChainEvidence,
    DocumentEvidence,
    Revocation,
    SignatureEvidence,
    Source,
    StatusEvidence,
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A certificate that we issued, and its revocation."""

    revoked: Revocation | None = None


Register = Mapping[str, Registered]
"""Certificates that we issued, by SHA-256 fingerprint in hex."""


def with_register(found: SignatureEvidence, register: Register, at: int) -> SignatureEvidence:
    """The evidence, and what our register says as of `at`: it never forgets, and what it says needs
    no signature."""
    if not register:
        return found
    return replace(
        found,
        chains=_known(found.chains, register, at),
        time_stamps=tuple(
            replace(stamp, chains=_known(stamp.chains, register, at)) for stamp in found.time_stamps
        ),
    )


def serials(evidence: DocumentEvidence) -> set[int]:
    """The serial numbers of all that our register may know of."""
    chains = (
        chain
        for found in evidence.signatures
        for chain in joined(found.chains, *(stamp.chains for stamp in found.time_stamps))
    )
    return {int(one.party.serial, 16) for chain in chains for one in chain.certificates}


def _known(
    chains: tuple[ChainEvidence, ...], register: Register, at: int
) -> tuple[ChainEvidence, ...]:
    return tuple(replace(chain, certificates=tuple(_told(chain, register, at))) for chain in chains)


def _told(chain: ChainEvidence, register: Register, at: int) -> Iterator[CertificateEvidence]:
    """Whoever stands above a certificate of ours is an authority of ours, or one that we stand
    under: we would know."""
    below = False
    for certificate in chain.certificates:
        registered = register.get(certificate.party.fingerprint)
        below = below or registered is not None
        if not below:
            yield certificate
            continue
        revoked = registered.revoked if registered else None
        ours = StatusEvidence("register", at, None, revoked, source=Source.REGISTER)
        yield replace(certificate, statuses=(*certificate.statuses, ours))
