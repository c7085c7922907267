"""A XAdES signature in the XML document that it signs (EN 319 132-1 §6), in the four steps of
signing.formats.sealing: the part is a ds:Signature, and the root's last child."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from signing.formats.reading import gather
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.formats.xades import sealing
from signing.formats.xades.canonical import EXCLUSIVE, canonical
from signing.formats.xades.parsing import Element
from signing.rules.evidence import DocumentEvidence

_ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


@dataclass(frozen=True, slots=True)
class Enveloped:
    """A document of ours by its root, which has children."""

    root: Element

    @property
    def document(self) -> bytes:
        """It without a signature."""
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8"))

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document).digest()

    @property
    def before(self) -> None:
        return None

    @property
    def _reference(self) -> sealing.Reference:
        """The root is named by its Id, or is the whole document."""
        named, octets = self.root.get("Id"), canonical(self.root, EXCLUSIVE)
        uri = f"#{named}" if named else ""
        return sealing.Reference(uri, octets, "text/xml", (_ENVELOPED, EXCLUSIVE))

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        return sealing.sign([self._reference], by, stamp, int(utc.timestamp()))

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.archive(part, [self._reference], stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        return gather(self.assemble(part), asked.anchors)

    def assemble(self, part: bytes) -> bytes:
        around, end, name = self.document.rpartition(b"</")
        return around + part + end + name
