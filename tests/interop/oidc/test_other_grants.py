"""Grants beyond the browser's, by openid-client: devices, CIBA, and token exchange."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey

from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from tests.live import LiveProvider, Person
from tests.node import script
from tests.visitor import Visitor

KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
API = "https://broker.example.kh/api"
REGISTER = "https://register.example.kh/"
CALLBACK = "https://portal.example.kh/callback"


@pytest.fixture(scope="module")
def provider(live_provider: LiveProvider) -> LiveProvider:
    """The provider, with clients that have no browser, or act for one another."""
    fapi = {
        "security_profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [KEY.as_dict(private=False)]},
    }
    live_provider.register(
        {
            "client_id": "television",
            "client_name": "A screen in a commune office",
            "token_endpoint_auth_method": "none",
            "grant_types": [DEVICE_CODE],
            "scope": "openid profile",
        },
        {
            "client_id": "counter",
            "client_name": "A counter",
            "client_secret": "secret-of-counter",
            "grant_types": [CIBA],
            "scope": "openid profile",
        },
        {
            "client_id": "fapi-counter",
            "client_name": "A counter that signs what it asks",
            "grant_types": [CIBA],
            "backchannel_authentication_request_signing_alg": "ES256",
            "scope": "openid profile",
            **fapi,
        },
        {
            "client_id": "portal",
            "client_name": "A portal",
            "client_secret": "secret-of-portal",
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [CALLBACK],
            "scope": "openid profile",
            "audience": [API],
            "may_act": "broker",
        },
        {
            "client_id": "broker",
            "client_name": "What the portal calls",
            "client_secret": "secret-of-broker",
            "grant_types": [TOKEN_EXCHANGE],
            "scope": "profile",
            "audience": [REGISTER],
            "resource_identifiers": [API],
        },
    )
    return live_provider


@pytest.fixture(scope="module")
def person(live_provider: LiveProvider) -> Person:
    return live_provider.newcomer()


@pytest.fixture(scope="module")
def visitor(live_provider: LiveProvider, person: Person) -> Iterator[Visitor]:
    """That person, signed in at a browser of their own."""
    with Visitor() as someone:
        someone.go_through(f"{live_provider.issuer}/account", person)
        yield someone


def _by_key(provider: LiveProvider, client_id: str) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "client_id": client_id,
        "method": "private_key_jwt",
        "private_jwk": KEY.as_dict(private=True),
    }


def _by_secret(provider: LiveProvider, client_id: str) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "client_id": client_id,
        "method": "client_secret_basic",
        "client_secret": f"secret-of-{client_id}",
    }


@pytest.mark.rule("other.device")
def test_openid_client_on_a_device_waits_for_the_person(
    provider: LiveProvider, visitor: Visitor, person: Person
) -> None:
    """RFC 8628."""
    with script("decoupled.js") as node:
        begun = node.ask(
            issuer=provider.issuer,
            client_id="television",
            method="none",
            grant="device",
            parameters={"scope": "openid profile"},
        )
        assert visitor.go_through(begun["verification_uri_complete"], person).endswith("/approved")
        learned = node.ask()
    assert learned["userinfo"]["name"] == person.name
    assert learned["claims"]["aud"] == "television"


@pytest.mark.rule("other.ciba")
@pytest.mark.parametrize("client_id", ["counter", "fapi-counter"])
def test_openid_client_at_a_counter_asks_the_person_elsewhere(
    provider: LiveProvider, visitor: Visitor, person: Person, client_id: str
) -> None:
    """CIBA Core, poll; FAPI-CIBA 5.2.2: signed requests."""
    fapi = client_id == "fapi-counter"
    service = (_by_key if fapi else _by_secret)(provider, client_id)
    asked = {"scope": "openid profile", "login_hint": person.username, "binding_message": "A-417"}
    with script("decoupled.js") as node:
        begun = node.ask(**service, grant="ciba", signed=fapi, dpop=fapi, parameters=asked)
        assert begun["auth_req_id"]
        _open_waiting(provider, visitor)
        assert "A-417" in visitor.page
        assert visitor.submit(decision="approve").endswith("/approved")
        learned = node.ask()
    assert learned["tokens"]["token_type"] == ("dpop" if fapi else "bearer")
    assert learned["userinfo"].get("name#km", "") == person.name_km


@pytest.mark.rule("other.ciba")
def test_openid_client_learns_that_the_person_refused(
    provider: LiveProvider, visitor: Visitor, person: Person
) -> None:
    asked = {"scope": "openid profile", "login_hint": person.username}
    with script("decoupled.js") as node:
        node.ask(**_by_secret(provider, "counter"), grant="ciba", parameters=asked)
        _open_waiting(provider, visitor)
        assert visitor.submit(decision="deny").endswith("/denied")
        assert node.ask(denied=True) == {"refused": "access_denied"}


def _open_waiting(provider: LiveProvider, visitor: Visitor) -> None:
    """Follow the one request that waits on the account's page."""
    visitor.open(f"{provider.issuer}/account")
    [waiting] = re.findall(r'href="(/ciba/[^"]+)"', visitor.page)
    visitor.open(provider.issuer + waiting)


@pytest.mark.rule("token.exchange")
def test_openid_client_acts_for_the_person_and_oauth4webapi_sees_who_acts(
    provider: LiveProvider, visitor: Visitor, person: Person
) -> None:
    """RFC 8693 §4.1, RFC 9068 §4."""
    with script("sign-in.js") as portal:
        begun = portal.ask(
            **_by_secret(provider, "portal"),
            redirect_uri=CALLBACK,
            post_logout_redirect_uri=CALLBACK,
            scope="openid profile",
        )
        callback = visitor.go_through(begun["authorization_url"], person)
        subject_token = portal.ask(callback=callback)["tokens"]["access_token"]
    with script("exchange.js") as broker:
        exchanged = broker.ask(
            **_by_secret(provider, "broker"),
            subject_token=subject_token,
            audience=REGISTER,
            scope="profile",
        )
    assert exchanged["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    with script("resource-server.js") as register:
        claims = register.ask(
            issuer=provider.issuer, audience=REGISTER, access_token=exchanged["access_token"]
        )
    assert claims["client_id"] == claims["act"]["sub"] == "broker"
    assert claims["scope"] == "profile"
