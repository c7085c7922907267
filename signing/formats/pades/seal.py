"""A PDF's seal in the four steps of signing.formats.sealing: the part follows the document."""

from dataclasses import dataclass
from datetime import datetime

from signing.formats.pades import sealing
from signing.formats.pades.intake import Accepted
from signing.formats.plain import reading
from signing.formats.plain.document import Hashed
from signing.formats.reading import gather
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
        return sealing.add_validation_data(self.document, self.accepted, part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.add_time_stamp(self.document, part, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        sealed, plain = self.document + part, self.accepted.plain
        ours = reading.read(sealed, asked, self.hashed, plain.held) if plain is not None else None
        return ours or gather(sealed, asked.anchors)

    def assemble(self, part: bytes) -> bytes:
        return self.document + part
