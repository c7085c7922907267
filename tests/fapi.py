"""A client that holds to FAPI 2.0: it pushes its requests, signs what it says, proves its keys."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Self

from starlette.testclient import TestClient

from clients.rules.authentication import ASSERTION_TYPE
from keys.handles import new_handle
from keys.jose import TokenSigner, public_jwk
from keys.segments import encode
from tests.provider import (
    ISSUER,
    VERIFIER,
    Browser,
    Keypair,
    Provider,
    Reply,
    authorization_request,
    fresh_assertion,
)


@dataclass
class FapiClient:
    """A confidential client with a key of its own, and a DPoP key."""

    provider: Provider
    client_id: str
    key: Keypair
    dpop_key: Keypair = field(default_factory=Keypair)
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = TestClient(self.provider.app, ISSUER)

    @classmethod
    def register(cls, provider: Provider, client_id: str = "fapi", **metadata: Any) -> Self:
        """Register it with its public key; `metadata` adds to what FAPI 2.0 demands."""
        key = Keypair()
        usual = {
            "security_profile": "fapi2",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": key.jwks,
            "redirect_uris": [f"https://{client_id}.example.kh/callback"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid profile email offline_access seal",
        }
        provider.add_client(client_id, **{**usual, **metadata})
        return cls(provider, client_id, key)

    def proof(
        self,
        path: str = "/token",
        method: str = "POST",
        access_token: str | None = None,
        header: dict[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        """A DPoP proof (RFC 9449 §4.2); None leaves a claim out."""
        claims = {
            "htm": method,
            "htu": ISSUER + path,
            "iat": self.provider.now,
            "jti": new_handle(),
        }
        if access_token is not None:
            claims["ath"] = encode(hashlib.sha256(access_token.encode()).digest())
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return sign_with_jwk(self.dpop_key, kept, header or {})

    def post(
        self, path: str, *, proof: str | None = "", headers: Any = None, **form: str | None
    ) -> Any:
        """Post a form with a fresh assertion and proof; None leaves one out."""
        assertion = fresh_assertion(self.key, self.client_id, self.provider.now)
        usual = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        sent = {name: value for name, value in {**usual, **form}.items() if value is not None}
        chosen = self.proof(path) if proof == "" else proof
        dpop = {} if chosen is None else {"DPoP": chosen}
        return self.http.post(path, data=sent, headers={**dpop, **(headers or {})})

    def push(self, **parameters: str | None) -> Any:
        """POST /par with a usual request."""
        asked = authorization_request(self.client_id, **parameters)
        return self.post("/par", proof=None, **asked)

    def open(self, browser: Browser, request_uri: str) -> Browser | Reply:
        """Send the person to the authorization endpoint with what was pushed."""
        return browser.open(f"/authorize?client_id={self.client_id}&request_uri={request_uri}")

    def go_through(self, browser: Browser, **parameters: str | None) -> Reply:
        """Push, and the whole way to the client."""
        pushed = self.push(**parameters)
        assert pushed.status_code == 201, pushed.text
        return browser.arrive(self.open(browser, pushed.json()["request_uri"]))

    def redeem(self, reply: Reply, **changed: Any) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": reply.parameters["code"],
            "redirect_uri": reply.uri,
            "code_verifier": VERIFIER,
        }
        return self.post("/token", **{**form, **changed})

    def refresh(self, refresh_token: str, **changed: Any) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("/token", **{**form, **changed})

    def userinfo(self, access_token: str, **changed: Any) -> Any:
        proof = self.proof("/userinfo", "GET", access_token, **changed)
        headers = {"Authorization": f"DPoP {access_token}", "DPoP": proof}
        return self.http.get("/userinfo", headers=headers)


def sign_with_jwk(key: Keypair, claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A token that carries the public key it is signed with."""
    jwk = {
        name: value
        for name, value in public_jwk(key.signer.public_key, "", key.signer.algorithm).items()
        if name not in {"kid", "use", "alg"}
    }
    return TokenSigner(key.signer, "").sign_with_header(
        claims, {"typ": "dpop+jwt", "jwk": jwk, **header}
    )
