"""Names of files in a container: what could mislead a reader or leave the container is refused."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from core.errors import Refusal
from signing.rules import reasons

_BYTES: Final = 255
_TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the direction of what is read."""

_RESERVED: Final = frozenset({"meta-inf", "mimetype"})  # EN 319 162-1 A.1


def check_names(names: Sequence[str]) -> None:
    """Every name is relative, plain, and used once."""
    for name in names:
        if not _is_plain(name):
            raise Refusal(reasons.FILE_NAME_INVALID, repr(name[:80]))
    if len({unicodedata.normalize("NFKC", name).casefold() for name in names}) < len(names):
        raise Refusal(reasons.FILE_NAME_REPEATED)


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return (
        0 < len(name.encode("utf-8", "replace")) <= _BYTES
        and all(part.strip() == part and part not in {"", ".", ".."} for part in parts)
        and parts[0].casefold() not in _RESERVED
        and not any(_misleads(character) for character in name)
    )


def _misleads(character: str) -> bool:
    return (
        character in _TURNING
        or character in '\\:*?"<>|'
        or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
