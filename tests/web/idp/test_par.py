"""Pushed authorization requests: RFC 9126, FAPI 2.0 Security Profile 5.3.2.2."""

import pytest

from tests.fapi import FapiClient
from tests.provider import Provider, Reply, authorization_request


def test_pushed_request_leads_to_bound_tokens(op: Provider) -> None:
    client = FapiClient.register(op)
    reply = client.go_through(op.browser())
    assert reply.parameters["iss"] == "http://localhost:8000"
    tokens = client.redeem(reply).json()
    assert tokens["token_type"] == "DPoP"
    assert client.userinfo(tokens["access_token"]).json()["name"] == "Chan Sokha"


@pytest.mark.rule("par.authenticated", "token.no-store")
def test_pushed_request_is_answered_with_201_and_a_short_life(op: Provider) -> None:
    pushed = FapiClient.register(op).push()
    assert pushed.status_code == 201
    assert pushed.headers["cache-control"] == "no-store"
    assert 60 <= pushed.json()["expires_in"] <= 90
    assert len(pushed.json()["request_uri"]) > len("urn:ietf:params:oauth:request_uri:") + 21


@pytest.mark.rule("par.authenticated")
def test_get_is_not_taken(op: Provider) -> None:
    answer = FapiClient.register(op).http.get("/par")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


@pytest.mark.rule("par.authenticated", "par.no-request-uri")
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example.kh/"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"client_assertion": "x.y.z"}, "invalid_client"),
    ],
)
def test_what_authorize_would_refuse_is_refused_when_it_is_pushed(
    op: Provider, changed: dict[str, str | None], error: str
) -> None:
    client = FapiClient.register(op)
    asked = {**authorization_request(client.client_id), **changed}
    answer = client.post("/par", proof=None, **asked)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


@pytest.mark.rule("par.used-at-answer")
def test_page_may_be_loaded_again_until_the_request_is_answered(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    request_uri = client.push().json()["request_uri"]
    for _ in range(3):
        client.open(browser, request_uri)
        assert 'name="password"' in browser.page.text
    assert isinstance(browser.arrive(browser), Reply)


@pytest.mark.rule("par.used-at-answer")
def test_answered_request_uri_is_refused_on_a_page(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    request_uri = client.push().json()["request_uri"]
    browser.arrive(client.open(browser, request_uri))
    client.open(browser, request_uri)
    assert browser.page.status_code == 400
    assert "request_uri_refused" in browser.page.text


@pytest.mark.rule("par.lifetime")
def test_expired_request_uri_is_refused_on_a_page(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    request_uri = client.push().json()["request_uri"]
    op.clock.advance(91)
    client.open(browser, request_uri)
    assert "request_uri_refused" in browser.page.text


def test_person_may_take_longer_than_the_request_uri_lives(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    client.open(browser, client.push().json()["request_uri"])
    op.clock.advance(600)
    assert "code" in browser.arrive(browser).parameters


@pytest.mark.rule("par.lifetime")
def test_request_uri_belongs_to_the_client_that_pushed_it(op: Provider) -> None:
    client, other = FapiClient.register(op), FapiClient.register(op, "other")
    browser = op.browser()
    other.open(browser, client.push().json()["request_uri"])
    assert "request_uri_refused" in browser.page.text


@pytest.mark.rule("par.used-at-answer")
def test_two_tabs_with_one_request_uri_get_one_answer(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    request_uri = client.push().json()["request_uri"]
    client.open(browser, request_uri)
    first_tab = browser.page
    client.open(browser, request_uri)
    browser.arrive(browser)
    browser.page = first_tab
    op.clock.advance(30)  # a fresh one-time code
    browser.sign_in()
    assert browser.page.status_code == 400


@pytest.mark.rule("par.required")
def test_client_that_has_to_push_is_refused_without(op: Provider) -> None:
    FapiClient.register(op)
    reply = op.browser().authorize("fapi")
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "invalid_request"
    assert reply.parameters["error_description"].startswith("pushed_request_required")
    assert reply.parameters["state"] == "the-state"


@pytest.mark.rule("par.no-request-uri")
def test_request_object_at_an_address_is_not_fetched(op: Provider) -> None:
    browser = op.browser()
    browser.authorize("service-1", request_uri="https://service-1.example.kh/request.jwt")
    assert "request_uri_not_supported" in browser.page.text


def test_parameters_beside_a_request_uri_do_not_count(op: Provider) -> None:
    client, browser = FapiClient.register(op), op.browser()
    request_uri = client.push(state="pushed").json()["request_uri"]
    there = browser.open(
        f"/authorize?client_id=fapi&request_uri={request_uri}&state=beside&scope=openid"
    )
    assert browser.arrive(there).parameters["state"] == "pushed"
