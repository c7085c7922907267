"""Which JSON is sealed: such as every reader reads alike."""

import json
from typing import Any, Final

from core.errors import Refusal
from signing.rules import reasons

JSON_BYTES: Final = 2_000_000
"""A longer document would take more memory to look through than a seal is worth."""


class _Repeated(ValueError):
    """A member stands twice: which one counts is each reader's own choice (RFC 8259 §4)."""


def check(content: bytes) -> None:
    """Look through the whole document; raises Refusal."""
    if len(content) > JSON_BYTES:
        raise Refusal(reasons.JSON_TOO_LARGE, str(len(content)))
    try:
        json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except _Repeated as error:
        raise Refusal(reasons.JSON_MEMBER_REPEATED, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Refusal(reasons.NOT_JSON, type(error).__name__) from error


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = {name for name, _ in pairs}
    if len(names) < len(pairs):
        raise _Repeated(f"{len(pairs) - len(names)} repeated")


def _no_constant(name: str) -> None:
    raise ValueError(name)
