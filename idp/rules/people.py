"""People as an operator hands them over: the rows of a CSV file, checked."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import Refusal, reason
from idp.rules.assurance import LEVELS

PERSON_INVALID = reason(
    "person_invalid",
    "invalid_request",
    400,
    "A row of the people file has a column that is missing or malformed; the message names it.",
    "Tra: people import",
)

STATUSES: Final = frozenset({"active", "suspended", "deceased"})

COLUMNS: Final = (
    "username",
    "password",
    "totp_secret",
    "level",
    "status",
    "family_name",
    "given_name",
    "family_name_km",
    "given_name_km",
    "gender",
    "birthdate",
    "phone_number",
    "email",
    "email_verified",
    "street_address",
    "locality",
    "region",
    "ncdd_code",
    "nationality",
    "id_card_number",
    "id_card_expires",
    "note",
)

_BIRTHDATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?\Z")
_PHONE: Final = re.compile(r"\+[0-9]{6,15}\Z")  # E.164
_BASE32: Final = re.compile(r"[A-Z2-7]{16,}=*\Z")
_REFUSED_IN_NAMES: Final = frozenset("\u17a3\u17a4\u17b4\u17b5\u17d3\u17d8\u200b")
"""Khmer characters that are deprecated or invisible: two names would look the same."""


@dataclass(frozen=True, slots=True)
class Person:
    """A checked row. `claims` may be released (OIDC Core 5.1), `register` may not."""

    username: str
    password: str | None
    totp_secret: str | None
    level: int
    status: str
    claims: dict[str, Any]
    register: dict[str, str]


def parse(row: Mapping[str, str | None]) -> Person:
    """Raises Refusal, whose debug text names the column."""
    cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
    _check(cell)
    names = {
        "name": f"{cell['family_name']} {cell['given_name']}".strip(),
        "family_name": cell["family_name"],
        "given_name": cell["given_name"],
        "name#km": f"{cell['family_name_km']} {cell['given_name_km']}".strip(),
        "family_name#km": cell["family_name_km"],
        "given_name#km": cell["given_name_km"],
        "gender": cell["gender"],
        "birthdate": cell["birthdate"],
        "phone_number": cell["phone_number"],
        "email": cell["email"],
    }
    claims: dict[str, Any] = {name: value for name, value in names.items() if value}
    if cell["email"]:
        claims["email_verified"] = cell["email_verified"].lower() == "true"
    if cell["phone_number"]:
        claims["phone_number_verified"] = False
    address = _address(cell)
    if address:
        claims["address"] = address
    kept = ("nationality", "id_card_number", "id_card_expires", "ncdd_code", "note")
    return Person(
        username=cell["username"],
        password=cell["password"] or None,
        totp_secret=cell["totp_secret"] or None,
        level=int(cell["level"]),
        status=cell["status"] or "active",
        claims=claims,
        register={name: cell[name] for name in kept if cell[name]},
    )


def _check(cell: Mapping[str, str]) -> None:
    if not cell["username"] or len(cell["username"]) > 200:
        raise _wrong("username", "is empty or too long")
    if cell["level"] not in {str(level) for level in LEVELS}:
        raise _wrong("level", "is not 1, 2 or 3")
    if (cell["status"] or "active") not in STATUSES:
        raise _wrong("status", f"is none of {', '.join(sorted(STATUSES))}")
    if not cell["family_name"] and not cell["given_name"]:
        raise _wrong("given_name", "is empty, and so is family_name")
    if cell["birthdate"] and not _is_birthdate(cell["birthdate"]):
        raise _wrong("birthdate", "is not a date (YYYY-MM-DD; 0000-MM-DD) or a year (YYYY)")
    if cell["totp_secret"] and not _BASE32.match(cell["totp_secret"]):
        raise _wrong("totp_secret", "is not base 32 of 80 bits or more")
    if cell["phone_number"] and not _PHONE.match(cell["phone_number"]):
        raise _wrong("phone_number", "is not E.164 (+855…)")
    for name in ("family_name_km", "given_name_km"):
        if _REFUSED_IN_NAMES.intersection(cell[name]):
            raise _wrong(name, "has a deprecated or invisible character")


def _is_birthdate(text: str) -> bool:
    """OIDC Core 5.1: a date whose year may be 0000 (withheld), or a year alone."""
    found = _BIRTHDATE.match(text)
    if found is None:
        return False
    year, month, day = (int(part or 1) for part in found.groups())
    if year == 0:
        return found[2] is not None and 1 <= month <= 12 and 1 <= day <= monthrange(2000, month)[1]
    return year >= 1850 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _address(cell: Mapping[str, str]) -> dict[str, str]:
    """OIDC Core 5.1.1. Written from small to large, as Cambodia does."""
    parts = [cell[name] for name in ("street_address", "locality", "region") if cell[name]]
    if not parts:
        return {}
    named = {name: cell[name] for name in ("street_address", "locality", "region") if cell[name]}
    return {"formatted": ", ".join(parts), **named, "country": "KH"}


def _wrong(column: str, why: str) -> Refusal:
    return Refusal(PERSON_INVALID, f"{column} {why}")
