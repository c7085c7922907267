"""The whole walk over both databases: what one forgives, the other may not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.rules.authentication import ASSERTION_TYPE
from core.clock import FixedClock
from tests.provider import (
    ISSUER,
    Backend,
    Browser,
    Keypair,
    Provider,
    Reply,
    fresh_assertion,
    provider,
)

KEY = Keypair()


@pytest.fixture
def op(database_url: str, clock: FixedClock) -> Iterator[Provider]:
    with provider(database_url, clock) as running:
        running.add_client(
            "machine",
            token_endpoint_auth_method="private_key_jwt",
            jwks=KEY.jwks,
            grant_types=["client_credentials"],
            scope="seal",
        )
        yield running


def ask_as_machine(op: Provider, **changed: Any) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": fresh_assertion(KEY, "machine", op.now, **changed),
    }
    return TestClient(op.app, ISSUER).post("/token", data=form)


def test_person_signs_in_shares_is_recognised_and_signs_out(op: Provider) -> None:
    browser, service = op.browser(), Backend.of(op)
    browser.authorize(scope="openid profile")
    browser.submit(username="sokha", password="wrong")
    browser.sign_in()
    reply = browser.approve()
    assert isinstance(reply, Reply)
    tokens = service.redeem(reply).json()
    assert service.userinfo(tokens["access_token"]).json()["name#km"] == "ចាន់ សុខា"
    again = browser.authorize("service-1", prompt="none")
    assert isinstance(again, Reply)
    assert "code" in again.parameters
    browser.open("/account")
    assert "service-1" in browser.page.text
    browser.open("/logout")
    browser.submit(decision="logout")
    assert service.userinfo(tokens["access_token"]).status_code == 401
    assert service.redeem(again).json()["error"] == "invalid_grant"


@pytest.mark.rule("dpop.once")
def test_machine_proves_its_key_and_each_proof_once(op: Provider) -> None:
    assert ask_as_machine(op, jti="one").status_code == 200
    assert ask_as_machine(op, jti="two").status_code == 200
    assert ask_as_machine(op, jti="one").json()["error"] == "invalid_client"


def test_text_that_a_database_cannot_hold_is_refused_and_breaks_nothing(op: Provider) -> None:
    for odd in ("\x00", "\ud800", "a\x00b", "\x01", "x" * 5_000):
        demanded = json.dumps({"id_token": {"sub": {"value": odd}}})
        found = op.browser().authorize(claims=demanded, prompt="none")
        assert isinstance(found, Reply)
        assert found.parameters["error"] in {"login_required", "invalid_request"}
    service = Backend.of(op)
    for odd in ("\x00", "a\x00b", "\x01", "x" * 5_000):
        assert ask_as_machine(op, sub=odd).status_code == 401
        assert ask_as_machine(op, jti=odd).status_code in (200, 401)
        answer = service.http.post("/token", data={"code": odd}, auth=(odd, odd))
        assert answer.status_code in (400, 401)
        answer = service.post("/token", grant_type="authorization_code", code=odd)
        assert answer.status_code == 400
        assert service.userinfo(odd.replace("\x00", "%00").replace("\x01", "")).status_code == 401
        browser = op.browser()
        browser.authorize(login_hint=odd.replace("\x00", ""))
        assert isinstance(browser.submit(username=odd, password=odd), Browser)
        assert browser.page.status_code in (200, 400)
        assert browser.http.get("/login/%00").status_code == 400


def test_service_is_ready(op: Provider) -> None:
    assert TestClient(op.app, ISSUER).get("/readyz").status_code == 200
