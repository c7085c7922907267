"""A container's XAdES seal in the four steps of signing.formats.sealing: the part is a
ds:Signature."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from signing.formats.asic import container, manifest
from signing.formats.reading import gather
from signing.formats.seal import File, Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.formats.xades import sealing
from signing.rules.evidence import DocumentEvidence
from signing.rules.file_names import check_names


@dataclass(frozen=True, slots=True)
class OfFiles:
    """ASiC-E with XAdES (EN 319 162-1 §4.4.3.1): the signature refers to each file."""

    files: tuple[File, ...]
    before: bytes | None = None

    @property
    def digest(self) -> bytes:
        """Of all that is signed: the files' names, types and digests."""
        held = (
            (file.name, file.media_type, hashlib.sha256(file.content).hexdigest())
            for file in self.files
        )
        return hashlib.sha256(repr(tuple(held)).encode()).digest()

    @property
    def _references(self) -> list[sealing.Reference]:
        return [
            sealing.Reference(quote(file.name), file.content, file.media_type)
            for file in self.files
        ]

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        return sealing.sign(self._references, by, stamp, int(utc.timestamp()))

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.archive(part, self._references, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        return gather(self.assemble(part), asked.anchors)

    def assemble(self, part: bytes) -> bytes:
        held = [(file.name, file.content) for file in self.files]
        listed = manifest.list_files((file.name, file.media_type) for file in self.files)
        signature = (container.XML_SIGNATURES, manifest.around(part))
        parts = (*held, (container.LISTED_FILES, listed), signature)
        return container.write(container.EXTENDED, parts)


def over(files: Sequence[File]) -> OfFiles:
    """Raises Refusal."""
    check_names([file.name for file in files])
    return OfFiles(tuple(files))
