"""The fictitious people: every kind that real registers hold."""

import csv
import unicodedata

import pytest

from tra.demo import PEOPLE

with PEOPLE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))
BY_NAME = {row["username"]: row for row in ROWS}


def name_km(row: dict[str, str]) -> str:
    return row["family_name_km"] + row["given_name_km"]


def test_there_are_thirty_and_each_is_somebody_else() -> None:
    assert len(ROWS) == len(BY_NAME) == 30
    secrets = [row["totp_secret"] for row in ROWS if row["totp_secret"]]
    cards = [row["id_card_number"] for row in ROWS if row["id_card_number"]]
    assert len(set(secrets)) == len(secrets)
    assert len(set(cards)) == len(cards)


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("one-word name", lambda row: not (row["family_name"] and row["given_name"])),
        ("unknown birth day", lambda row: len(row["birthdate"]) == 4),
        ("unknown birth year", lambda row: row["birthdate"].startswith("0000-")),
        ("Khmer name of 30 characters", lambda row: len(name_km(row)) == 30),
        ("no identity card", lambda row: not row["id_card_number"] and row["nationality"] == "KHM"),
        ("minor", lambda row: row["birthdate"] > "2009"),
        ("foreigner", lambda row: row["nationality"] not in {"KHM", ""}),
        ("expired card", lambda row: "" < row["id_card_expires"] < "2026"),
        ("card for life", lambda row: row["id_card_number"] and not row["id_card_expires"]),
        ("changed district code", lambda row: row["ncdd_code"].startswith("12010301")),
        ("deceased", lambda row: row["status"] == "deceased"),
        ("suspended", lambda row: row["status"] == "suspended"),
        (
            "abroad",
            lambda row: "France" in row["street_address"] or "Lyon" in row["street_address"],
        ),
        ("no second factor", lambda row: row["level"] == "1" and not row["totp_secret"]),
    ],
)
def test_there_is_somebody_of_each_kind(kind: str, is_one: object) -> None:
    assert callable(is_one)
    assert [row for row in ROWS if is_one(row)], kind


@pytest.mark.parametrize("pair", ["chenda", "chamroeun"])
def test_names_that_look_the_same_are_spelt_differently_and_unicode_cannot_tell(pair: str) -> None:
    one, other = (name_km(BY_NAME[f"{pair}_{letter}"]) for letter in "ab")
    assert one != other
    assert unicodedata.normalize("NFKC", one) != unicodedata.normalize("NFKC", other)


def test_whoever_has_level_two_has_a_second_factor() -> None:
    assert all(row["totp_secret"] for row in ROWS if int(row["level"]) >= 2)
