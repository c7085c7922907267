"""What every format's seal is made of: who seals, what is sealed, and the proofs put with it."""

from collections.abc import Callable
from dataclasses import dataclass

from keys.certificates import Certificate
from keys.signer import Signer

TimeStamper = Callable[[bytes], bytes]
"""From a digest to a TimeStampToken. Its hash function is SHA-256, or the longer one of SHA-2 that
its length tells."""


@dataclass(frozen=True, slots=True)
class Identity:
    """In whose name: a seal certificate, its key, and the authorities above, roots left out."""

    certificate: Certificate
    signer: Signer
    chain: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sealed. `name` and `media_type` are the sender's word."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """What a seal adds to the files that it is over, and the SHA-256 of its signature's value."""

    part: bytes
    signature_digest: bytes


@dataclass(frozen=True, slots=True)
class ValidationData:
    """Proof that the certificates stood: DER, made after the time-stamp."""

    certificates: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    crls: tuple[bytes, ...]
