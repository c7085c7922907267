"""What later revisions did to the document that a signature covers."""

from typing import Any, Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.formats.pades import forms
from signing.formats.pades.differences import POLICY
from signing.formats.pades.recovery import Rebuilt, covers
from signing.formats.plain.updates import only_validation_data_follows
from signing.rules.evidence import Changes


def changes(document: bytes, embedded: Any) -> Changes:
    """What later revisions did, by pyHanko's difference analysis and the DocMDP of an
    EmbeddedPdfSignature, whose coverage is found out, too."""
    if isinstance(embedded.reader, Rebuilt):
        whole = covers(document, sum(list(map(int, embedded.byte_range))[2:]))
        embedded.coverage = _WHOLE if whole else SignatureCoverageLevel.UNCLEAR
        return Changes.NONE if whole else Changes.FORBIDDEN
    embedded.coverage = embedded.evaluate_signature_coverage()
    if embedded.coverage is _WHOLE:
        return Changes.NONE
    if _brought_proofs(document, embedded):
        return Changes.VALIDATION_DATA
    return compared(embedded)


def compared(embedded: Any) -> Changes:
    """The same by pyHanko alone, where a signature does not cover the whole file."""
    difference = embedded.evaluate_modifications(POLICY)
    if not isinstance(difference, DiffResult) or not _permits(embedded, difference):
        return Changes.FORBIDDEN
    known = _BY_LEVEL.get(difference.modification_level)
    if known is not None:
        return known
    if _only_signatures(embedded.reader, difference.changed_form_fields):
        return Changes.SIGNATURES
    return Changes.FORM_FILLING


def _brought_proofs(document: bytes, embedded: Any) -> bool:
    """Whether they brought validation data, which every DocMDP allows, and that is proven."""
    _ = embedded.docmdp_level, embedded.fieldmdp  # raises where they cannot be read
    if embedded.coverage is not SignatureCoverageLevel.ENTIRE_REVISION:
        return False
    _, _, after, rest = map(int, embedded.byte_range)
    number = getattr(embedded.sig_field.raw_get("/V"), "idnum", None)
    if number is None:
        return False
    return bool(embedded.reader.strict) and only_validation_data_follows(
        document, after + rest, number
    )


def _permits(embedded: Any, difference: DiffResult) -> bool:
    """ISO 32000-2 §12.8.2.2: pyHanko's levels have the numbers of DocMDP's permissions."""
    level, permitted = difference.modification_level, embedded.docmdp_level
    if level is ModificationLevel.OTHER:
        return False
    return permitted is None or level.value <= permitted.value


def _only_signatures(reader: PdfFileReader, changed: set[str]) -> bool:
    last = reader.get_historical_resolver(reader.total_revisions - 1)
    forms.tidy(last)
    return changed <= forms.signatures(last)


_WHOLE: Final = SignatureCoverageLevel.ENTIRE_FILE
_BY_LEVEL: Final = {
    ModificationLevel.NONE: Changes.NONE,
    ModificationLevel.LTA_UPDATES: Changes.VALIDATION_DATA,
}
