"""Who stands behind a client: the institution that citizens see on the consent page."""

import re
from dataclasses import dataclass
from typing import Final

from core.errors import Refusal, reason

AGENCY_INVALID = reason(
    "agency_invalid",
    "invalid_request",
    400,
    "An agency id has 2 to 32 of a-z, 0-9 and '-'; its names in Khmer and Latin are not empty.",
    "Tra: clients",
)

_AGENCY_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,31}\Z")


@dataclass(frozen=True, slots=True)
class Agency:
    """An institution. `agency_id` is short and for ever: certificates and tokens carry it."""

    agency_id: str
    name_km: str
    name_en: str

    def name(self, lang: str) -> str:
        return self.name_km if lang == "km" else self.name_en


def check(agency: Agency) -> Agency:
    """Raises Refusal."""
    if not (
        _AGENCY_ID.match(agency.agency_id) and agency.name_km.strip() and agency.name_en.strip()
    ):
        raise Refusal(AGENCY_INVALID, agency.agency_id)
    return agency
