"""ID tokens and UserInfo, signed and encrypted as the client registered (OIDC Core 5.3.2, 10.2)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.testclient import TestClient

from clients.web.jwks import ClientKeys
from core.clock import FixedClock
from core.errors import Refusal
from tests.neighbour import Neighbour, neighbour
from tests.provider import ISSUER, Backend, Provider
from tests.rules.samples import client

READER = RSAKey.generate_key(2048, {"use": "enc", "kid": "reader"}, private=True)
JWKS = {"keys": [READER.as_dict(private=False)]}
ENCRYPTED = {"encrypted_response_alg": "RSA-OAEP-256", "encrypted_response_enc": "A256GCM"}
ALGORITHMS = ["RSA-OAEP-256", "A256GCM"]


def encrypted(what: str) -> dict[str, str]:
    return {f"{what}_{name}": value for name, value in ENCRYPTED.items()}


def service(op: Provider, **metadata: Any) -> Backend:
    op.add_client(
        "vault",
        client_secret="secret-of-vault",
        redirect_uris=["https://vault.example.kh/callback"],
        scope="openid profile",
        grant_types=["authorization_code", "client_credentials"],
        **metadata,
    )
    return Backend.of(op, "vault")


def tokens(op: Provider, vault: Backend) -> dict[str, Any]:
    answer = vault.redeem(op.browser().go_through("vault"))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def verified(op: Provider, token: str, algorithm: str) -> dict[str, Any]:
    """The claims, by the published keys and a library that we did not write."""
    keys = KeySet.import_key_set(TestClient(op.app, ISSUER).get("/jwks").json())
    claims: dict[str, Any] = jwt.decode(token, keys, algorithms=[algorithm]).claims
    return claims


def opened(token: str) -> str:
    return jwe.decrypt_compact(token, READER, algorithms=ALGORITHMS).plaintext.decode()  # type: ignore[union-attr]


def test_userinfo_is_json_unless_registered_otherwise(op: Provider) -> None:
    vault = service(op)
    answer = vault.userinfo(tokens(op, vault)["access_token"])
    assert answer.headers["content-type"] == "application/json"
    assert not {"iss", "aud"} & answer.json().keys()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256"])
def test_userinfo_is_signed_where_registered(op: Provider, algorithm: str) -> None:
    """OIDC Core 5.3.2: iss and aud, and no nonce."""
    vault = service(op, userinfo_signed_response_alg=algorithm)
    told = tokens(op, vault)
    answer = vault.userinfo(told["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    claims = verified(op, answer.text, algorithm)
    assert (claims["iss"], claims["aud"]) == (ISSUER, "vault")
    assert claims["sub"] == verified(op, told["id_token"], "ES256")["sub"]
    assert claims["name"] == "Chan Sokha"
    assert "nonce" not in claims


@pytest.mark.rule("keys.encryption")
def test_userinfo_is_signed_then_encrypted(op: Provider) -> None:
    vault = service(op, jwks=JWKS, userinfo_signed_response_alg="ES256", **encrypted("userinfo"))
    answer = vault.userinfo(tokens(op, vault)["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    assert verified(op, opened(answer.text), "ES256")["name"] == "Chan Sokha"


def test_userinfo_is_encrypted_alone_where_no_signature_is_registered(op: Provider) -> None:
    vault = service(op, jwks=JWKS, **encrypted("userinfo"))
    answer = vault.userinfo(tokens(op, vault)["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    assert '"name":"Chan Sokha"' in opened(answer.text)


@pytest.mark.rule("keys.encryption")
def test_id_token_is_signed_then_encrypted(op: Provider) -> None:
    """OIDC Core 10.2."""
    vault = service(op, jwks=JWKS, **encrypted("id_token"))
    inside = opened(tokens(op, vault)["id_token"])
    claims = verified(op, inside, "ES256")
    assert (claims["aud"], claims["nonce"]) == ("vault", "the-nonce")


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Neighbour]:
    with neighbour(tmp_path) as running:
        yield running


@pytest.fixture
def reaching(
    furnished: Path, tmp_path: Path, clock: FixedClock, beside: Neighbour
) -> Iterator[Provider]:
    """A provider that reaches the agency's server."""
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    keys = ClientKeys(beside.outbound(), clock)
    running = Provider(f"sqlite:///{path}", clock, client_keys=keys)
    yield running
    running.close()


@pytest.mark.rule("keys.encryption")
def test_nothing_is_told_in_plain_where_the_key_is_missing(
    reaching: Provider, beside: Neighbour
) -> None:
    """Never plaintext where encryption is registered."""
    op = reaching
    vault = service(op, jwks_uri=beside.publish("/jwks", {"keys": []}), **encrypted("id_token"))
    reply = op.browser().go_through("vault")
    refused = vault.redeem(reply)
    assert refused.status_code == 400
    assert refused.json()["error_description"].startswith("encryption_key_missing")
    assert "id_token" not in refused.json()
    beside.publish("/jwks", JWKS)
    assert vault.redeem(reply).status_code == 400, "a server is not asked twice in a minute"
    assert len(beside.asked) == 1
    op.clock.advance(60)
    later = op.browser().go_through("vault")
    assert verified(op, opened(vault.redeem(later).json()["id_token"]), "ES256")["aud"] == "vault"


def test_a_code_is_not_used_up_by_an_answer_that_could_not_be_encrypted(
    reaching: Provider, beside: Neighbour
) -> None:
    op = reaching
    vault = service(op, jwks_uri=beside.publish("/jwks", {"keys": []}), **encrypted("id_token"))
    assert vault.redeem(op.browser().go_through("vault")).status_code == 400
    op.clock.advance(30)
    reply = op.browser().go_through("vault")
    assert vault.redeem(reply).status_code == 400
    beside.publish("/jwks", JWKS)
    op.clock.advance(30)
    assert vault.redeem(reply).status_code == 200


def test_no_userinfo_is_told_in_plain_where_the_key_is_missing(
    reaching: Provider, beside: Neighbour
) -> None:
    op = reaching
    vault = service(op, jwks_uri=beside.publish("/jwks", {"keys": []}), **encrypted("userinfo"))
    answer = vault.userinfo(tokens(op, vault)["access_token"])
    assert answer.status_code == 400
    assert "Chan" not in answer.text


def test_the_last_good_key_is_kept_when_the_agencys_server_fails(
    reaching: Provider, beside: Neighbour
) -> None:
    op = reaching
    vault = service(op, jwks_uri=beside.publish("/jwks", JWKS), **encrypted("id_token"))
    assert opened(tokens(op, vault)["id_token"])
    beside.documents.clear()
    op.clock.advance(3_600)
    assert opened(tokens(op, vault)["id_token"])
    assert len(beside.asked) == 2


def test_a_client_that_acts_for_itself_needs_no_key(op: Provider) -> None:
    """There is no ID token to encrypt."""
    vault = service(op, jwks_uri="https://nowhere.invalid/jwks", **encrypted("id_token"))
    assert vault.post("/token", grant_type="client_credentials").status_code == 200


def test_encryption_is_registered_with_a_key_or_an_address_of_keys() -> None:
    signing = {"keys": [{**JWKS["keys"][0], "use": "sig"}]}
    for wrong in ({}, {"jwks": signing}):
        with pytest.raises(Refusal) as refusal:
            client(**encrypted("id_token"), **wrong)
        assert "use=enc" in refusal.value.detail
    with pytest.raises(Refusal):
        client(jwks=JWKS, id_token_encrypted_response_alg="RSA1_5")
    with pytest.raises(Refusal):
        client(jwks=JWKS, id_token_encrypted_response_enc="A256GCM")
