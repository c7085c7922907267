"""What a person is told before they agree: the very claims that would leave, with their values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.rules.authorize import AuthorizationRequest
from idp.rules.claims import asked_for, in_order, release

_SAID_BY_ANOTHER: Final = frozenset({"email_verified", "phone_number_verified", "updated_at"})
"""Claims that say something of another claim, not of the person."""


@dataclass(frozen=True, slots=True)
class Told:
    """A claim and its value, as the person would read it."""

    name: str
    value: str


def told(person: Mapping[str, Any], request: AuthorizationRequest) -> list[Told]:
    """What would leave, with its values."""
    names = asked_for(request.scope, request.claims) - _SAID_BY_ANOTHER
    released = release(person, names, request.claims_locales)
    return [Told(name, _readable(released[name])) for name in in_order(released)]


def _readable(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("formatted") or ", ".join(str(part) for part in value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
