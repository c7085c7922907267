"""A signature in its document, as pyHanko reads it."""

from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature

from signing.formats.pades import structure


class Embedded(EmbeddedPdfSignature):
    """Its CMS has its lengths written: asn1crypto takes endlessly long to write again what is
    nested and left them open."""

    def __init__(self, reader: PdfFileReader, field: Any, name: str) -> None:
        super().__init__(reader, field, name)
        if structure.der_length(self.pkcs7_content) is None:
            value, _ = structure.encoded(self.pkcs7_content)
            self.signed_data = cms.ContentInfo.load(value)["content"]
            self.signer_info = self.signed_data["signer_infos"][0]
