"""The UserInfo endpoint (OIDC Core 5.3) and its bearer tokens (RFC 6750, RFC 9068 §4)."""

from typing import Any

import pytest

from idp.rules.tokens import ACCESS_TOKEN_SECONDS
from keys.jose import TokenSigner, parse
from keys.signer import Algorithm, SoftwareSigner
from tests.provider import ISSUER, Backend, Provider


@pytest.fixture
def service(op: Provider) -> Backend:
    return Backend.of(op)


@pytest.fixture
def tokens(op: Provider, service: Backend) -> dict[str, Any]:
    return dict(service.redeem(op.browser().go_through(scope="openid phone")).json())


@pytest.mark.rule("identity.userinfo")
def test_token_is_taken_from_the_header_or_a_posted_body(
    service: Backend, tokens: dict[str, Any]
) -> None:
    token = tokens["access_token"]
    for answer in (
        service.http.get("/userinfo", headers={"Authorization": f"Bearer {token}"}),
        service.http.get("/userinfo", headers={"Authorization": f"bEARER {token}"}),
        service.http.post("/userinfo", headers={"Authorization": f"Bearer {token}"}),
        service.http.post("/userinfo", data={"access_token": token}),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["phone_number"] == "+85512345678"
        assert answer.json()["sub"] == parse(tokens["id_token"]).claims["sub"]


@pytest.mark.rule("identity.bearer")
def test_request_without_a_token_is_told_the_scheme_and_nothing_more(service: Backend) -> None:
    for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}):
        answer = service.http.get("/userinfo", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith(f'Bearer realm="{ISSUER}"')
        assert "error=" not in answer.headers["www-authenticate"]


@pytest.mark.rule("identity.bearer")
def test_token_in_the_query_or_in_two_places_is_refused(
    service: Backend, tokens: dict[str, Any]
) -> None:
    token = tokens["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    for answer in (
        service.http.get(f"/userinfo?access_token={token}"),
        service.http.get(f"/userinfo?access_token={token}", headers=bearer),
        service.http.post("/userinfo", data={"access_token": token}, headers=bearer),
        service.http.get("/userinfo", headers=[*bearer.items(), *bearer.items()]),
    ):
        assert answer.status_code == 400
        assert 'error="invalid_request"' in answer.headers["www-authenticate"]


def forged(op: Provider, token: str, **changed: Any) -> str:
    """The token's content with changes, rightly signed by our own key."""
    signer = op.ctx.signer(Algorithm.ES256)
    return signer.sign({**parse(token).claims, **changed}, "at+jwt")


@pytest.mark.rule("token.audience", "token.at-jwt")
def test_token_that_is_not_ours_for_this_endpoint_is_invalid(
    op: Provider, service: Backend, tokens: dict[str, Any]
) -> None:
    token = tokens["access_token"]
    signer = op.ctx.signer(Algorithm.ES256)
    thief = TokenSigner(SoftwareSigner.generate(Algorithm.ES256), signer.kid)
    head, payload, signature = token.split(".")
    for wrong in (
        "opaque",
        "a.b.c",
        tokens["id_token"],  # an ID token is never accepted as an access token
        signer.sign(parse(token).claims, "JWT"),
        thief.sign(parse(token).claims, "at+jwt"),
        op.ctx.signer(Algorithm.RS256).sign(parse(token).claims, "at+jwt"),
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        forged(op, token, aud="https://other.example"),
        forged(op, token, iss="https://other.example"),
        forged(op, token, exp=op.now),
        forged(op, token, grant_id="another"),
    ):
        answer = service.userinfo(wrong)
        assert answer.status_code == 401, wrong
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert set(answer.json()) >= {"error", "error_description"}
    assert service.userinfo(token).status_code == 200


def test_token_without_openid_is_insufficient(
    op: Provider, service: Backend, tokens: dict[str, Any]
) -> None:
    answer = service.userinfo(forged(op, tokens["access_token"], scope="phone"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_clients_own_token_opens_nobodys_claims(op: Provider) -> None:
    op.add_client(
        "machine", client_secret="secret-of-machine", grant_types=["client_credentials"],
        scope="seal",
    )  # fmt: skip
    machine = Backend.of(op, "machine")
    token = machine.post("/token", grant_type="client_credentials").json()["access_token"]
    assert machine.userinfo(token).status_code in (401, 403)


def test_token_expires(op: Provider, service: Backend, tokens: dict[str, Any]) -> None:
    assert tokens["expires_in"] == ACCESS_TOKEN_SECONDS
    op.clock.advance(ACCESS_TOKEN_SECONDS - 1)
    assert service.userinfo(tokens["access_token"]).status_code == 200
    op.clock.advance(1)
    assert service.userinfo(tokens["access_token"]).status_code == 401


def test_claims_are_those_of_today(op: Provider, service: Backend, tokens: dict[str, Any]) -> None:
    op.add_person("sokha", {"phone_number": "+85599999999"})
    told = service.userinfo(tokens["access_token"]).json()
    assert told["phone_number"] == "+85599999999"
    assert "phone_number_verified" not in told


def test_other_methods_are_not_taken(service: Backend) -> None:
    answer = service.http.put("/userinfo")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, OPTIONS")
