"""What later revisions did to the document that a signature covers."""

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.rules.evidence import Changes


def changes(embedded: EmbeddedPdfSignature) -> Changes:
    """What later revisions did, by pyHanko's difference analysis and the signature's DocMDP."""
    if embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return Changes.NONE
    difference = embedded.diff_result
    if not embedded.summarise_integrity_info()["docmdp_ok"] or not isinstance(
        difference, DiffResult
    ):
        return Changes.FORBIDDEN
    if difference.modification_level is ModificationLevel.NONE:
        return Changes.NONE
    if difference.modification_level is ModificationLevel.LTA_UPDATES:
        return Changes.VALIDATION_DATA
    if _only_signatures(embedded.reader, difference.changed_form_fields):
        return Changes.SIGNATURES
    return Changes.FORM_FILLING


def _only_signatures(reader: PdfFileReader, changed: set[str]) -> bool:
    signatures = {name for name, _, _ in enumerate_sig_fields(reader)}
    return changed <= signatures
