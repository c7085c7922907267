"""A signature in its document, as pyHanko reads it."""

from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature

from signing.formats.pades import structure

SIGNATURE: Final = "/Sig"
DOCUMENT_TIME_STAMP: Final = "/DocTimeStamp"
_RFC_3161: Final = "/ETSI.RFC3161"


def kind(signature: Any) -> str:
    """Of a signature dictionary: /Sig or /DocTimeStamp, as which a time-stamp counts that calls
    itself a signature. What is no dictionary is a signature that cannot be read."""
    if not isinstance(signature, generic.DictionaryObject):
        return SIGNATURE
    if "/SubFilter" in signature and signature["/SubFilter"] == _RFC_3161:
        return DOCUMENT_TIME_STAMP
    return str(signature["/Type"]) if "/Type" in signature else SIGNATURE


class Embedded(EmbeddedPdfSignature):
    """Its CMS has its lengths written: asn1crypto takes endlessly long to write again what is
    nested and left them open."""

    def __init__(self, reader: PdfFileReader, field: Any, name: str) -> None:
        super().__init__(reader, field, name)
        self.byte_range = self.byte_range.get_object()  # an object of its own may be one
        if structure.der_length(self.pkcs7_content) is None:
            value, _ = structure.encoded(self.pkcs7_content)
            self.signed_data = cms.ContentInfo.load(value)["content"]
            self.signer_info = self.signed_data["signer_infos"][0]

    @property
    def sig_object_type(self) -> generic.NameObject:
        return pdf_name(kind(self.sig_object))
