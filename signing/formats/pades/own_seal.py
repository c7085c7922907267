"""A seal of ours in a document that pyHanko reads: what is ours is made again and compared, as in a
plain document (`signing.formats.plain.reading`), and only what is the document's own is asked of
pyHanko.
"""

from collections.abc import Sequence
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.digests import Covered, Digests
from signing.formats.own.certificates import NotOurs
from signing.formats.own.evidence import Placed, of_seals
from signing.formats.own.signatures import read_seal
from signing.formats.pades import increment, structure
from signing.formats.pades.changes import changes
from signing.formats.pades.embedded import Embedded
from signing.formats.pades.structure import der_length
from signing.formats.plain.sealing import digits
from signing.formats.seal import ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import Changes, SignatureEvidence

_SUB_FILTER: Final = "/ETSI.CAdES.detached"
_ALLOWED: Final = (Changes.NONE, Changes.VALIDATION_DATA)


def read(
    digests: Digests, reader: PdfFileReader, fields: Sequence[tuple[str, Any, Any]], asked: Asked
) -> tuple[SignatureEvidence, ...] | None:
    """The evidence where the one signature is a seal of ours, and nothing came after it but our
    validation data; None elsewhere. `fields`: each its name, its value and itself."""
    if len(fields) != 1 or asked.over or not reader.strict or reader.encrypted:
        return None
    try:
        return _read(digests, reader, fields[0], asked)
    except Exception:  # whatever is not as we write it is read as anybody's
        return None


def _read(
    digests: Digests, reader: PdfFileReader, field: tuple[str, Any, Any], asked: Asked
) -> tuple[SignatureEvidence, ...]:
    name, signature, _ = field
    document, ranges = digests.document, [int(one) for one in signature["/ByteRange"]]
    contents = signature.raw_get("/Contents").original_bytes
    _, gap, after, rest = ranges
    encoded = contents[: der_length(contents)]
    if (
        signature["/SubFilter"] != _SUB_FILTER
        or structure.faults(document, ranges, contents)
        or document[gap:after] != digits(encoded)
    ):
        raise NotOurs("a signature of another form")
    digest = Covered(digests, ranges).digest("sha256")
    sealed = read_seal(encoded, digest)
    claimed = generic.parse_pdf_date(signature["/M"], strict=True)
    changed, data = _after(document, reader, field, after + rest)
    placed = Placed(name, int(claimed.timestamp()), changed, after + rest, digest, *sealed)
    return of_seals([placed], data, asked)


def _after(
    document: bytes, reader: PdfFileReader, field: tuple[str, Any, Any], end: int
) -> tuple[Changes, ValidationData]:
    """What came after the seal, and what of validation data, of which there were none before."""
    if end == len(document):
        had = has = increment.store_of(reader)
        changed = Changes.NONE
    else:
        begins = increment.end_of_line(document, end)
        had, has = increment.read_last(document, reader, begins) or (None, None)
        changed = changes(document, Embedded(reader, field[2], field[0]))
    if had is None or has is None or any(had.data) or changed not in _ALLOWED:
        raise NotOurs("a store of another form, or more than that")
    return changed, ValidationData(*has.data)
