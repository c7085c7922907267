"""Refresh tokens: RFC 6749 §6, RFC 9700 §4.14, OIDC Core 12.2."""

from typing import Any

import pytest

from keys.jose import parse
from tests.fapi import FapiClient
from tests.provider import Backend, Provider


@pytest.fixture
def service(op: Provider) -> Backend:
    """A confidential client whose tokens are not bound: its refresh tokens rotate."""
    op.add_client(
        "web",
        client_secret="secret-of-web",
        redirect_uris=["https://web.example.kh/callback"],
        grant_types=["authorization_code", "refresh_token"],
        scope="openid profile email offline_access",
    )
    return Backend.of(op, "web")


def first(op: Provider, service: Backend, scope: str = "openid profile") -> dict[str, Any]:
    tokens: dict[str, Any] = service.redeem(op.browser().go_through("web", scope=scope)).json()
    return tokens


def refresh(service: Backend, refresh_token: str, **changed: str | None) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **changed}
    return service.post("/token", **form)


@pytest.mark.rule("token.refresh-rotation", "token.refresh-id-token")
def test_refresh_rotates_and_keeps_who_signed_in_and_when(op: Provider, service: Backend) -> None:
    tokens = first(op, service)
    op.clock.advance(120)
    renewed = refresh(service, tokens["refresh_token"]).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    old, new = (parse(each["id_token"]).claims for each in (tokens, renewed))
    for name in ("iss", "sub", "aud", "auth_time", "acr"):
        assert new[name] == old[name]
    assert new["iat"] == old["iat"] + 120
    assert "nonce" not in new


@pytest.mark.rule("token.refresh-grace")
def test_lost_answer_is_given_again_within_the_grace_window(op: Provider, service: Backend) -> None:
    tokens = first(op, service)
    successor = refresh(service, tokens["refresh_token"]).json()["refresh_token"]
    op.clock.advance(30)
    assert refresh(service, tokens["refresh_token"]).json()["refresh_token"] == successor


@pytest.mark.rule("token.refresh-rotation")
def test_reuse_after_the_grace_window_ends_the_family(op: Provider, service: Backend) -> None:
    tokens = first(op, service)
    renewed = refresh(service, tokens["refresh_token"]).json()
    op.clock.advance(31)
    answer = refresh(service, tokens["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"
    assert answer.json()["error_description"].startswith("refresh_token_reused")
    assert refresh(service, renewed["refresh_token"]).json()["error"] == "invalid_grant"
    assert service.userinfo(renewed["access_token"]).status_code == 401


@pytest.mark.rule("token.refresh-scope")
def test_scope_may_shrink_and_not_grow(op: Provider, service: Backend) -> None:
    tokens = first(op, service, "openid profile email")
    less = refresh(service, tokens["refresh_token"], scope="openid")
    assert less.json()["scope"] == "openid"
    again = refresh(service, less.json()["refresh_token"], scope="openid email")
    assert again.json()["scope"] == "openid email", "the grant itself did not shrink"
    more = refresh(service, again.json()["refresh_token"], scope="openid phone")
    assert more.json()["error"] == "invalid_scope"


@pytest.mark.rule("token.refresh-scope")
def test_narrowed_token_tells_less(op: Provider, service: Backend) -> None:
    tokens = first(op, service, "openid profile email")
    less = refresh(service, tokens["refresh_token"], scope="openid email").json()
    told = service.userinfo(less["access_token"]).json()
    assert told.keys() == {"sub", "email", "email_verified"}


@pytest.mark.rule("token.refresh-authenticated")
def test_refresh_token_belongs_to_one_client(op: Provider, service: Backend) -> None:
    tokens = first(op, service)
    op.add_client(
        "thief",
        client_secret="secret-of-thief",
        redirect_uris=["https://thief.example.kh/"],
        grant_types=["authorization_code", "refresh_token"],
    )
    answer = refresh(Backend.of(op, "thief"), tokens["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"
    assert refresh(service, tokens["refresh_token"]).status_code == 200


def test_client_without_the_grant_gets_no_refresh_token(op: Provider) -> None:
    tokens = Backend.of(op).redeem(op.browser().go_through("service-1")).json()
    assert "refresh_token" not in tokens


@pytest.mark.rule("token.refresh-logout")
def test_sign_out_ends_it_without_offline_access(op: Provider, service: Backend) -> None:
    browser = op.browser()
    tokens = service.redeem(browser.go_through("web")).json()
    browser.open("/logout")
    browser.submit(decision="logout")
    assert refresh(service, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.rule("token.refresh-logout")
def test_offline_access_outlives_the_session(op: Provider, service: Backend) -> None:
    browser = op.browser()
    scope = "openid offline_access"
    tokens = service.redeem(browser.go_through("web", scope=scope, prompt="consent")).json()
    browser.open("/logout")
    browser.submit(decision="logout")
    op.clock.advance(13 * 3600)
    renewed = refresh(service, tokens["refresh_token"])
    assert renewed.status_code == 200
    op.clock.advance(31 * 86_400)
    late = refresh(service, renewed.json()["refresh_token"])
    assert late.json()["error"] == "invalid_grant"


def test_without_offline_access_it_ends_with_the_sessions_limit(
    op: Provider, service: Backend
) -> None:
    tokens = first(op, service)
    op.clock.advance(12 * 3600)
    assert refresh(service, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.rule("token.refresh-kept")
def test_bound_confidential_client_keeps_its_refresh_token(op: Provider) -> None:
    client = FapiClient.register(op)
    tokens = client.redeem(client.go_through(op.browser())).json()
    renewed = client.refresh(tokens["refresh_token"]).json()
    assert renewed["refresh_token"] == tokens["refresh_token"]
    assert renewed["token_type"] == "DPoP"


def test_bound_confidential_client_may_change_its_dpop_key(op: Provider) -> None:
    client = FapiClient.register(op)
    tokens = client.redeem(client.go_through(op.browser())).json()
    client.dpop_key = type(client.dpop_key)()
    renewed = client.refresh(tokens["refresh_token"]).json()
    assert parse(renewed["access_token"]).claims["cnf"] == {"jkt": client.dpop_key.kid}


@pytest.mark.rule("dpop.public-refresh")
def test_public_client_is_known_by_its_dpop_key(op: Provider) -> None:
    op.add_client(
        "app",
        token_endpoint_auth_method="none",
        redirect_uris=["https://app.example.kh/callback"],
        grant_types=["authorization_code", "refresh_token"],
        scope="openid",
        require_pkce=True,
        dpop_bound_access_tokens=True,
    )
    client = FapiClient(op, "app", type(FapiClient.register(op).dpop_key)())
    nothing = {"client_assertion": None, "client_assertion_type": None, "client_id": "app"}
    reply = op.browser().go_through("app", scope="openid")
    tokens = client.redeem(reply, **nothing).json()
    renewed = client.refresh(tokens["refresh_token"], **nothing).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    client.dpop_key = type(client.dpop_key)()
    stolen = client.refresh(renewed["refresh_token"], **nothing)
    assert stolen.json()["error"] == "invalid_grant"
