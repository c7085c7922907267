"""People as an operator hands them over."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from idp.rules.people import COLUMNS, parse

DARA = {
    "username": "dara",
    "password": "sugar-palm-lotus",
    "totp_secret": "7D4L2GYHXOS53SCTBAS7H2QHXYQUERBJ",
    "level": "3",
    "family_name": "Sok",
    "given_name": "Dara",
    "family_name_km": "សុខ",
    "given_name_km": "តារា",
    "gender": "male",
    "birthdate": "1990-04-17",
    "phone_number": "+85510000001",
    "email": "dara@example.com",
    "email_verified": "TRUE",
    "street_address": "House 12",
    "region": "Phnom Penh",
    "id_card_number": "010482913",
    "nationality": "KHM",
}


def refused(**changed: str) -> str:
    """The column that the refusal names."""
    with pytest.raises(Refusal) as refusal:
        parse({**DARA, **changed})
    return refusal.value.debug.split()[0]


def test_row_becomes_claims_that_may_be_released_and_a_register_that_may_not() -> None:
    dara = parse(DARA)
    assert dara.claims["name"] == "Sok Dara"
    assert dara.claims["name#km"] == "សុខ តារា"
    assert dara.claims["email_verified"] is True
    assert dara.claims["phone_number_verified"] is False
    assert dara.claims["address"] == {
        "formatted": "House 12, Phnom Penh",
        "street_address": "House 12",
        "region": "Phnom Penh",
        "country": "KH",
    }
    assert dara.register == {"id_card_number": "010482913", "nationality": "KHM"}
    assert "010482913" not in str(dara.claims)
    assert (dara.level, dara.status) == (3, "active")


@pytest.mark.rule("identity.claim-types")
def test_what_is_empty_is_no_claim() -> None:
    bare = parse({"username": "x", "level": "1", "given_name": "X", "email": " ", "gender": None})
    assert bare.claims == {"name": "X", "given_name": "X"}
    assert (bare.password, bare.totp_secret) == (None, None)


@pytest.mark.rule("identity.claim-types")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("username", ""),
        ("username", "x" * 201),
        ("level", "4"),
        ("level", "២"),
        ("level", ""),
        ("status", "asleep"),
        ("birthdate", "1990-13-01"),
        ("birthdate", "1990-02-30"),
        ("birthdate", "1990-04"),
        ("birthdate", "17/04/1990"),
        ("birthdate", "១៩៩០-០៤-១៧"),
        ("birthdate", "1849-01-01"),
        ("birthdate", "0000"),
        ("totp_secret", "short"),
        ("totp_secret", "7d4l2gyhxos53sct"),
        ("phone_number", "010 000 001"),
        ("phone_number", "+៨៥៥១០០០០០០១"),
        ("given_name_km", "តារា\u200b"),
        ("family_name_km", "\u17a3"),
    ],
)
def test_row_is_refused_by_the_column_that_is_wrong(column: str, value: str) -> None:
    assert refused(**{column: value}) == column


@pytest.mark.parametrize("birthdate", ["1948", "0000-04-14", "0000-02-29", "2000-02-29", ""])
def test_day_or_year_of_birth_may_be_unknown(birthdate: str) -> None:
    assert parse({**DARA, "birthdate": birthdate}).claims.get("birthdate", "") == birthdate


@pytest.mark.parametrize(
    "names",
    [
        {"family_name": "", "given_name": "Dara"},
        {"family_name": "Sok", "given_name": ""},
    ],
)
def test_one_name_is_enough(names: dict[str, str]) -> None:
    assert parse({**DARA, **names}).claims["name"] in {"Sok", "Dara"}


def test_name_is_needed() -> None:
    assert refused(family_name="", given_name=" ") == "given_name"


@given(st.dictionaries(st.sampled_from(COLUMNS), st.text() | st.none()))
def test_any_row_is_a_person_or_a_refusal(row: dict[str, str | None]) -> None:
    with contextlib.suppress(Refusal):
        assert parse(row).username
