"""What a client may say of itself when it registers (RFC 7591, RFC 7592, OIDC Registration)."""

from typing import Any

import pytest

from clients.rules.client import SecurityProfile
from clients.rules.profiles import CIBA, DEVICE_CODE
from clients.rules.registration import (
    check_asked,
    check_sector,
    check_update,
    describe,
    with_sector,
)
from core.errors import Refusal
from tests.rules.samples import client

OIDC, FAPI2 = SecurityProfile.OIDC, SecurityProfile.FAPI2
CALLBACK = "https://service.example.kh/callback"


def detail(document: Any, least: SecurityProfile = OIDC) -> str:
    with pytest.raises(Refusal) as refusal:
        check_asked(document, least)
    assert refusal.value.reason.error == "invalid_client_metadata"
    return refusal.value.detail


def test_clients_get_the_profile_of_their_invitation_unless_they_ask_for_a_stricter_one() -> None:
    assert check_asked({}, FAPI2)["security_profile"] is FAPI2
    assert check_asked({}, OIDC)["security_profile"] is OIDC
    assert check_asked({"security_profile": "fapi2"}, OIDC)["security_profile"] is FAPI2
    assert "security_profile" in detail({"security_profile": "oidc"}, FAPI2)
    assert "security_profile" in detail({"security_profile": ["fapi2"]})


def test_what_reaches_beyond_the_client_is_the_operators_to_set() -> None:
    """RFC 7591 §2: metadata that is not understood is ignored."""
    asked = check_asked(
        {
            "agency": "another",
            "sector": "tax.gov.kh",
            "audience": ["https://api.example.kh"],
            "resource_identifiers": ["https://api.example.kh"],
            "default_acr_level": 1,
            "may_act": "another",
        },
        OIDC,
    )
    assert asked.keys() == {"security_profile", "scope"}


def test_seals_are_given_by_operators_alone() -> None:
    assert "seal" not in check_asked({}, OIDC)["scope"].split()
    assert "scope" in detail({"scope": "openid seal"})


@pytest.mark.parametrize("document", [[], "x", 1, None])
def test_metadata_is_a_json_object(document: object) -> None:
    assert "object" in detail(document)


def test_what_was_filled_in_is_told() -> None:
    """RFC 7591 §3.2.1."""
    told = describe(client(client_name="Land", contacts=["it@land.example.kh"]))
    assert told["client_name"] == "Land"
    assert told["contacts"] == ["it@land.example.kh"]
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["response_types"] == ["code"]
    assert told["grant_types"] == ["authorization_code"]


def test_unknown_and_null_members_are_neither_kept_nor_told() -> None:
    """RFC 7591 §2, §3.2.1."""
    registered = client(software_statement="x", favourite_colour="red", tos_uri=None)
    assert not {"software_statement", "favourite_colour", "tos_uri"} & describe(registered).keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"contacts": "it@example.kh"},
        {"response_types": ["code id_token"]},
        {"application_type": "web3"},
        {"client_uri": "javascript:alert(1)"},
        {"software_id": 7},
        {"initiate_login_uri": "http://localhost/login"},
        {"sector_identifier_uri": "http://localhost/sector"},
        {"client_name": "Ministry of \u0415conomy"},  # a Cyrillic letter
        {"client_name": "Land\u202eyrtsiniM"},  # written backwards
        {"client_name": "x" * 121},
        {"client_name#km": "ដីធ្លី\u200d\u2060"},
    ],
)
def test_a_refusal_names_the_member(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        client(**wrong)
    assert refusal.value.reason.error == "invalid_client_metadata"
    [member] = wrong
    assert member in refusal.value.detail


def test_names_are_khmer_or_latin_and_may_say_where_a_line_ends() -> None:
    named = client(**{"client_name": "Économie 2.0", "client_name#km": "សេដ្ឋកិច្ច\u200bជាតិ"})
    assert named.name("km") == "សេដ្ឋកិច្ច\u200bជាតិ"


def test_a_redirect_uri_that_is_refused_is_named() -> None:
    with pytest.raises(Refusal) as refusal:
        client(redirect_uris=[CALLBACK, f"{CALLBACK}#x"])
    assert refusal.value.reason.error == "invalid_redirect_uri"
    assert refusal.value.detail == f"{CALLBACK}#x"


def test_an_update_is_about_the_client_itself() -> None:
    """RFC 7592 §2.2."""
    old = client()
    for wrong in (
        {},
        {"client_id": "another"},
        {"client_id": "service", "registration_access_token": "x"},
        {"client_id": "service", "client_secret_expires_at": 0},
        {"client_id": "service", "client_id_issued_at": 1},
        {"client_id": "service", "registration_client_uri": "https://x"},
    ):
        with pytest.raises(Refusal):
            check_update(wrong, old)


def test_an_update_keeps_what_the_operator_set_and_never_loosens_the_profile() -> None:
    old = client(sector="land.gov.kh", default_acr_level=2)
    asked = check_update({"client_id": "service", "sector": "tax.gov.kh"}, old)
    assert asked["sector"] == "land.gov.kh"
    assert asked["default_acr_level"] == 2
    strict = client(
        security_profile="fapi2", jwks_uri="https://service.example.kh/jwks", client_name=None
    )
    with pytest.raises(Refusal):
        check_update({"client_id": "service", "security_profile": "oidc"}, strict)


@pytest.mark.rule("identity.sector")
def test_a_sector_document_lists_every_redirect_uri() -> None:
    """OIDC Core 8.1."""
    two = client(
        redirect_uris=[CALLBACK, "https://other.example.kh/callback"],
        sector_identifier_uri="https://sector.example.kh/uris.json",
    )
    assert two.sector == "sector.example.kh"
    check_sector([*two.redirect_uris, "https://third.example.kh/callback"], two)
    for wrong in ([CALLBACK], {}, [], "x", None, [*two.redirect_uris, 7]):
        with pytest.raises(Refusal) as refusal:
            check_sector(wrong, two)
        assert "sector_identifier_uri" in refusal.value.detail


KEYS = "https://kiosk.example.kh/jwks"
POLLS = {"grant_types": [DEVICE_CODE], "redirect_uris": []}


@pytest.mark.parametrize(
    ("metadata", "document"),
    [
        ({"token_endpoint_auth_method": "none"}, []),
        ({"token_endpoint_auth_method": "client_secret_basic", "jwks_uri": KEYS}, [KEYS]),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS}, []),
    ],
)
def test_a_client_without_a_redirect_proves_its_sector_by_its_keys(
    metadata: dict[str, Any], document: list[str]
) -> None:
    """CIBA Core 4: else anybody could borrow another agency's document, and its subjects."""
    sector = "https://sector.example.kh/uris.json"
    borrowing = client(**POLLS, **metadata, sector_identifier_uri=sector)
    with pytest.raises(Refusal):
        check_sector(document, borrowing)
    proven = client(
        **POLLS,
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=KEYS,
        sector_identifier_uri=sector,
    )
    check_sector([KEYS], proven)


@pytest.mark.parametrize("grant", [DEVICE_CODE, CIBA])
def test_a_client_has_a_sector_of_its_own_unless_another_is_proven(grant: str) -> None:
    """A code comes to an https redirect URI; to poll needs none, and loopback is everybody's."""
    metadata = {"grant_types": ["authorization_code", grant], "redirect_uris": [CALLBACK]}
    assert with_sector(metadata, "kiosk")["sector"] == "kiosk"
    for proven in ({"sector": "land"}, {"sector_identifier_uri": "https://s.example.kh/"}):
        assert with_sector({**metadata, **proven}, "kiosk") == {**metadata, **proven}
    for uri in ("http://localhost:3000/cb", "kh.gov.app:/cb"):
        assert with_sector({"redirect_uris": [uri]}, "kiosk")["sector"] == "kiosk"
    for plain in (
        {"redirect_uris": [CALLBACK]},
        {"grant_types": ["authorization_code"]},
        {},
        {"grant_types": grant},
    ):
        assert "sector" not in with_sector(plain, "kiosk")
