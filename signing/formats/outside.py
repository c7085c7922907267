"""The names that signatures have for what they are over and is not in their file."""

from signing.formats.cms import WHATEVER
from signing.formats.detached import NOTHING
from signing.formats.jades import jws
from signing.formats.jades.beside import Beside
from signing.formats.kinds import kind
from signing.formats.xades import parsing, references
from signing.rules.report import Format


def names(document: bytes) -> list[str]:
    """Those of XAdES and JAdES, as they are written; of what cannot be read there are none."""
    try:
        match kind(document):
            case Format.JSON:
                each = (Beside(one, NOTHING).uris for one in jws.parse(document).signatures)
            case Format.XML:
                signatures = parsing.signatures(parsing.parse(document))
                each = (references.outside(one) for one in signatures)
            case _:
                return []
        return [name for found in each for name in found]
    except WHATEVER:
        return []
