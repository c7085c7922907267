"""What a state of a page is, and what both services' states share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOTHING = "/nothing"
"""Where a form may be sent to without leaving its page."""

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class State:
    """One template with the values that its endpoint passes; `id` is its path in the gallery."""

    service: str
    id: str
    template: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.id}"


REFUSED = {
    "code": "redirect_uri_mismatch",
    "error": "invalid_request",
    "hint": "redirect_uri is not one of those registered. Register it, or send a registered one.",
    "rule": "RFC 9700 §2.1",
}
