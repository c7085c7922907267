"""A container's XAdES seal in the four steps of signing.formats.sealing: the part is a
ds:Signature."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from signing.formats.asic import container
from signing.formats.reading import gather
from signing.formats.seal import File, Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.formats.xades import sealing
from signing.rules.evidence import DocumentEvidence
from signing.rules.file_names import check_names

_MANIFEST: Final = f"{container.META}manifest.xml"
_ODF: Final = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    'manifest:version="1.2">'
)
_NAME: Final = f"{container.META}signatures001.xml"
_AROUND: Final = '<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">'


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
        signature = _AROUND.encode() + part + b"</asic:XAdESSignatures>"
        held = [(file.name, file.content) for file in self.files]
        parts = (*held, (_MANIFEST, self._manifest()), (_NAME, signature))
        return container.write(container.EXTENDED, parts)

    def _manifest(self) -> bytes:
        """What is in the container, as OpenDocument lists it (EN 319 162-1 §4.4.3.1)."""
        listed = (("/", container.EXTENDED), *((one.name, one.media_type) for one in self.files))
        entries = "".join(
            f"<manifest:file-entry manifest:full-path={quoteattr(path)} "
            f"manifest:media-type={quoteattr(kind)}/>"
            for path, kind in listed
        )
        return f"{_ODF}{entries}</manifest:manifest>".encode()


def over(files: Sequence[File]) -> OfFiles:
    """Raises Refusal."""
    check_names([file.name for file in files])
    return OfFiles(tuple(files))
