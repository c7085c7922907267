"""A signature in its document, as pyHanko reads it."""

from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

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
        super().__init__(reader, _referring(field), name)
        self.sig_field = field
        self.byte_range = self.byte_range.get_object()  # an object of its own may be one
        if structure.der_length(self.pkcs7_content) is None:
            value, _ = structure.encoded(self.pkcs7_content)
            self.signed_data = cms.ContentInfo.load(value)["content"]
            self.signer_info = self.signed_data["signer_infos"][0]

    def evaluate_signature_coverage(self) -> SignatureCoverageLevel:
        """Where a document was linearised, its first revision has two sections of
        cross-references, and the signature may be listed in the one that its end does not name."""
        found = super().evaluate_signature_coverage()
        if found is not SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START:
            return found
        xrefs, (_, _, after, rest) = self.reader.xrefs, map(int, self.byte_range)
        self.reader.stream.seek(after + rest)
        try:
            named = process_data_at_eof(self.reader.stream)
        except PdfReadError:
            return found
        for number in range(self.signed_revision + 1, xrefs.total_revisions):
            if xrefs.get_startxref_for_revision(number) == named:
                self.signed_revision = number
                return super().evaluate_signature_coverage()
        return found

    @property
    def sig_object_type(self) -> generic.NameObject:
        return pdf_name(kind(self.sig_object))


class _Within:
    """A value that stands in its field, as pyHanko follows one elsewhere (ISO 32000-2 §12.7.5.5
    wants neither): it is as old as the object that it stands in."""

    def __init__(self, value: Any, field: generic.DictionaryObject) -> None:
        self._value = value
        self.reference = field.get_container_ref()

    def get_object(self) -> Any:
        return self._value


def _referring(field: Any) -> Any:
    held = field.raw_get("/V")
    if isinstance(held, generic.IndirectObject):
        return field
    around = generic.DictionaryObject(field)
    dict.__setitem__(around, "/V", _Within(held, field))
    return around
