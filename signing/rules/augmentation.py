"""What may be added to a document that is signed already, and what keeps it from it."""

from typing import Final

from core.errors import Refusal, reason
from signing.rules.reasons import LEVEL_NOT_OFFERED
from signing.rules.report import Level

LEVELS: Final = (Level.LT, Level.LTA)

NOT_VALID: Final = reason(
    "augment_not_valid",
    "invalid_document",
    422,
    "These are no signatures that all pass now, so nothing can be added that would make them last. "
    "POST /verify says why.",
    "ETSI EN 319 102-1 §5",
)
NOT_ADES: Final = reason(
    "augment_not_ades",
    "invalid_document",
    422,
    "There is an XML signature without the properties of XAdES in this document. It says neither "
    "when it was made nor by which certificate, so it passes under no policy that is published "
    "here, and has no place for proofs. `tra archive record` proves the file itself, as it is.",
    "ETSI EN 319 132-1 §6.3",
)
NOT_REACHED: Final = reason(
    "augment_not_reached",
    "invalid_document",
    422,
    "The document does not allow what would have to be added, or what proves the certificates of "
    "others is not in it. Ask who sealed it. Where it is a signature alone, send what it signs as "
    "`content`.",
    "ETSI EN 319 102-1 §5.6",
)


def check_level(asked: str | None) -> Level:
    """The level to be reached, B-LTA where none is named; raises Refusal."""
    if asked is None:
        return Level.LTA
    if asked not in LEVELS:
        raise Refusal(LEVEL_NOT_OFFERED, asked[:20])
    return Level(asked)
