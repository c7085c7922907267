"""Authlib's framework-independent client, told the issuer, its client id, and its secret or key."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from authlib.common.errors import AuthlibBaseError as OAuthError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from keys.jose import parse
from tests.live import LiveProvider
from tests.visitor import Visitor

CALLBACK = "https://authlib.example.kh/callback?from=tra"  # its own query stays (RFC 6749 §3.1.2)
SECRET = "secret-of-authlib"
EC_KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
RSA_KEY = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@dataclass
class Service:
    """A relying party as Authlib's documentation builds one."""

    issuer: str
    client_id: str
    credential: Any
    method: str
    algorithm: str = "RS256"
    nonce: str = field(default_factory=generate_token)
    state: str = field(default_factory=generate_token)
    verifier: str = field(default_factory=lambda: generate_token(48))

    def __post_init__(self) -> None:
        document = httpx2.get(get_well_known_url(self.issuer, external=True)).json()
        self.metadata = OpenIDProviderMetadata(document)
        self.metadata.validate()
        self.client = OAuth2Client(
            self.client_id,
            self.credential,
            token_endpoint_auth_method=self.method,
            revocation_endpoint_auth_method=self.method,
            code_challenge_method="S256",
            scope="openid profile",
            redirect_uri=CALLBACK,
        )
        self.client.register_client_auth_method(PrivateKeyJWT(alg=self.algorithm))

    def authorization_url(self, **more: str) -> str:
        url, _ = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"],
            state=self.state,
            code_verifier=self.verifier,
            nonce=self.nonce,
            **more,
        )
        return str(url)

    def redeem(self, answer: str) -> dict[str, Any]:
        token: dict[str, Any] = self.client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=answer,
            state=self.state,
            code_verifier=self.verifier,
        )
        return token

    def id_token(self, token: dict[str, Any]) -> CodeIDToken:
        """Validated by Authlib (OIDC Core 3.1.3.7) with what the metadata and the JWKS say."""
        keys = KeySet.import_key_set(httpx2.get(self.metadata["jwks_uri"]).json())
        algorithms = self.metadata["id_token_signing_alg_values_supported"]
        decoded = jwt.decode(token["id_token"], keys, algorithms=algorithms)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "acr": {"essential": True, "values": self.metadata["acr_values_supported"]},
                "at_hash": {"essential": True},
                "auth_time": {"essential": True},
            },
            {
                "nonce": self.nonce,
                "client_id": self.client_id,
                "access_token": token["access_token"],
            },
        )
        claims.validate()
        return claims

    def userinfo(self) -> dict[str, Any]:
        answer = self.client.get(self.metadata["userinfo_endpoint"])
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


SERVICES = [
    pytest.param("authlib-basic", SECRET, "client_secret_basic", "RS256", id="client_secret_basic"),
    pytest.param("authlib-post", SECRET, "client_secret_post", "RS256", id="client_secret_post"),
    pytest.param("authlib-ec", EC_KEY, "private_key_jwt", "ES256", id="private_key_jwt by ES256"),
    pytest.param("authlib-rsa", RSA_KEY, "private_key_jwt", "RS256", id="private_key_jwt by RS256"),
]


@pytest.fixture(scope="module")
def provider(live_provider: LiveProvider) -> LiveProvider:
    """The provider, with a client for each way to authenticate."""
    live_provider.register(*(_metadata(*service.values[:3]) for service in SERVICES))
    return live_provider


def _metadata(client_id: str, credential: Any, method: str) -> dict[str, Any]:
    known = (
        {"client_secret": credential}
        if isinstance(credential, str)
        else {"jwks": {"keys": [credential.as_dict(private=False)]}}
    )
    return {
        "client_id": client_id,
        "client_name": "A service in Python",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_method": method,
        "scope": "openid profile seal",
        "id_token_signed_response_alg": "RS256" if method == "client_secret_post" else "ES256",
        **known,
    }


@pytest.mark.parametrize(("client_id", "credential", "method", "algorithm"), SERVICES)
def test_authlib_signs_a_person_in(
    provider: LiveProvider, client_id: str, credential: Any, method: str, algorithm: str
) -> None:
    service = Service(provider.issuer, client_id, credential, method, algorithm)
    person = provider.newcomer()
    with Visitor() as visitor:
        answer = visitor.go_through(service.authorization_url(), person)
    assert answer.startswith(f"{CALLBACK}&"), visitor.page
    assert parse_qs(urlsplit(answer).query)["iss"] == [provider.issuer]
    token = service.redeem(answer)
    claims = service.id_token(token)
    assert claims.header["alg"] == ("RS256" if method == "client_secret_post" else "ES256")
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["acr"] == "urn:tra:loa:2"
    told = service.userinfo()
    assert told["sub"] == claims["sub"]
    assert told["name"] == person.name
    assert told.get("name#km", "") == person.name_km


@pytest.mark.parametrize(("client_id", "credential", "method", "algorithm"), SERVICES)
def test_authlib_gets_a_token_for_itself(
    provider: LiveProvider, client_id: str, credential: Any, method: str, algorithm: str
) -> None:
    service = Service(provider.issuer, client_id, credential, method, algorithm)
    token = service.client.fetch_token(
        service.metadata["token_endpoint"], grant_type="client_credentials", scope="seal"
    )
    assert token["token_type"] == "Bearer"
    assert token["scope"] == "seal"
    assert token["expires_in"] > 0


@pytest.mark.rule("token.refresh-rotation", "token.refresh-id-token")
@pytest.mark.parametrize(("client_id", "credential", "method", "algorithm"), SERVICES)
def test_authlib_refreshes_asks_and_revokes(
    provider: LiveProvider, client_id: str, credential: Any, method: str, algorithm: str
) -> None:
    """RFC 6749 §6, RFC 7662, RFC 7009; OIDC Core 12.2."""
    service = Service(provider.issuer, client_id, credential, method, algorithm)
    with Visitor() as visitor:
        first = service.redeem(visitor.go_through(service.authorization_url(), provider.newcomer()))
    endpoints, client = service.metadata, service.client
    second = client.refresh_token(endpoints["token_endpoint"], first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    before, after = (parse(token["id_token"]).claims for token in (first, second))
    assert "nonce" not in after
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert after[claim] == before[claim]

    looked = (endpoints["introspection_endpoint"], second["access_token"])
    assert client.introspect_token(*looked).json()["sub"] == after["sub"]
    done = client.revoke_token(endpoints["revocation_endpoint"], second["refresh_token"])
    assert done.status_code == 200
    assert client.introspect_token(*looked).json() == {"active": False}
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(endpoints["token_endpoint"], second["refresh_token"])
