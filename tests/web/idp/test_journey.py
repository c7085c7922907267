"""The whole way: a citizen signs in once, and two services know two different persons."""

import pytest

from keys.jose import parse
from tests.provider import Backend, Provider, Reply


@pytest.mark.rule("authorize.iss", "token.no-store", "identity.userinfo")
def test_citizen_signs_in_and_service_learns_what_was_consented(op: Provider) -> None:
    browser, service = op.browser(), Backend.of(op)
    reply = browser.go_through(scope="openid profile phone")
    assert reply.uri == "https://service-1.example.kh/callback"
    assert reply.parameters["state"] == "the-state"
    assert reply.parameters["iss"] == "http://localhost:8000"
    answer = service.redeem(reply)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    id_token = parse(tokens["id_token"]).claims
    userinfo = service.userinfo(tokens["access_token"]).json()
    assert id_token["nonce"] == "the-nonce"
    assert id_token["amr"] == ["pwd", "otp", "mfa"]
    assert id_token["acr"] == "urn:tra:loa:2"
    assert userinfo["sub"] == id_token["sub"]
    assert userinfo["name"] == "Chan Sokha"
    assert userinfo["name#km"] == "ចាន់ សុខា"
    assert userinfo["phone_number"] == "+85512345678"
    assert "email" not in userinfo
    assert "address" not in userinfo


@pytest.mark.rule("identity.pairwise")
def test_second_service_needs_no_typing_and_sees_another_sub(op: Provider) -> None:
    browser = op.browser()
    first = Backend.of(op).redeem(browser.go_through("service-1")).json()
    browser.authorize("service-2")
    assert 'id="approve"' in browser.page.text
    reply = browser.approve()
    assert isinstance(reply, Reply)
    second = Backend.of(op, "service-2").redeem(reply).json()
    subs = [parse(tokens["id_token"]).claims["sub"] for tokens in (first, second)]
    assert subs[0] != subs[1]
    again = browser.authorize("service-2")
    assert isinstance(again, Reply), "consent is remembered"
