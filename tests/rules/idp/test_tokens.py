"""What tokens carry (OIDC Core 2 and 3.1.3.6, RFC 9068 §2.2), and what the metadata says."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from idp.rules.discovery import metadata
from idp.rules.tokens import ID_TOKEN_SECONDS, half_hash, id_token
from tests.rules.samples import ISSUER, NOW, grant

GRANT = grant(scope=("openid", "profile"), auth_time=NOW - 60)


def made(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"nonce": "n", "claims": {}, "now": NOW}
    return id_token(GRANT, ISSUER, **{**usual, **changed})


@pytest.mark.rule("identity.id-token")
def test_id_token_carries_what_the_specification_requires() -> None:
    assert made() == {
        "iss": ISSUER,
        "sub": "5ub",
        "aud": "service",
        "exp": NOW + ID_TOKEN_SECONDS,
        "iat": NOW,
        "auth_time": NOW - 60,
        "acr": "urn:tra:loa:2",
        "amr": ["pwd", "otp", "mfa"],
        "sid": "51d",
        "nonce": "n",
    }


@pytest.mark.rule("identity.id-token")
def test_nonce_is_absent_where_none_was_sent() -> None:
    assert "nonce" not in made(nonce=None)


def test_claims_about_the_person_cannot_pose_as_the_protocols_own() -> None:
    posing = {"sub": "another", "iss": "https://evil.example", "aud": "x", "exp": 0, "name": "S"}
    assert made(claims=posing) == {**made(), "name": "S"}


def test_at_hash_is_the_left_half_of_the_digest() -> None:
    # OpenID Connect Core 1.0, appendix A.3
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    assert half_hash(token) == "77QmUPtjPfzWtF2AnpK9RQ"


@pytest.mark.rule("discovery.metadata")
def test_metadata_names_the_issuer_and_addresses_under_it() -> None:
    told = metadata(ISSUER)
    assert told["issuer"] == ISSUER
    for name, value in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(ISSUER + "/"), name
            assert not urlsplit(value).query


@pytest.mark.rule("discovery.truth")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_types_supported", "code"),
        ("subject_types_supported", "pairwise"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("id_token_signing_alg_values_supported", "ES256"),
        ("scopes_supported", "openid"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("grant_types_supported", "authorization_code"),
        ("claims_supported", "sub"),
        ("ui_locales_supported", "km"),
    ],
)
def test_metadata_lists_what_is_offered(name: str, value: str) -> None:
    assert value in metadata(ISSUER)[name]


@pytest.mark.rule("authorize.code-only")
def test_metadata_promises_nothing_unsafe() -> None:
    told = metadata(ISSUER)
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    for name, values in told.items():
        if name.endswith("alg_values_supported"):
            assert "none" not in values, name
            assert not any(value.startswith("HS") for value in values), name
    assert not {"implicit", "password"} & set(told["grant_types_supported"])
