"""Certificates at the provider's endpoints (RFC 8705), and whose word is taken for them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from clients.rules.authentication import ASSERTION_TYPE
from core.clock import FixedClock
from keys.jose import parse
from tests.certificates import Certified
from tests.fapi import FapiClient
from tests.provider import (
    CHALLENGE,
    ISSUER,
    VERIFIER,
    Keypair,
    Provider,
    Reply,
    fresh_assertion,
)
from tra.forwarded import Forwarded

MTLS = "https://mtls.localhost:8444"
EDGE = "127.0.0.1"


@pytest.fixture
def root(clock: FixedClock) -> Certified:
    return Certified("Root", authority=True, since=clock.utc())


@pytest.fixture
def land(root: Certified, clock: FixedClock) -> Certified:
    return Certified("land", root, since=clock.utc())


@pytest.fixture
def op(furnished: Path, tmp_path: Path, clock: FixedClock, root: Certified) -> Iterator[Provider]:
    """The provider with an address for certificates, and an authority that it trusts."""
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    running = Provider(f"sqlite:///{path}", clock, mtls_url=MTLS, tls_client_ca=(root.certificate,))
    running.add_client(
        "land",
        security_profile="fapi2",
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn="CN=land,O=Ministry,C=KH",
        tls_client_certificate_bound_access_tokens=True,
        redirect_uris=["https://land.example.kh/callback"],
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        scope="openid profile seal",
    )
    yield running
    running.close()


def connection(op: Provider, certified: Certified | None, peer: str = EDGE) -> TestClient:
    """A connection through the edge; or from elsewhere, with the edge's headers."""
    headers = {"X-Forwarded-For": "203.0.113.7"}
    if certified is not None:
        headers["Tra-Client-Certificate"] = quote(certified.pem)
    return TestClient(Forwarded(op.app, [EDGE]), MTLS, headers=headers, client=(peer, 40000))


def token(http: TestClient, **form: str) -> Any:
    usual = {"client_id": "land", "grant_type": "client_credentials", "scope": "seal"}
    return http.post("/token", data={**usual, **form})


def granted(op: Provider, http: TestClient) -> dict[str, Any]:
    """A person's tokens, by PAR and code, all over one connection."""
    pushed = http.post(
        "/par",
        data={
            "client_id": "land",
            "redirect_uri": "https://land.example.kh/callback",
            "response_type": "code",
            "scope": "openid profile",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        },
    )
    assert pushed.status_code == 201, pushed.text
    browser = op.browser()
    url = f"/authorize?client_id=land&request_uri={pushed.json()['request_uri']}"
    reply = browser.arrive(browser.open(url))
    assert isinstance(reply, Reply)
    form = {"code": reply.parameters["code"], "code_verifier": VERIFIER, "redirect_uri": reply.uri}
    answer = token(http, grant_type="authorization_code", scope="", **form)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def userinfo(http: TestClient, access_token: str) -> int:
    answer = http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})
    return answer.status_code


@pytest.mark.rule("client.mtls")
def test_a_certificate_authenticates_and_binds(op: Provider, land: Certified) -> None:
    answer = token(connection(op, land))
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"
    cnf = parse(answer.json()["access_token"]).claims["cnf"]
    assert cnf.keys() == {"x5t#S256"}


@pytest.mark.rule("client.mtls")
def test_a_certificate_counts_from_the_edge_alone(op: Provider, land: Certified) -> None:
    """RFC 9700 §4.13: what somebody else writes into the edge's header is nothing."""
    answer = token(connection(op, land, peer="203.0.113.9"))
    assert answer.status_code == 401
    assert "client_certificate_missing" in answer.json()["error_description"]
    bare = TestClient(
        op.app, ISSUER, client=(EDGE, 1), headers={"Tra-Client-Certificate": quote(land.pem)}
    )
    assert token(bare).status_code == 401, "the application itself reads no such header"


@pytest.mark.rule("client.mtls")
def test_another_certificate_is_refused(op: Provider, root: Certified, clock: FixedClock) -> None:
    for other in (Certified("land", since=clock.utc()), Certified("tax", root, since=clock.utc())):
        answer = token(connection(op, other))
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"


def test_a_bound_token_is_good_on_a_connection_with_its_certificate(
    op: Provider, land: Certified, root: Certified, clock: FixedClock
) -> None:
    """RFC 8705 §3."""
    http = connection(op, land)
    access_token = granted(op, http)["access_token"]
    assert userinfo(http, access_token) == 200
    assert userinfo(connection(op, None), access_token) == 401
    renewed = Certified("land", root, since=clock.utc())
    assert userinfo(connection(op, renewed), access_token) == 401


def test_a_confidential_client_renews_its_certificate(
    op: Provider, land: Certified, root: Certified, clock: FixedClock
) -> None:
    """RFC 8705 §7.1: refresh tokens are bound to the client, access tokens to the certificate."""
    refresh_token = granted(op, connection(op, land))["refresh_token"]
    http = connection(op, Certified("land", root, since=clock.utc()))
    answer = token(http, grant_type="refresh_token", scope="", refresh_token=refresh_token)
    assert answer.status_code == 200, answer.text
    assert userinfo(http, answer.json()["access_token"]) == 200


def test_a_self_signed_certificate_authenticates_by_its_key(
    op: Provider, clock: FixedClock
) -> None:
    own = Certified("post", since=clock.utc())
    op.add_client(
        "post",
        token_endpoint_auth_method="self_signed_tls_client_auth",
        jwks=own.jwks,
        grant_types=["client_credentials"],
        scope="seal",
    )
    assert token(connection(op, own), client_id="post").status_code == 200
    other = Certified("post", since=clock.utc())
    assert token(connection(op, other), client_id="post").status_code == 401


def test_tokens_of_a_client_that_signs_are_bound_to_its_certificate(
    op: Provider, clock: FixedClock
) -> None:
    """FAPI 2.0: private_key_jwt with mTLS."""
    fapi = FapiClient.register(op, "mixed", tls_client_certificate_bound_access_tokens=True)
    form = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": fresh_assertion(fapi.key, "mixed", op.now),
        "grant_type": "client_credentials",
        "scope": "seal",
    }
    assert (
        TestClient(op.app, ISSUER)
        .post("/token", data=form)
        .json()["error_description"]
        .startswith("sender_constraint_missing")
    )
    form["client_assertion"] = fresh_assertion(fapi.key, "mixed", op.now)
    answer = connection(op, Certified("mixed", since=clock.utc())).post("/token", data=form)
    assert "x5t#S256" in parse(answer.json()["access_token"]).claims["cnf"]


def test_the_alias_is_the_endpoint_for_proofs_and_assertions_too(op: Provider) -> None:
    """RFC 8705 §5; RFC 9449 §4.3; RFC 7523 §3."""
    fapi = FapiClient.register(op)
    proof = fapi.proof(htu=f"{MTLS}/token")
    answer = fapi.post("/token", proof=proof, grant_type="client_credentials", scope="seal")
    assert answer.status_code == 200, answer.text
    wrong = fapi.proof(htu="https://elsewhere.example.kh/token")
    answer = fapi.post("/token", proof=wrong, grant_type="client_credentials", scope="seal")
    assert answer.json()["error"] == "invalid_dpop_proof"
    key = Keypair()
    op.add_client(
        "plain",
        token_endpoint_auth_method="private_key_jwt",
        jwks=key.jwks,
        grant_types=["client_credentials"],
        scope="seal",
    )
    for audience, status in ((f"{MTLS}/token", 200), (f"{ISSUER}/token", 200), (MTLS, 401)):
        form = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": fresh_assertion(key, "plain", op.now, aud=audience),
        }
        assert token(connection(op, None), client_id="plain", **form).status_code == status


def test_the_token_endpoint_names_us_when_a_request_is_pushed(op: Provider) -> None:
    """RFC 9126 §2: the issuer, the token endpoint and the PAR endpoint are all accepted."""
    key = Keypair()
    op.add_client(
        "plain",
        token_endpoint_auth_method="private_key_jwt",
        jwks=key.jwks,
        redirect_uris=["https://plain.example.kh/callback"],
    )
    for audience in (ISSUER, f"{ISSUER}/token", f"{ISSUER}/par", f"{MTLS}/par"):
        form = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": fresh_assertion(key, "plain", op.now, aud=audience),
            "redirect_uri": "https://plain.example.kh/callback",
            "response_type": "code",
            "scope": "openid",
        }
        assert TestClient(op.app, ISSUER).post("/par", data=form).status_code == 201


def test_metadata_names_the_addresses_for_certificates(op: Provider) -> None:
    """RFC 8705 §3.3, §5: endpoints that clients call, never those that people open."""
    told = TestClient(op.app, ISSUER).get("/.well-known/openid-configuration").json()
    aliases = told["mtls_endpoint_aliases"]
    assert aliases["token_endpoint"] == f"{MTLS}/token"
    assert aliases["userinfo_endpoint"] == f"{MTLS}/userinfo"
    assert aliases["pushed_authorization_request_endpoint"] == f"{MTLS}/par"
    assert not {"authorization_endpoint", "end_session_endpoint", "jwks_uri"} & aliases.keys()
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert "tls_client_auth" in told["token_endpoint_auth_methods_supported"]


def test_metadata_says_nothing_of_certificates_where_there_is_no_address_for_them(
    furnished: Path, tmp_path: Path, clock: FixedClock
) -> None:
    path = tmp_path / "plain.sqlite"
    shutil.copyfile(furnished, path)
    plain = Provider(f"sqlite:///{path}", clock)
    told = TestClient(plain.app, ISSUER).get("/.well-known/openid-configuration").json()
    plain.close()
    assert "mtls_endpoint_aliases" not in told
    assert "tls_client_certificate_bound_access_tokens" not in told
    assert not any("tls" in method for method in told["token_endpoint_auth_methods_supported"])
