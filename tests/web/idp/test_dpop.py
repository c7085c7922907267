"""Proofs of possession at the token endpoint and at resources: RFC 9449."""

from typing import Any

import pytest

from keys.jose import parse
from tests.fapi import FapiClient
from tests.provider import Keypair, Provider, authorization_request

_ANOTHER_KEY = {  # RFC 9449 §4.1, figure 2
    "kty": "EC",
    "crv": "P-256",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
}


@pytest.fixture
def client(op: Provider) -> FapiClient:
    return FapiClient.register(op)


def ask(client: FapiClient, proof: str | None, **headers: Any) -> Any:
    form = {"grant_type": "client_credentials", "scope": "seal"}
    return client.post("/token", proof=proof, headers=headers or None, **form)


def test_token_is_bound_to_the_proofs_key(client: FapiClient) -> None:
    answer = ask(client, client.proof()).json()
    assert answer["token_type"] == "DPoP"
    assert parse(answer["access_token"]).claims["cnf"] == {"jkt": client.dpop_key.kid}


@pytest.mark.rule("dpop.proof", "token.bound")
def test_client_whose_tokens_are_bound_gets_none_without_a_proof(client: FapiClient) -> None:
    answer = ask(client, None)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.rule("dpop.proof")
@pytest.mark.parametrize(
    "wrong",
    [
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"jwk": None}},
        {"header": {"jwk": _ANOTHER_KEY}},
        {"header": {"jwk": {**_ANOTHER_KEY, "d": "AAAA"}}},
        {"header": {"alg": "none"}},
        {"method": "GET"},
        {"path": "/userinfo"},
        {"htm": None},
        {"htu": None},
        {"htu": "https://elsewhere.example.kh/token"},
        {"iat": None},
        {"iat": "now"},
        {"jti": None},
        {"jti": ""},
    ],
    ids=str,
)
def test_proof_that_is_not_one_is_refused(client: FapiClient, wrong: dict[str, Any]) -> None:
    answer = ask(client, client.proof(**wrong))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.rule("dpop.window")
@pytest.mark.parametrize(
    ("offset", "accepted"), [(-61, False), (-10, True), (0, True), (10, True), (11, False)]
)
def test_iat_is_fresh(client: FapiClient, offset: int, accepted: bool) -> None:
    answer = ask(client, client.proof(iat=client.provider.now + offset))
    assert (answer.status_code == 200) == accepted


@pytest.mark.rule("dpop.htu")
def test_query_case_and_default_port_of_htu_do_not_matter(client: FapiClient) -> None:
    answer = ask(client, client.proof(htu="HTTP://LocalHost:8000/token?x=1#y"))
    assert answer.status_code == 200


@pytest.mark.rule("dpop.once")
def test_proof_is_used_once(client: FapiClient) -> None:
    proof = client.proof()
    assert ask(client, proof).status_code == 200
    answer = ask(client, proof)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.rule("dpop.proof")
def test_two_proofs_are_refused(client: FapiClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "fapi"}
    headers = [("DPoP", client.proof()), ("DPoP", client.proof())]
    answer = client.http.post(
        "/userinfo", data=form, headers=[*headers, ("Authorization", "DPoP x")]
    )
    assert answer.json()["error"] == "invalid_dpop_proof"


@pytest.mark.rule("dpop.nonce")
def test_nonce_is_demanded_where_it_is_registered(op: Provider) -> None:
    client = FapiClient.register(op, "nonced", dpop_nonce_required=True)
    refused = ask(client, client.proof())
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["dpop-nonce"]
    assert ask(client, client.proof(nonce=nonce)).status_code == 200
    op.clock.advance(170)
    assert ask(client, client.proof(nonce=nonce)).status_code == 200
    op.clock.advance(360)
    assert ask(client, client.proof(nonce=nonce)).json()["error"] == "use_dpop_nonce"


@pytest.mark.rule("authorize.code", "dpop.code")
def test_code_is_bound_to_the_key_that_was_pushed(op: Provider, client: FapiClient) -> None:
    key = client.dpop_key
    reply = client.go_through(op.browser(), dpop_jkt=key.kid)
    client.dpop_key = Keypair()
    answer = client.redeem(reply)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    client.dpop_key = key
    assert client.redeem(reply).json()["error"] == "invalid_grant", "the code is burnt"


@pytest.mark.rule("dpop.code")
def test_key_of_a_proof_at_par_binds_the_code(op: Provider, client: FapiClient) -> None:
    asked = authorization_request("fapi")
    pushed = client.post("/par", proof=client.proof("/par"), **asked)
    reply = op.browser()
    there = reply.arrive(client.open(reply, pushed.json()["request_uri"]))
    client.dpop_key = Keypair()
    assert client.redeem(there).json()["error"] == "invalid_grant"


@pytest.mark.rule("dpop.resource")
def test_bound_token_is_no_bearer_token(op: Provider, client: FapiClient) -> None:
    token = client.redeem(client.go_through(op.browser())).json()["access_token"]
    answer = client.http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.rule("dpop.resource")
@pytest.mark.parametrize(
    "wrong", [{"ath": None}, {"ath": "AAAA"}, {"htm": "POST"}, {"iat": 0}], ids=str
)
def test_resource_checks_the_whole_proof(
    op: Provider, client: FapiClient, wrong: dict[str, Any]
) -> None:
    token = client.redeem(client.go_through(op.browser())).json()["access_token"]
    answer = client.userinfo(token, **wrong)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("DPoP ")


@pytest.mark.rule("dpop.resource")
def test_resource_takes_a_proof_once_and_by_the_right_key(op: Provider, client: FapiClient) -> None:
    token = client.redeem(client.go_through(op.browser())).json()["access_token"]
    proof = client.proof("/userinfo", "GET", token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    assert client.http.get("/userinfo", headers=headers).status_code == 200
    assert client.http.get("/userinfo", headers=headers).status_code == 401
    client.dpop_key = Keypair()
    assert client.userinfo(token).status_code == 401
