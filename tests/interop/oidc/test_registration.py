"""npm's openid-client registers itself, and works with what it was told (RFC 7591)."""

from typing import Any

import pytest

from tests.live import LiveProvider
from tests.node import script
from tests.visitor import Visitor
from tra.demo_clients import AGENCIES

CALLBACK = "https://newcomer.example.kh/callback"


@pytest.mark.rule("other.registration")
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"id_token_signed_response_alg": "RS256", "userinfo_signed_response_alg": "PS256"},
    ],
)
def test_openid_client_registers_itself_and_signs_a_person_in(
    live_provider: LiveProvider, metadata: dict[str, Any]
) -> None:
    agency = AGENCIES[0].agency_id
    token = live_provider.tra("clients", "invite", "--agency", agency, "--profile", "oidc").strip()
    asked = {"client_name": "A newcomer", "redirect_uris": [CALLBACK], **metadata}
    person = live_provider.newcomer()
    with script("register.js") as service, Visitor() as visitor:
        begun = service.ask(issuer=live_provider.issuer, initial_access_token=token, metadata=asked)
        assert asked.items() <= begun["registered"].items()
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith(f"{CALLBACK}?"), visitor.page
        learned = service.ask(callback=callback)
    assert learned["claims"]["aud"] == begun["registered"]["client_id"]
    assert learned["userinfo"]["name"] == person.name
