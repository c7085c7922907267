"""Reads members of a JSON object by type: the wrong type is a refusal that names the member."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from core.errors import Refusal, reason

INVALID_METADATA = reason(
    "invalid_client_metadata",
    "invalid_client_metadata",
    400,
    "A field of the client's metadata is missing, of the wrong type, or at odds with another.",
    "RFC 7591 §3.2.2",
)

E = TypeVar("E", bound=StrEnum)


def invalid(why: str) -> Refusal:
    """A refusal that tells everyone which member is wrong, and how."""
    return Refusal(INVALID_METADATA, why, detail=why)


class Fields:
    """The members of client metadata. Null is absent, as RFC 7591 §2 allows us to treat it."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = metadata
        self._read: set[str] = set()

    def understood(self) -> dict[str, Any]:
        """The members that were asked for so far and say something. All others are ignored
        (RFC 7591 §2)."""
        return {
            name: value
            for name, value in self._metadata.items()
            if name in self._read and value not in (None, "")
        }

    def raw(self, name: str) -> Any:
        self._read.add(name)
        return self._metadata.get(name)

    def optional(self, name: str) -> str | None:
        value = self.raw(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"{name} is not a string")
        return value or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise invalid(f"{name} is not an array of strings")
        return tuple(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise invalid(f"{name} is not a boolean")
        return value

    def number(self, name: str, least: int, most: int) -> int | None:
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise invalid(f"{name} is not a number from {least} to {most}")
        return value

    def member(self, kind: type[E], name: str, default: E) -> E:
        return self.optional_member(kind, name) or default

    def optional_member(self, kind: type[E], name: str) -> E | None:
        value = self.optional(name)
        try:
            return None if value is None else kind(value)
        except ValueError as error:
            raise invalid(f"{name} {value} is not one of {', '.join(kind)}") from error
