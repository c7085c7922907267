"""A PDF's seal in the four steps of signing.formats.sealing: the part follows the document."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from signing.formats.pades import sealing
from signing.formats.pades.intake import Accepted
from signing.formats.reading import gather
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import DocumentEvidence


@dataclass(frozen=True, slots=True)
class OfPdf:
    """PAdES over a document that may be sealed."""

    document: bytes
    accepted: Accepted

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document).digest()

    @property
    def before(self) -> bytes | None:
        return None if self.accepted.certify else self.document

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        name, certify = self.accepted.field_name, self.accepted.certify
        return sealing.sign(self.document, by, stamp, name, utc, certify=certify)

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(self.document, part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.add_time_stamp(self.document, part, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        return gather(self.document + part, asked.anchors, asked.at)

    def assemble(self, part: bytes) -> bytes:
        return self.document + part
