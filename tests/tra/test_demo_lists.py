"""What `tra demo --clients --people` makes of lists that somebody else wrote."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from clients.rules.metadata import parse
from idp.rules import people
from idp.rules.claims import OFFERED
from tests.architecture.source import ROOT
from tra.demo import Demo, _asked_for
from tra.demo_clients import AGENCIES, completed, for_import

EXAMPLE = ROOT / "examples" / "conformance"
CALLBACK = {"redirect_uris": ["https://suite.example/callback"]}
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://suite.example/jwks"}
PUSHED = {"require_pushed_authorization_requests": True}
BOUND = {"dpop_bound_access_tokens": True}
SIGNED = {"require_signed_request_object": True}


@pytest.mark.rule("testing.person")
def test_the_example_has_a_person_with_every_standard_claim_and_no_second_factor() -> None:
    with (EXAMPLE / "people.csv").open(encoding="utf-8", newline="") as lines:
        [row] = csv.DictReader(lines)
    tester = people.parse(row)
    assert tester.claims.keys() >= OFFERED
    assert tester.claims["phone_number_verified"] is True
    assert tester.claims["updated_at"] == 1776132000
    assert tester.totp_secret is None


@pytest.mark.rule("testing.seed")
def test_the_clients_of_the_example_are_clients() -> None:
    for entry in json.loads((EXAMPLE / "clients.json").read_text(encoding="utf-8")):
        client = completed(entry)
        assert parse(for_import(client), client_id=entry["client_id"], agency_id="moc")


@pytest.mark.parametrize(
    ("metadata", "profile"),
    [
        ({}, "oidc"),
        ({**BY_KEY, **PUSHED}, "oidc"),
        ({**PUSHED, **BOUND}, "oidc"),
        ({**BY_KEY, **PUSHED, **BOUND}, "fapi2"),
        ({**BY_KEY, **PUSHED, **BOUND, **SIGNED}, "fapi2-message-signing"),
        ({**BY_KEY, **PUSHED, **BOUND, "security_profile": "oidc"}, "oidc"),
    ],
)
def test_a_client_gets_the_profile_that_its_metadata_keeps_to(
    metadata: dict[str, Any], profile: str
) -> None:
    client = completed({"client_id": "c", **CALLBACK, **metadata})
    assert client["agency"] == AGENCIES[0].agency_id
    assert parse(client, client_id="c", agency_id="moc").security_profile == profile


@pytest.mark.parametrize("member", ["jwks", "private_jwks"])
def test_private_keys_of_a_list_never_reach_the_provider(member: str) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k", "use": "sig", "alg": "ES256"})
    client = completed({"client_id": "c", member: {"keys": [key.as_dict(private=True)]}})
    told = for_import(client)
    assert told["jwks"] == {"keys": [key.as_dict(private=False)]}
    assert "private_jwks" not in told


def test_what_the_environment_sets_goes_into_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRA_OUTBOUND_ALLOWED", "localhost:9443, localhost:9444")
    monkeypatch.setenv("TRA_THROTTLE_LOOPBACK", "false")
    monkeypatch.setenv("TRA_ISSUER", "https://elsewhere.example")
    assert _asked_for()["throttle_loopback"] is False
    demo = Demo(tmp_path)
    demo._write_config()
    written = demo.config.read_text(encoding="utf-8")
    assert "throttle_loopback = false" in written
    assert "localhost:8000,localhost:8001" in written
    assert "localhost:9443,localhost:9444" in written
    assert "elsewhere" not in written
