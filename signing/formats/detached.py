"""What a signature is over, where that came beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

_MISSING: Final = 64
_NAME: Final = 1_000
"""Names that are told, and characters of each."""


@dataclass(frozen=True, slots=True)
class Detached:
    """Files, each a name that its sender gave it and its content."""

    files: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, content: bytes | None) -> "Detached":
        """One, whatever its name; None: nothing came."""
        return cls() if content is None else cls((("", content),))

    @property
    def only(self) -> bytes | None:
        """The content of the one, where no more came: what a signature is over that names none."""
        return self.files[0][1] if len(self.files) == 1 else None

    @property
    def several(self) -> bool:
        return len(self.files) > 1

    def named(self, uri: str) -> tuple[str, bytes] | None:
        """The one file of a name (RFC 3986 §2.1), or else of its last part: senders leave folders
        out."""
        wanted = {uri, unquote(uri).removeprefix("./")}
        last = {_last(one) for one in wanted} - {""}
        whole = [one for one in self.files if one[0] in wanted]
        found = whole or [one for one in self.files if _last(one[0]) in last]
        return found[0] if len(found) == 1 else None


NOTHING: Final = Detached()


def told(names: Iterable[str]) -> tuple[str, ...]:
    """Names as they come into a report: once each, and no more than are read."""
    found = dict.fromkeys(one[:_NAME] for one in names if one)
    return tuple(found)[:_MISSING]


def _last(name: str) -> str:
    return name.rpartition("/")[2]
