"""Signed requests (RFC 9101, FAPI 2.0 Message Signing 5.3) and signed answers (JARM)."""

import re
from typing import Any

import pytest

from keys.jose import parse
from tests.fapi import FapiClient
from tests.provider import ISSUER, Keypair, Provider, Reply, authorization_request


@pytest.fixture
def client(op: Provider) -> FapiClient:
    return FapiClient.register(
        op,
        security_profile="fapi2-message-signing",
        introspection_signed_response_alg="ES256",
    )


def request_object(
    client: FapiClient, typ: str = "oauth-authz-req+jwt", key: Keypair | None = None, **changed: Any
) -> str:
    now = client.provider.now
    claims = {
        **authorization_request(client.client_id, response_mode="jwt"),
        "iss": client.client_id,
        "aud": ISSUER,
        "nbf": now,
        "exp": now + 300,
        **changed,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return (key or client.key).sign(kept, typ)


def push(client: FapiClient, token: str, **outside: str) -> Any:
    return client.post("/par", proof=None, request=token, **outside)


@pytest.mark.rule("par.jarm")
def test_signed_request_is_answered_by_a_signed_answer(op: Provider, client: FapiClient) -> None:
    pushed = push(client, request_object(client)).json()
    browser = op.browser()
    reply = browser.arrive(client.open(browser, pushed["request_uri"]))
    assert reply.parameters.keys() == {"response"}
    answer = parse(reply.parameters["response"]).claims
    assert answer["iss"] == ISSUER
    assert answer["aud"] == "fapi"
    assert answer["state"] == "the-state"
    assert op.now < answer["exp"] <= op.now + 600
    tokens = client.redeem(Reply(reply.uri, {"code": answer["code"]}))
    assert tokens.status_code == 200


@pytest.mark.rule("par.jar-envelope")
@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "JWT", "application/oauth-authz-req+jwt"])
def test_type_is_accepted(client: FapiClient, typ: str) -> None:
    assert push(client, request_object(client, typ)).status_code == 201


@pytest.mark.rule("par.jar-envelope")
def test_audience_may_be_several(client: FapiClient) -> None:
    assert push(client, request_object(client, aud=[ISSUER, "https://other"])).status_code == 201


@pytest.mark.rule("par.jar-inside", "par.jar-envelope", "par.jar-nested")
@pytest.mark.parametrize(
    "changed",
    [
        {"typ": "at+jwt"},
        {"key": Keypair()},
        {"client_id": "someone-else"},
        {"client_id": None},
        {"iss": "someone-else"},
        {"iss": None},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"exp": None},
        {"nbf": None},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": -3601},
        {"nbf": 60},
        {"request": "x.y.z"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        {"login_hint": "so\x00kha"},  # which can be no text of PostgreSQL's
    ],
    ids=lambda changed: str(sorted(changed)),
)
def test_request_object_that_is_not_right_is_refused(
    client: FapiClient, changed: dict[str, Any]
) -> None:
    if isinstance(changed.get("nbf"), int):
        changed = {"nbf": client.provider.now + changed["nbf"]}
    answer = push(client, request_object(client, **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request_object")


@pytest.mark.rule("par.jar-envelope")
def test_clock_of_the_client_may_be_eight_seconds_ahead(client: FapiClient) -> None:
    nbf = client.provider.now + 8
    assert push(client, request_object(client, nbf=nbf)).status_code == 201


@pytest.mark.rule("par.jar-envelope")
def test_exp_is_an_hour_after_nbf_at_most(client: FapiClient) -> None:
    late = request_object(client, exp=client.provider.now + 3601)
    assert push(client, late).json()["error"] == "invalid_request_object"


@pytest.mark.rule("par.jar-envelope")
def test_unsigned_request_object_is_refused(client: FapiClient) -> None:
    _, claims, _ = request_object(client).split(".")
    unsigned = f"eyJhbGciOiJub25lIn0.{claims}."
    assert push(client, unsigned).json()["error"] == "invalid_request_object"


@pytest.mark.rule("par.jar-inside")
def test_parameters_outside_do_not_count(op: Provider, client: FapiClient) -> None:
    pushed = push(client, request_object(client), state="outside", scope="openid email").json()
    browser = op.browser()
    reply = browser.arrive(client.open(browser, pushed["request_uri"]))
    assert parse(reply.parameters["response"]).claims["state"] == "the-state"


@pytest.mark.rule("par.jar-required")
def test_client_that_has_to_sign_is_refused_without(client: FapiClient) -> None:
    answer = client.push()
    assert answer.json()["error_description"].startswith("request_object_required")


def test_plain_client_may_send_a_request_object_by_value(op: Provider) -> None:
    key = Keypair()
    op.add_client(
        "signer",
        token_endpoint_auth_method="private_key_jwt",
        jwks=key.jwks,
        redirect_uris=["https://signer.example.kh/callback"],
        scope="openid profile",
    )
    inside = key.sign({**authorization_request("signer"), "iss": "signer", "aud": ISSUER})
    browser = op.browser()
    there = browser.open(f"/authorize?client_id=signer&request={inside}&state=outside")
    assert browser.arrive(there).parameters["state"] == "the-state"


@pytest.mark.rule("par.jarm")
def test_refused_answer_is_signed_too(op: Provider, client: FapiClient) -> None:
    pushed = push(client, request_object(client, prompt="none")).json()
    reply = client.open(op.browser(), pushed["request_uri"])
    assert isinstance(reply, Reply)
    assert parse(reply.parameters["response"]).claims["error"] == "login_required"


@pytest.mark.rule("authorize.response-modes")
def test_form_post_sends_itself_and_works_by_hand(op: Provider) -> None:
    browser = op.browser()
    browser.authorize(response_mode="form_post")
    browser.sign_in()
    browser.approve()
    page = browser.page
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    assert fields.keys() == {"code", "state", "iss"}
    assert 'action="https://service-1.example.kh/callback"' in page.text
    assert (
        "form-action 'self' https://service-1.example.kh" in page.headers["content-security-policy"]
    )
    assert "submit.js" in page.text
    assert '<button type="submit"' in page.text


@pytest.mark.rule("authorize.response-modes")
def test_form_post_of_a_signed_answer(op: Provider) -> None:
    browser = op.browser()
    browser.authorize(response_mode="form_post.jwt", prompt="none")
    fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', browser.page.text))
    assert parse(fields["response"]).claims["error"] == "login_required"


@pytest.mark.rule("authorize.response-modes")
@pytest.mark.parametrize("mode", ["fragment", "web_message", "nonsense"])
def test_other_response_modes_are_refused(op: Provider, mode: str) -> None:
    reply = op.browser().authorize(response_mode=mode)
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "invalid_request"
