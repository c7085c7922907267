"""A CMS seal in the four steps of signing.formats.sealing: the part is a detached CMS."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.errors import Refusal
from keys import cms, der
from signing.formats.cades import sealing
from signing.formats.cades.ber import definite
from signing.formats.cades.signed_data import SignedData
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules import reasons
from signing.rules.evidence import DocumentEvidence


@dataclass(frozen=True, slots=True)
class OfContent:
    """CAdES over content. `put` makes of the CMS what is answered; where the content is beside the
    CMS it is `detached`, too. `before` is what is sealed where it carries signatures already;
    `name` is signed with the content."""

    content: bytes
    put: Callable[[bytes], bytes]
    detached: bytes | None = None
    before: bytes | None = None
    name: str | None = None

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        return sealing.sign(self.digest, by, stamp, int(utc.timestamp()), self.name)

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.archive(part, self.digest, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        made = self.put(part) if self.detached is None else part
        return gather(made, asked.anchors, detached=Detached.of(self.detached))

    def assemble(self, part: bytes) -> bytes:
        return self.put(part)


def beside(content: bytes) -> OfContent:
    """A CMS that its content is not in."""
    return OfContent(content, bytes, detached=content)


def around(content: bytes) -> OfContent:
    """A CMS with its content within."""

    def put(part: bytes) -> bytes:
        return sealing.envelop(part, content)

    return OfContent(content, put)


def again(existing: bytes) -> OfContent:
    """A CMS with its content within, and our signature beside those that it has (RFC 5652 §5.1).
    Raises Refusal."""
    try:
        held = SignedData.parse(existing)
        content, again = held.content, held.dump()
        if definite(again)[0] != again:  # our seal, beside it, would be in no one form
            raise ValueError("signers in BER")
    except (ValueError, IndexError) as error:
        raise Refusal(reasons.SIGNATURE_INVALID, str(error)) from error
    if content is None or held.content_type != der.oid(cms.DATA):
        raise Refusal(reasons.SIGNATURE_INVALID, "no content within, or of another type")

    def put(part: bytes) -> bytes:
        return sealing.add_signer(existing, part)

    return OfContent(content, put, before=existing)
