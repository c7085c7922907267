"""Authorization details from the request to the resource server (RFC 9396)."""

import json
from typing import Any

import pytest

from clients.rules.profiles import CIBA
from keys.jose import parse
from tests.provider import Backend, Browser, Keypair, Provider, Reply, authorization_request

READ_AND_UPDATE = {
    "type": "tra_data_access",
    "actions": ["read", "update"],
    "datatypes": ["tax", "land_title"],
    "purpose": {"km": "ពិនិត្យពាក្យសុំ", "en": "To check an application"},
}
READ = {**READ_AND_UPDATE, "actions": ["read"], "datatypes": ["tax"]}
WIDER = {**READ_AND_UPDATE, "datatypes": ["tax", "land_title", "civil_status"]}
ASKED = json.dumps([READ_AND_UPDATE])


@pytest.fixture
def licences(op: Provider) -> Backend:
    """A service that asks for details."""
    op.add_client(
        "licences",
        client_secret="secret-of-licences",
        redirect_uris=["https://licences.example.kh/callback"],
        grant_types=["authorization_code", "refresh_token", "client_credentials", CIBA],
        scope="openid profile seal",
        authorization_details_types=["tra_data_access"],
        audience=["https://tax.example.kh"],
    )
    op.add_client(
        "tax-api",
        client_secret="secret-of-tax-api",
        grant_types=[],
        resource_identifiers=["https://tax.example.kh"],
    )
    return Backend.of(op, "licences")


def go(browser: Browser, **parameters: str | None) -> Reply:
    return browser.go_through("licences", **{"authorization_details": ASKED, **parameters})


def error(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


@pytest.mark.rule("token.rar")
def test_consent_page_tells_the_details_in_khmer_and_in_english(
    op: Provider, licences: Backend
) -> None:
    browser = op.browser()
    browser.authorize("licences", authorization_details=ASKED)
    browser.sign_in()
    for told in ("ពិនិត្យពាក្យសុំ", "ពន្ធដារ", "កែប្រែ"):
        assert told in browser.page.text, told
    browser.open(f"{browser.page.url.path}?lang=en")
    for told in ("To check an application", "Tax", "Land titles", "Read", "Change"):
        assert told in browser.page.text, told


@pytest.mark.rule("token.rar")
def test_details_stand_in_the_answer_the_token_and_its_introspection(
    op: Provider, licences: Backend
) -> None:
    tokens = licences.redeem(go(op.browser())).json()
    assert tokens["authorization_details"] == [READ_AND_UPDATE]
    claims = parse(tokens["access_token"]).claims
    assert claims["authorization_details"] == [READ_AND_UPDATE]
    resource_server = Backend.of(op, "tax-api")
    told = resource_server.post("/introspect", token=tokens["access_token"]).json()
    assert told["authorization_details"] == [READ_AND_UPDATE]
    told = licences.post("/introspect", token=tokens["refresh_token"]).json()
    assert told["authorization_details"] == [READ_AND_UPDATE]


@pytest.mark.rule("token.rar")
def test_code_may_be_redeemed_for_less_and_not_for_more(op: Provider, licences: Backend) -> None:
    browser = op.browser()
    tokens = licences.redeem(go(browser), authorization_details=json.dumps([READ])).json()
    assert tokens["authorization_details"] == [READ]
    assert parse(tokens["access_token"]).claims["authorization_details"] == [READ]
    wider = licences.redeem(go(browser), authorization_details=json.dumps([WIDER]))
    assert error(wider) == "invalid_authorization_details"


def test_refresh_may_ask_for_less_and_get_all_again(op: Provider, licences: Backend) -> None:
    tokens = licences.redeem(go(op.browser())).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    less = licences.post("/token", **refresh, authorization_details=json.dumps([READ])).json()
    assert less["authorization_details"] == [READ]
    again = {"grant_type": "refresh_token", "refresh_token": less["refresh_token"]}
    assert error(licences.post("/token", **again, authorization_details=json.dumps([WIDER])))
    assert licences.post("/token", **again).json()["authorization_details"] == [READ_AND_UPDATE]


def test_request_without_details_brings_none(op: Provider, licences: Backend) -> None:
    tokens = licences.redeem(go(op.browser(), authorization_details=None)).json()
    assert "authorization_details" not in tokens
    assert "authorization_details" not in parse(tokens["access_token"]).claims


@pytest.mark.rule("token.rar")
@pytest.mark.parametrize(
    "asked",
    [
        '[{"type": "payment_initiation"}]',
        json.dumps([{**READ, "privileges": ["admin"]}]),
        "[]",
        "no JSON",
    ],
)
def test_unknown_type_or_field_goes_back_as_invalid_authorization_details(
    op: Provider, licences: Backend, asked: str
) -> None:
    reply = op.browser().authorize("licences", authorization_details=asked)
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "invalid_authorization_details"
    form = authorization_request("licences", authorization_details=asked)
    form.pop("client_id")
    assert error(licences.post("/par", **form)) == "invalid_authorization_details"


def test_details_are_asked_for_each_time(op: Provider, licences: Backend) -> None:
    browser = op.browser()
    go(browser)
    browser.authorize("licences", authorization_details=ASKED)
    assert 'id="approve"' in browser.page.text
    silent = browser.authorize("licences", authorization_details=ASKED, prompt="none")
    assert isinstance(silent, Reply)
    assert silent.parameters["error"] == "consent_required"
    assert isinstance(browser.authorize("licences"), Reply)


def test_details_come_by_pushed_request_and_by_request_object(
    op: Provider, licences: Backend
) -> None:
    browser = op.browser()
    form = authorization_request("licences", authorization_details=ASKED)
    form.pop("client_id")
    pushed = licences.post("/par", **form).json()
    there = browser.open(f"/authorize?client_id=licences&request_uri={pushed['request_uri']}")
    tokens = licences.redeem(browser.arrive(there)).json()
    assert tokens["authorization_details"] == [READ_AND_UPDATE]
    key = Keypair()
    op.add_client(
        "signer",
        client_secret="secret-of-signer",
        redirect_uris=["https://signer.example.kh/callback"],
        scope="openid profile",
        jwks=key.jwks,
        authorization_details_types=["tra_data_access"],
    )
    asked: dict[str, Any] = dict(authorization_request("signer"))
    asked["authorization_details"] = [READ]
    there = browser.open(f"/authorize?client_id=signer&request={key.sign(asked)}")
    tokens = Backend.of(op, "signer").redeem(browser.arrive(there)).json()
    assert tokens["authorization_details"] == [READ]


def test_person_agrees_to_an_agencys_details_on_the_account_page(
    op: Provider, licences: Backend
) -> None:
    asked = {"scope": "openid", "login_hint": "sokha", "authorization_details": ASKED}
    begun = licences.post("/bc-authorize", **asked).json()
    browser = op.browser()
    browser.open("/account")
    browser.sign_in()
    browser.open("/ciba/" + browser.page.text.partition('href="/ciba/')[2].partition('"')[0])
    assert "ពិនិត្យពាក្យសុំ" in browser.page.text
    browser.approve()
    tokens = licences.post("/token", grant_type=CIBA, auth_req_id=begun["auth_req_id"]).json()
    assert tokens["authorization_details"] == [READ_AND_UPDATE]


def test_client_grants_itself_no_details(licences: Backend) -> None:
    form = {"grant_type": "client_credentials", "authorization_details": ASKED}
    assert error(licences.post("/token", **form)) == "invalid_authorization_details"


def test_metadata_lists_the_types(op: Provider) -> None:
    metadata = op.browser().http.get("/.well-known/openid-configuration").json()
    assert metadata["authorization_details_types_supported"] == [
        "tra_data_access",
        "tra_document_signature",
    ]
