"""A PDF's seal in the four steps of signing.formats.sealing: the part follows the document."""

from dataclasses import dataclass
from datetime import datetime

from signing.formats.digests import Digests, Hashed
from signing.formats.pades import reading, sealing
from signing.formats.pades.intake import Accepted
from signing.formats.plain import reading as plain
from signing.formats.plain import single
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import DocumentEvidence


@dataclass(frozen=True, slots=True)
class OfPdf:
    """PAdES over a document that may be sealed."""

    hashed: Hashed
    accepted: Accepted

    @property
    def document(self) -> bytes:
        return self.hashed.document

    @property
    def digest(self) -> bytes:
        return self.hashed.digest()

    @property
    def before(self) -> bytes | None:
        return None if self.accepted.certify else self.document

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        return sealing.sign(self.hashed, self.accepted, by, stamp, utc)

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(self.hashed, self.accepted, part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.add_time_stamp(self.document, part, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        digests, known = Digests(self.assemble(part), self.hashed), self.accepted.prepared
        ours = plain.read(digests, asked, known) if known is not None else None
        return ours or single.read(digests, asked) or reading.read(digests, asked)

    def assemble(self, part: bytes) -> bytes:
        return self.hashed.followed_by(part)
