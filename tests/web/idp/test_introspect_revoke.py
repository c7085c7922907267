"""Introspection (RFC 7662, RFC 9701) and revocation (RFC 7009)."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from keys.jose import parse
from tests.fapi import FapiClient
from tests.provider import ISSUER, Backend, Keypair, Provider

RESOURCE = "https://api.example.kh"


@pytest.fixture
def client(op: Provider) -> FapiClient:
    return FapiClient.register(op, audience=[RESOURCE])


@pytest.fixture
def server(op: Provider) -> Backend:
    """A resource server: it asks about the tokens that clients bring it."""
    op.add_client(
        "api",
        client_secret="secret-of-api",
        grant_types=["client_credentials"],
        resource_identifiers=[RESOURCE],
    )
    return Backend.of(op, "api")


def tokens_of(op: Provider, client: FapiClient) -> dict[str, Any]:
    tokens: dict[str, Any] = client.redeem(client.go_through(op.browser())).json()
    return tokens


@pytest.mark.rule("token.introspection")
def test_resource_server_learns_what_a_live_token_is(
    op: Provider, client: FapiClient, server: Backend
) -> None:
    token = tokens_of(op, client)["access_token"]
    answer = server.post("/introspect", token=token)
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["active"] is True
    assert told["client_id"] == "fapi"
    assert told["iss"] == ISSUER
    assert told["token_type"] == "DPoP"
    assert told["cnf"] == {"jkt": client.dpop_key.kid}
    assert RESOURCE in told["aud"]
    assert "grant_id" not in told


@pytest.mark.rule("token.introspection")
def test_stranger_learns_nothing(op: Provider, client: FapiClient) -> None:
    token = tokens_of(op, client)["access_token"]
    assert Backend.of(op).post("/introspect", token=token).json() == {"active": False}


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é", "x" * 20_000])
def test_what_is_no_token_is_inactive_or_missing(server: Backend, token: str) -> None:
    answer = server.post("/introspect", token=token)
    if token == "" or len(token) > 16_384:
        assert answer.status_code == 400
    else:
        assert answer.json() == {"active": False}


@pytest.mark.rule("token.introspection")
def test_caller_has_to_authenticate(op: Provider, client: FapiClient) -> None:
    answer = client.http.post("/introspect", data={"token": "x", "client_id": "api"})
    assert answer.status_code in {400, 401}


@pytest.mark.rule("token.introspection-signed")
def test_signed_answer_names_its_reader(op: Provider, client: FapiClient) -> None:
    key = Keypair()
    op.add_client(
        "signed-api",
        token_endpoint_auth_method="private_key_jwt",
        jwks=key.jwks,
        grant_types=["client_credentials"],
        resource_identifiers=[RESOURCE],
        introspection_signed_response_alg="ES256",
    )
    reader = FapiClient(op, "signed-api", key)
    answer = reader.post("/introspect", proof=None, token=tokens_of(op, client)["access_token"])
    assert answer.headers["content-type"] == "application/token-introspection+jwt"
    token = parse(answer.text)
    assert token.header["typ"] == "token-introspection+jwt"
    assert token.claims["aud"] == "signed-api"
    assert token.claims["token_introspection"]["active"] is True
    assert "exp" not in token.claims
    assert "sub" not in token.claims


def test_opaque_token_is_a_handle_that_introspection_explains(
    op: Provider, server: Backend
) -> None:
    client = FapiClient.register(op, "opaque", access_token_format="opaque", audience=[RESOURCE])
    tokens = client.redeem(client.go_through(op.browser())).json()
    assert "." not in tokens["access_token"]
    assert server.post("/introspect", token=tokens["access_token"]).json()["active"] is True
    assert client.userinfo(tokens["access_token"]).status_code == 200
    op.clock.advance(301)
    assert server.post("/introspect", token=tokens["access_token"]).json() == {"active": False}
    assert client.userinfo(tokens["access_token"]).status_code == 401


def test_refresh_token_is_known_to_its_own_client_alone(
    op: Provider, client: FapiClient, server: Backend
) -> None:
    refresh_token = tokens_of(op, client)["refresh_token"]
    assert server.post("/introspect", token=refresh_token).json() == {"active": False}
    own = client.post("/introspect", proof=None, token=refresh_token).json()
    assert own["active"] is True


@pytest.mark.rule("token.revocation")
def test_revoked_access_token_is_dead_everywhere(
    op: Provider, client: FapiClient, server: Backend
) -> None:
    tokens = tokens_of(op, client)
    assert client.post("/revoke", proof=None, token=tokens["access_token"]).status_code == 200
    assert server.post("/introspect", token=tokens["access_token"]).json() == {"active": False}
    assert client.userinfo(tokens["access_token"]).status_code == 401
    renewed = client.refresh(tokens["refresh_token"])
    assert renewed.status_code == 200, "its family lives on"


@pytest.mark.rule("token.revocation")
def test_revoked_refresh_token_takes_its_family_along(
    op: Provider, client: FapiClient, server: Backend
) -> None:
    tokens = tokens_of(op, client)
    form = {"token": tokens["refresh_token"], "token_type_hint": "access_token"}
    assert client.post("/revoke", proof=None, **form).status_code == 200
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert server.post("/introspect", token=tokens["access_token"]).json() == {"active": False}


@pytest.mark.rule("token.revocation")
@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_revoking_what_is_unknown_is_fine(op: Provider, token: str) -> None:
    assert Backend.of(op).post("/revoke", token=token).status_code == 200


@pytest.mark.rule("token.revocation")
def test_nobody_revokes_anothers_token(op: Provider, client: FapiClient) -> None:
    tokens = tokens_of(op, client)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert Backend.of(op).post("/revoke", token=token).status_code == 200
    assert client.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.rule("token.introspection")
def test_a_public_client_introspects_nothing(op: Provider) -> None:
    """RFC 7662 §2.1: whoever asks is authenticated, so that nobody tries tokens out."""
    op.add_client(
        "native",
        token_endpoint_auth_method="none",
        redirect_uris=["kh.example.native:/callback"],
    )
    native = Backend(TestClient(op.app, ISSUER), "native")
    answer = native.post("/introspect", client_id="native", token="x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.rule("authorize.step-up")
def test_resource_learns_how_surely_and_when_the_person_signed_in(
    op: Provider, client: FapiClient, server: Backend
) -> None:
    """By which it decides whether to ask for more (RFC 9470 §6)."""
    began = op.now
    token = tokens_of(op, client)["access_token"]
    op.clock.advance(60)
    for told in (parse(token).claims, server.post("/introspect", token=token).json()):
        assert (told["acr"], told["auth_time"]) == ("urn:tra:loa:2", began)
