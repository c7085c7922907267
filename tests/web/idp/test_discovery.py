"""What clients learn by themselves (Discovery 4, RFC 8414 §3, RFC 7517), and health."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from keys import store as keys_store
from keys.jose import parse, parse_jwks, verify
from keys.ring import Purpose
from keys.rotation import RotationPolicy
from keys.signer import Algorithm
from keys.store import LiveRing
from tests.provider import ISSUER, Backend, Provider


@pytest.fixture
def http(op: Provider) -> TestClient:
    return TestClient(op.app, ISSUER)


@pytest.mark.rule("keys.issuer")
def test_issuer_is_the_address_minus_the_well_known_part(http: TestClient) -> None:
    told = [
        http.get(f"/.well-known/{name}")
        for name in ("openid-configuration", "oauth-authorization-server")
    ]
    for answer in told:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json()["issuer"] == ISSUER
    assert told[0].json() == told[1].json()


@pytest.mark.rule("keys.issuer")
def test_issuer_is_configuration_and_never_the_host_header(http: TestClient) -> None:
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
        told = http.get("/.well-known/openid-configuration", headers=headers)
        assert "evil" not in told.text
        page = http.get("/account", headers=headers, follow_redirects=False)
        assert page.headers["location"].startswith(ISSUER)


@pytest.mark.rule("discovery.metadata", "discovery.truth")
def test_every_address_in_the_metadata_is_answered(http: TestClient) -> None:
    told = http.get("/.well-known/openid-configuration").json()
    for name, address in told.items():
        if name.endswith(("_endpoint", "_uri")):
            status = http.get(address, follow_redirects=False).status_code
            assert status not in (404, 500), name


@pytest.mark.rule("discovery.metadata")
def test_clients_learn_how_to_authenticate_wherever_they_have_to(http: TestClient) -> None:
    """RFC 8414 §2, RFC 9701 §7."""
    told = http.get("/.well-known/openid-configuration").json()
    methods = told["token_endpoint_auth_methods_supported"]
    assert told["revocation_endpoint_auth_methods_supported"] == methods
    assert set(told["introspection_endpoint_auth_methods_supported"]) == {*methods} - {"none"}
    for endpoint in ("token", "introspection", "revocation"):
        algorithms = told[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert {"ES256", "PS256", "EdDSA", "Ed25519"} <= set(algorithms)
    assert "ES256" in told["introspection_signing_alg_values_supported"]


@pytest.mark.rule("discovery.metadata")
def test_clients_learn_that_they_are_told_of_logouts(http: TestClient) -> None:
    """Back-Channel Logout 2.1, Front-Channel Logout 3."""
    told = http.get("/.well-known/openid-configuration").json()
    for channel in ("backchannel", "frontchannel"):
        assert told[f"{channel}_logout_supported"] is True
        assert told[f"{channel}_logout_session_supported"] is True


@pytest.mark.rule("keys.jwks")
def test_key_set_is_public_and_every_key_has_its_own_kid(http: TestClient) -> None:
    answer = http.get("/jwks")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = answer.json()["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256", "PS256"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig"
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & key.keys()
    assert len(parse_jwks(answer.json())) == len(keys)


def test_tokens_are_verified_by_the_published_keys_through_a_rotation(
    op: Provider, http: TestClient
) -> None:
    policy = RotationPolicy(publish_before=300, keep_after=3_600)
    op.add_client(
        "machine", client_secret="secret-of-machine", grant_types=["client_credentials"],
        scope="seal",
    )  # fmt: skip
    old = op.ctx.ring.now.active(Purpose.TOKEN, Algorithm.ES256, op.now)
    new = op.custody.generate(Purpose.TOKEN, Algorithm.ES256, op.now)
    op.ledger.write_now(keys_store.rotate, old, new, policy, op.now)
    object.__setattr__(op.ctx, "ring", LiveRing(op.ledger, op.custody))
    signed_by = []
    for _ in range(15):
        answer = Backend.of(op, "machine").post("/token", grant_type="client_credentials")
        token = answer.json()["access_token"]
        known = parse_jwks(http.get("/jwks").json())
        verify(token, known, {"ES256"}, {"at+jwt"})
        signed_by.append(parse(token).header["kid"])
        op.clock.advance(300)
    assert signed_by == [old.kid] + [new.kid] * 14
    assert old.kid not in {key.kid for key in known}


def test_health_says_whether_the_process_lives_and_can_serve(
    op: Provider, http: TestClient
) -> None:
    assert http.get("/healthz").json() == {"status": "alive"}
    assert http.get("/readyz").json() == {"status": "ready"}
    op.clock.advance(-1_000)  # before its keys begin
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").json()["error"] == "temporarily_unavailable"
    assert http.get("/readyz").status_code == 503


def test_an_address_with_a_slash_too_many_is_not_another_address(http: TestClient) -> None:
    for path in ("/login/", "/authorize/", "/device/"):
        answer = http.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (404, None), path


def test_what_is_not_here_is_404_and_a_page(http: TestClient) -> None:
    answer = http.get("/nowhere")
    assert (answer.status_code, "not_found" in answer.text) == (404, True)
    assert http.delete("/account").status_code == 405


def test_catalogue_of_errors_is_where_error_uri_leads(http: TestClient) -> None:
    told = http.post("/token", data={"grant_type": "x"}).json()
    address, _, code = told["error_uri"].partition("#")
    page = http.get(address)
    assert page.status_code == 200
    assert f'id="{code}"' in page.text


ALGORITHMS = {"ES256", "PS256", "RS256"}
MEMBERS: dict[str, Any] = {
    "response_types_supported": {"code"},
    "response_modes_supported": {"query", "form_post", "jwt", "query.jwt", "form_post.jwt"},
    "grant_types_supported": {"authorization_code", "refresh_token", "client_credentials"},
    "subject_types_supported": {"public", "pairwise"},
    "scopes_supported": {"openid", "profile", "email", "phone", "address", "offline_access"},
    "claims_supported": {"sub", "name", "birthdate", "acr", "auth_time"},
    "acr_values_supported": {"urn:tra:loa:1", "urn:tra:loa:2", "urn:tra:loa:3"},
    "id_token_signing_alg_values_supported": ALGORITHMS,
    "userinfo_signing_alg_values_supported": ALGORITHMS,
    "authorization_signing_alg_values_supported": ALGORITHMS,
    "request_object_signing_alg_values_supported": ALGORITHMS,
    "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
    "dpop_signing_alg_values_supported": ALGORITHMS - {"RS256"},
    "token_endpoint_auth_methods_supported": {"client_secret_basic", "client_secret_post"},
    "code_challenge_methods_supported": {"S256"},
    "prompt_values_supported": {"none", "login", "consent", "select_account"},
    "ui_locales_supported": {"km", "en"},
    "backchannel_token_delivery_modes_supported": {"poll", "ping"},
    "authorization_response_iss_parameter_supported": True,
    "claims_parameter_supported": True,
    "request_parameter_supported": True,
    "request_uri_parameter_supported": False,
    "require_request_uri_registration": True,
    "require_pushed_authorization_requests": False,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "frontchannel_logout_supported": True,
    "frontchannel_logout_session_supported": True,
}


@pytest.mark.rule("discovery.metadata", "discovery.truth")
@pytest.mark.parametrize("name", MEMBERS)
def test_metadata_has_the_members_that_strict_clients_look_for(op: Provider, name: str) -> None:
    """Lists that may be longer, and real booleans."""
    told = TestClient(op.app, ISSUER).get("/.well-known/openid-configuration").json()[name]
    if isinstance(MEMBERS[name], bool):
        assert told is MEMBERS[name]
    else:
        assert set(told) >= MEMBERS[name]
        assert all(isinstance(one, str) for one in told)
        assert "_alg_" not in name or not {"none", "HS256"} & set(told)
