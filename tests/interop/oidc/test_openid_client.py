"""npm's openid-client and oauth4webapi (certified relying parties) on Node."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.live import LiveProvider
from tests.node import script
from tests.visitor import Visitor

CALLBACK = "https://node.example.kh/callback"
BYE = "https://node.example.kh/bye"
SECRET = "a secret: +%/&=~*'()"  # what a form must encode (RFC 6749 §2.3.1)
EC_KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
RSA_KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

CLIENTS = [
    pytest.param("node-basic", "client_secret_basic", SECRET, "ES256", id="client_secret_basic"),
    pytest.param("node-post", "client_secret_post", SECRET, "RS256", id="client_secret_post"),
    pytest.param("node-ec", "private_key_jwt", EC_KEY, "ES256", id="private_key_jwt by ES256"),
    pytest.param("node-rsa", "private_key_jwt", RSA_KEY, "RS256", id="private_key_jwt by RS256"),
]


@pytest.fixture(scope="module")
def provider(live_provider: LiveProvider) -> LiveProvider:
    """The provider, with a client for each way to authenticate."""
    live_provider.register(*(_metadata(*client.values) for client in CLIENTS))
    return live_provider


def _metadata(client_id: Any, method: Any, credential: Any, algorithm: Any) -> dict[str, Any]:
    known = (
        {"client_secret": credential}
        if isinstance(credential, str)
        else {"jwks": {"keys": [credential.as_dict(private=False)]}}
    )
    return {
        "client_id": client_id,
        "client_name": "A service in JavaScript",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [BYE],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": method,
        "scope": "openid profile phone seal",
        "audience": ["https://documents.example.kh/"],
        "id_token_signed_response_alg": algorithm,
        **known,
    }


def _service(provider: LiveProvider, client_id: str, method: str, credential: Any) -> Any:
    """All that a client is told."""
    known = (
        {"client_secret": credential}
        if isinstance(credential, str)
        else {"private_jwk": credential.as_dict(private=True)}
    )
    return {"issuer": provider.issuer, "client_id": client_id, "method": method, **known}


@pytest.mark.parametrize(("client_id", "method", "credential", "algorithm"), CLIENTS)
def test_openid_client_signs_a_person_in_and_out(
    provider: LiveProvider, client_id: str, method: str, credential: Any, algorithm: str
) -> None:
    person = provider.newcomer()
    told = _service(provider, client_id, method, credential)
    addresses = {"redirect_uri": CALLBACK, "post_logout_redirect_uri": BYE}
    with script("sign-in.js") as service, Visitor() as visitor:
        begun = service.ask(**told, **addresses, scope="openid profile phone")
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith(f"{CALLBACK}?"), visitor.page
        assert parse_qs(urlsplit(callback).query)["iss"] == [provider.issuer]
        learned = service.ask(callback=callback)
        visitor.open(learned["end_session_url"])
        assert visitor.submit(decision="logout") == f"{BYE}?state={learned['state']}"
        assert 'name="password"' in _again(visitor, begun["authorization_url"])
    claims, userinfo = learned["claims"], learned["userinfo"]
    assert _algorithm(learned["tokens"]["id_token"]) == algorithm
    assert claims["acr"] == "urn:tra:loa:2"
    assert claims["at_hash"]
    assert claims["nonce"] in begun["authorization_url"]
    assert userinfo["sub"] == claims["sub"]
    assert userinfo.get("name#km", "") == person.name_km
    assert userinfo["phone_number"] == person.row["phone_number"]


def _algorithm(token: str) -> Any:
    return jws.extract_compact(token.encode()).headers()["alg"]


def _again(visitor: Visitor, authorization_url: str) -> str:
    visitor.open(authorization_url)
    return visitor.page


@pytest.mark.rule("token.at-jwt")
@pytest.mark.parametrize(("client_id", "method", "credential", "algorithm"), CLIENTS)
def test_openid_client_gets_a_token_that_a_resource_server_accepts(
    provider: LiveProvider, client_id: str, method: str, credential: Any, algorithm: str
) -> None:
    audience = "https://documents.example.kh/"
    with script("client-credentials.js") as service:
        token = service.ask(**_service(provider, client_id, method, credential), scope="seal")
    assert token["token_type"] == "bearer"
    with script("resource-server.js") as resource:
        claims = resource.ask(
            issuer=provider.issuer, audience=audience, access_token=token["access_token"]
        )
    assert claims["client_id"] == claims["sub"] == client_id
    assert claims["scope"] == "seal"


@pytest.mark.rule("keys.encryption")
def test_openid_client_reads_what_was_encrypted_for_it(provider: LiveProvider) -> None:
    """OIDC Core 10.2: signed, then encrypted, both the ID token and userinfo."""
    member = {"use": "enc", "alg": "RSA-OAEP-256"}
    key = RSAKey.generate_key(2048, member, auto_kid=True)
    encrypted = {
        f"{what}_encrypted_response_{member}": value
        for what in ("id_token", "userinfo")
        for member, value in (("alg", "RSA-OAEP-256"), ("enc", "A256GCM"))
    }
    metadata = _metadata("node-encrypted", "client_secret_basic", SECRET, "ES256")
    keys = {"jwks": {"keys": [key.as_dict(private=False)]}}
    provider.register({**metadata, **encrypted, "userinfo_signed_response_alg": "ES256", **keys})
    told = _service(provider, "node-encrypted", "client_secret_basic", SECRET)
    person = provider.newcomer()
    with script("sign-in.js") as service, Visitor() as visitor:
        begun = service.ask(
            **told,
            redirect_uri=CALLBACK,
            post_logout_redirect_uri=BYE,
            scope="openid profile",
            decryption_jwk=key.as_dict(private=True),
        )
        learned = service.ask(callback=visitor.go_through(begun["authorization_url"], person))
    assert learned["tokens"]["id_token"].count(".") == 4
    assert learned["userinfo"].get("name#km", "") == person.name_km
