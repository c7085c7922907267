"""FAPI 2.0, its Message Signing, and rotation, by openid-client and oauth4webapi on Node."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from keys.jose import parse
from tests.live import LiveProvider
from tests.node import script
from tests.visitor import Visitor

CALLBACK = "https://fapi.example.kh/callback"
AUDIENCE = "https://documents.example.kh/"
KEYS: dict[str, Any] = {
    "ES256": ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True),
    "PS256": RSAKey.generate_key(2048, {"use": "sig", "alg": "PS256"}, auto_kid=True),
    "Ed25519": OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, auto_kid=True),
}

CLIENTS = [
    # client_id, the key it signs with, the key of its proofs, what it registers beside
    pytest.param("fapi-es256", "ES256", "ES256", {}, id="ES256"),
    pytest.param("fapi-nonce", "PS256", "ES256", {"dpop_nonce_required": True}, id="PS256, nonce"),
    pytest.param("fapi-ed25519", "Ed25519", "Ed25519", {}, id="Ed25519"),
    pytest.param(
        "fapi-signing",
        "ES256",
        "PS256",
        {"security_profile": "fapi2-message-signing", "dpop_nonce_required": True},
        id="message signing, nonce",
    ),
]


@pytest.fixture(scope="module")
def provider(live_provider: LiveProvider) -> LiveProvider:
    """The provider, with a client of each kind."""
    live_provider.register(
        *(_metadata(*client.values) for client in CLIENTS),
        _metadata(
            "fapi-plain-functions",
            "ES256",
            "ES256",
            {"security_profile": "fapi2-message-signing", "dpop_nonce_required": True},
        ),
        {
            "client_id": "native",
            "client_name": "An application on a telephone",
            "security_profile": "oidc",
            "token_endpoint_auth_method": "none",
            "require_pkce": True,
            "dpop_bound_access_tokens": True,
            "redirect_uris": ["kh.example.native:/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile email",
        },
    )
    return live_provider


@pytest.fixture(scope="module")
def visitor(live_provider: LiveProvider) -> Iterator[Visitor]:
    """Somebody who is signed in from the first test on, and agrees to whatever they are asked."""
    with Visitor() as someone:
        yield someone


@pytest.fixture(scope="module")
def person(live_provider: LiveProvider) -> Any:
    return live_provider.newcomer()


def _metadata(client_id: Any, key: Any, _: Any, more: Any) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "client_name": "An agency that holds to FAPI 2.0",
        "security_profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": key,
        "jwks": {"keys": [KEYS[key].as_dict(private=False)]},
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile offline_access",
        "audience": [AUDIENCE],
        **more,
    }


def _service(provider: LiveProvider, client_id: str, key: str) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "client_id": client_id,
        "method": "private_key_jwt",
        "private_jwk": KEYS[key].as_dict(private=True),
        "redirect_uri": CALLBACK,
        "scope": "openid profile offline_access",
    }


@pytest.mark.rule("dpop.nonce")
@pytest.mark.rule("token.refresh-kept")
@pytest.mark.parametrize(("client_id", "key", "dpop", "more"), CLIENTS)
def test_openid_client_holds_to_fapi(
    provider: LiveProvider,
    visitor: Visitor,
    person: Any,
    client_id: str,
    key: str,
    dpop: str,
    more: Any,
) -> None:
    signing = "security_profile" in more
    service = _service(provider, client_id, key)
    with script("fapi.js") as node:
        begun = node.ask(**service, dpop_algorithm=dpop, signing=signing)
        asked = parse_qs(urlsplit(begun["authorization_url"]).query)
        assert asked.keys() == {"client_id", "request_uri"}  # RFC 9126 §4: nothing else is told
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith(f"{CALLBACK}?"), visitor.page
        answered = parse_qs(urlsplit(callback).query)
        assert answered.keys() == ({"response"} if signing else {"code", "state", "iss"})
        learned = node.ask(callback=callback)
    assert learned["tokens"]["token_type"] == "dpop"
    assert learned["userinfo"]["sub"] == learned["claims"]["sub"]
    assert learned["userinfo"]["name"] == person.name
    # FAPI 2.0 SP 5.3.2.1-9: no rotation.
    assert learned["refreshed"]["refresh_token"] == learned["tokens"]["refresh_token"]
    assert learned["refreshed"]["access_token"] != learned["tokens"]["access_token"]
    assert learned["introspected"]["active"] is True
    assert learned["introspected"]["cnf"]["jkt"]
    assert learned["stolen"] in {"invalid_token", "invalid_dpop_proof"}
    assert learned["revoked"] == {"active": False}


@pytest.mark.rule("par.jarm")
@pytest.mark.rule("token.introspection-signed")
def test_oauth4webapi_signs_its_request_and_is_answered_signed(
    provider: LiveProvider, visitor: Visitor, person: Any
) -> None:
    """FAPI 2.0 Message Signing 5.3 to 5.5."""
    service = _service(provider, "fapi-plain-functions", "ES256")
    with script("message-signing.js") as node:
        begun = node.ask(**service)
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith(f"{CALLBACK}?response="), visitor.page
        learned = node.ask(callback=callback)
    assert learned["parameters"]["iss"] == provider.issuer
    assert learned["content_type"] == "application/token-introspection+jwt"
    assert learned["introspected"]["active"] is True
    assert learned["introspected"]["sub"] == learned["claims"]["sub"]
    assert learned["userinfo"].get("name#km", "") == person.name_km


@pytest.mark.rule("token.refresh-rotation")
@pytest.mark.rule("dpop.public-refresh")
def test_public_client_rotates_its_refresh_token(
    provider: LiveProvider, visitor: Visitor, person: Any
) -> None:
    """RFC 9700 §2.2.2, §4.14.2; RFC 9449 §5."""
    with script("rotation.js") as node:
        begun = node.ask(
            issuer=provider.issuer,
            client_id="native",
            method="none",
            redirect_uri="kh.example.native:/callback",
            scope="openid profile",
        )
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith("kh.example.native:/callback?"), visitor.page
        learned = node.ask(callback=callback)
    first, second, narrowed = (learned[name] for name in ("first", "second", "narrowed"))
    assert len({one["refresh_token"] for one in (first, second, narrowed)}) == 3
    assert learned["again"]["refresh_token"] == second["refresh_token"]  # within the grace window
    assert narrowed["scope"] == "openid"
    assert learned["stolen"] == "invalid_grant"
    assert learned["wider"] == "invalid_scope"
    assert learned["revoked"] == "invalid_grant"
    assert learned["claims"]["auth_time"] == parse(first["id_token"]).claims["auth_time"]
