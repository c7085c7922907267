"""The token endpoint (RFC 6749 §2.3, §3.2, §4.1.3, §4.4, §5; RFC 7523; RFC 7636)."""

import base64
import re
from typing import Any
from urllib.parse import quote_plus

import pytest
from starlette.testclient import TestClient

from clients.rules.authentication import ASSERTION_TYPE
from keys.jose import parse
from tests.provider import (
    ISSUER,
    VERIFIER,
    Backend,
    Keypair,
    Provider,
    Reply,
    fresh_assertion,
)

SECRET = "a secret: +/%&ក"
KEY = Keypair()
MACHINE: dict[str, Any] = {"grant_types": ["client_credentials"], "scope": "openid seal"}


@pytest.fixture
def http(op: Provider) -> TestClient:
    """The token endpoint with a client for each way to authenticate."""
    for method in ("client_secret_basic", "client_secret_post", "private_key_jwt"):
        by_key = {"jwks": KEY.jwks} if method == "private_key_jwt" else {"client_secret": SECRET}
        op.add_client(method, token_endpoint_auth_method=method, **MACHINE, **by_key)
    return TestClient(op.app, ISSUER)


def basic(client_id: str, secret: str = SECRET) -> dict[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def by_assertion(op: Provider, **changed: Any) -> dict[str, str]:
    return {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": fresh_assertion(KEY, "private_key_jwt", op.now, **changed),
    }


def ask(http: TestClient, form: dict[str, str], headers: dict[str, str] | None = None) -> Any:
    return http.post(
        "/token", data={"grant_type": "client_credentials", **form}, headers=headers or {}
    )


def error_of(answer: Any) -> str:
    """What RFC 6749 §5.2 calls it; every error is uncacheable JSON that teaches."""
    assert answer.status_code in (400, 401), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["error_description"].partition(":")[0] in told["error_uri"]
    assert told["request_id"] == answer.headers["x-request-id"]
    return str(told["error"])


def test_each_client_authenticates_as_it_is_registered(op: Provider, http: TestClient) -> None:
    post = {"client_id": "client_secret_post", "client_secret": SECRET}
    for form, headers in (
        ({}, basic("client_secret_basic")),
        (post, {}),
        (by_assertion(op), {}),
        (by_assertion(op, aud=f"{ISSUER}/token"), {}),
    ):
        answer = ask(http, form, headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["scope"]) == ("Bearer", "seal")
        assert 0 < told["expires_in"] <= 3_600
        token = parse(told["access_token"])
        assert token.header["typ"] == "at+jwt"
        assert token.claims["sub"] == token.claims["client_id"]
        assert token.claims["agency"] == "moc"
        assert "refresh_token" not in told
        assert "id_token" not in told


@pytest.mark.rule("token.errors")
def test_client_that_fails_to_authenticate_is_401_and_told_the_scheme(
    op: Provider, http: TestClient
) -> None:
    post = {"client_id": "client_secret_post", "client_secret": SECRET}
    for form, headers in (
        ({}, {}),
        ({"client_id": "client_secret_basic"}, {}),
        ({"client_id": "nobody"}, {}),
        ({}, basic("client_secret_basic", "wrong")),
        ({}, basic("nobody")),
        ({}, basic("a\x00b")),
        ({}, basic("client_secret_post")),
        ({}, {"Authorization": "Bearer x"}),
        ({**post, "client_secret": "wrong"}, {}),
        ({**post, "client_id": "client_secret_basic"}, {}),
        ({**post, "client_id": "private_key_jwt"}, {}),
        (by_assertion(op, iss="another"), {}),
        (by_assertion(op, sub="client_secret_post", iss="client_secret_post"), {}),
        (by_assertion(op, sub="\x00"), {}),
        (by_assertion(op, aud="https://evil.example"), {}),
        (by_assertion(op, exp=op.now), {}),
        (by_assertion(op, jti=None), {}),
    ):
        answer = ask(http, form, headers)
        assert error_of(answer) == "invalid_client", (form, headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.rule("client.one-method")
def test_client_that_authenticates_in_two_ways_is_refused(op: Provider, http: TestClient) -> None:
    for form in ({"client_secret": SECRET}, by_assertion(op), {"client_id": "another"}):
        answer = ask(http, form, basic("client_secret_basic"))
        assert (answer.status_code, error_of(answer)) == (400, "invalid_request")
    twice = [*basic("client_secret_basic").items(), *basic("client_secret_basic").items()]
    answer = http.post("/token", data={"grant_type": "client_credentials"}, headers=twice)
    assert error_of(answer) == "invalid_request"


@pytest.mark.rule("client.assertion")
def test_assertion_is_used_once(op: Provider, http: TestClient) -> None:
    form = by_assertion(op)
    assert ask(http, form).status_code == 200
    assert error_of(ask(http, form)) == "invalid_client"
    assert ask(http, by_assertion(op)).status_code == 200


@pytest.mark.rule("token.errors")
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unauthorized_client"),
        ({"scope": "seal openid"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_request_is_refused_by_its_rfc_name(
    http: TestClient, form: dict[str, str], error: str
) -> None:
    answer = ask(http, form, basic("client_secret_basic"))
    assert (answer.status_code, error_of(answer)) == (400, error)


@pytest.mark.rule("token.errors")
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("grant_type=client_credentials&grant_type=client_credentials", "form"),
        ("grant_type=client_credentials&x=%FF", "form"),
        ("grant_type=client_credentials&scope=%00", "form"),
        ('{"grant_type": "client_credentials"}', "application/json"),
        ("grant_type=client_credentials", "text/plain"),
        ("", ""),
    ],
)
def test_body_that_is_no_clean_form_is_invalid_request_and_never_422(
    http: TestClient, content: str, content_type: str
) -> None:
    kind = "application/x-www-form-urlencoded" if content_type == "form" else content_type
    headers = {**basic("client_secret_basic"), "Content-Type": kind}
    assert error_of(http.post("/token", content=content, headers=headers)) == "invalid_request"


def test_get_is_not_taken(http: TestClient) -> None:
    answer = http.get("/token")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_code_becomes_an_id_token_and_an_access_token(op: Provider) -> None:
    told = Backend.of(op).redeem(op.browser().go_through()).json()
    access, identity = parse(told["access_token"]), parse(told["id_token"])
    assert (access.header["typ"], identity.header["typ"]) == ("at+jwt", "JWT")
    assert {"iss", "aud", "exp", "sub", "client_id", "iat", "jti"} <= access.claims.keys()
    assert (identity.claims["iss"], identity.claims["aud"]) == (ISSUER, "service-1")
    assert identity.claims["sub"] == access.claims["sub"]
    assert told["scope"] == "openid profile"


def test_id_token_is_signed_as_the_client_registered(op: Provider) -> None:
    for algorithm in ("ES256", "RS256", "PS256"):
        op.add_client(
            "service-1",
            client_secret="secret-of-service-1",
            redirect_uris=["https://service-1.example.kh/callback"],
            scope="openid profile",
            id_token_signed_response_alg=algorithm,
        )
        op.clock.advance(60)
        token = Backend.of(op).redeem(op.browser().go_through()).json()["id_token"]
        assert parse(token).header["alg"] == algorithm


@pytest.mark.rule("authorize.code", "token.pkce-verifier")
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": None}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": "x" * 5_000}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "https://service-1.example.kh/other"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:-1] + "x"}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
    ],
)
def test_code_that_does_not_fit_its_request_is_refused(
    op: Provider, changed: dict[str, str | None], error: str
) -> None:
    reply = op.browser().go_through()
    answer = Backend.of(op).redeem(reply, **changed)
    assert (answer.status_code, error_of(answer)) == (400, error)


@pytest.mark.rule("token.pkce-verifier")
def test_verifier_without_a_stored_challenge_is_refused(op: Provider) -> None:
    reply = op.browser().go_through(code_challenge=None, code_challenge_method=None)
    assert error_of(Backend.of(op).redeem(reply)) == "invalid_grant"


@pytest.mark.rule("authorize.code")
def test_code_lives_for_sixty_seconds(op: Provider) -> None:
    browser, service = op.browser(), Backend.of(op)
    reply = browser.go_through()
    op.clock.advance(59)
    assert service.redeem(reply).status_code == 200
    reply = browser.go_through()
    op.clock.advance(60)
    assert error_of(service.redeem(reply)) == "invalid_grant"


@pytest.mark.rule("token.code-replay")
def test_replayed_code_revokes_what_it_gave(op: Provider) -> None:
    reply, service = op.browser().go_through(), Backend.of(op)
    token = service.redeem(reply).json()["access_token"]
    assert service.userinfo(token).status_code == 200
    answer = service.redeem(reply)
    assert error_of(answer) == "invalid_grant"
    assert answer.json()["error_description"].startswith("code_replayed:")
    assert service.userinfo(token).status_code == 401


@pytest.mark.rule("token.code-foreign")
def test_different_client_cannot_use_a_code_nor_burn_it(op: Provider) -> None:
    reply = op.browser().go_through()
    thief = Backend.of(op, "service-2")
    for _ in range(2):
        assert error_of(thief.redeem(reply)) == "invalid_grant"
    service = Backend.of(op)
    token = service.redeem(reply).json()["access_token"]
    assert error_of(thief.redeem(reply)) == "invalid_grant"
    assert service.userinfo(token).status_code == 200


def test_wrong_secret_does_not_burn_a_code(op: Provider) -> None:
    reply, service = op.browser().go_through(), Backend.of(op)
    service.secret = "wrong"
    assert error_of(service.redeem(reply)) == "invalid_client"
    assert Backend.of(op).redeem(reply).status_code == 200


@pytest.mark.rule("logout.ends")
def test_code_dies_with_the_session(op: Provider) -> None:
    browser = op.browser()
    reply = browser.go_through()
    browser.open("/logout")
    browser.submit(decision="logout")
    assert error_of(Backend.of(op).redeem(reply)) == "invalid_grant"


def test_public_client_redeems_with_pkce_and_nothing_else(op: Provider) -> None:
    uri = "http://127.0.0.1/done"
    op.add_client(
        "app",
        redirect_uris=[uri],
        token_endpoint_auth_method="none",
        require_pkce=True,
        scope="openid profile",
    )
    asked = uri.replace("127.0.0.1", "127.0.0.1:51004")
    reply = op.browser().go_through("app", redirect_uri=asked)
    assert reply.uri == asked
    app = Backend(TestClient(op.app, ISSUER), "app")
    assert isinstance(reply, Reply)
    assert app.redeem(reply, client_id="app").status_code == 200


@pytest.mark.rule("token.response")
def test_answer_has_the_types_and_characters_of_the_specification(op: Provider) -> None:
    answer = Backend.of(op).redeem(op.browser().go_through())
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert told["token_type"] == "Bearer"
    assert 0 < told["expires_in"] <= 365 * 86_400
    for name in ("access_token", "id_token"):
        assert re.fullmatch(r"[\x20-\x7e]{22,}", told[name])
    assert told["scope"].split()
