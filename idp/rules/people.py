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
    "middle_name",
    "nickname",
    "preferred_username",
    "gender",
    "birthdate",
    "phone_number",
    "phone_number_verified",
    "email",
    "email_verified",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "ncdd_code",
    "profile",
    "picture",
    "website",
    "zoneinfo",
    "locale",
    "updated_at",
    "nationality",
    "id_card_number",
    "id_card_expires",
    "note",
)

_AS_WRITTEN: Final = (
    "middle_name",
    "nickname",
    "preferred_username",
    "gender",
    "birthdate",
    "phone_number",
    "email",
    "profile",
    "picture",
    "website",
    "zoneinfo",
    "locale",
)
"""Columns that are claims by the same name (OIDC Core 5.1)."""

_WEB_ADDRESS: Final = re.compile(r"https?://[!-~]+\Z")
_FORMS: Final = {
    "totp_secret": (re.compile(r"[A-Z2-7]{16,}=*\Z"), "is not base 32 of 80 bits or more"),
    "phone_number": (re.compile(r"\+[0-9]{6,15}\Z"), "is not E.164 (+855…)"),
    "profile": (_WEB_ADDRESS, "is not a web address"),
    "picture": (_WEB_ADDRESS, "is not a web address"),
    "website": (_WEB_ADDRESS, "is not a web address"),
    "zoneinfo": (re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*\Z"), "is not a time zone's name"),
    "locale": (re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z"), "is not a BCP 47 tag"),
    "updated_at": (re.compile(r"[0-9]{1,11}\Z"), "is not a number of seconds since 1970"),
}
_BIRTHDATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?\Z")
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
        **{name: cell[name] for name in _AS_WRITTEN},
    }
    claims: dict[str, Any] = {name: value for name, value in names.items() if value}
    if cell["email"]:
        claims["email_verified"] = cell["email_verified"].lower() == "true"
    if cell["phone_number"]:
        claims["phone_number_verified"] = cell["phone_number_verified"].lower() == "true"
    if cell["updated_at"]:
        claims["updated_at"] = int(cell["updated_at"])
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
    for name, (form, flaw) in _FORMS.items():
        if cell[name] and not form.match(cell[name]):
            raise _wrong(name, flaw)
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
    parts = ("street_address", "locality", "region", "postal_code")
    named = {name: cell[name] for name in parts if cell[name]}
    if not named:
        return {}
    return {"formatted": ", ".join(named.values()), **named, "country": "KH"}


def _wrong(column: str, why: str) -> Refusal:
    return Refusal(PERSON_INVALID, f"{column} {why}")
