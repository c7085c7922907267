"""`tra clients`: import, invitations, and secrets that change without downtime."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from clients.rules.agency import Agency
from clients.store import agencies, clients, registration
from core.clock import SystemClock
from keys.handles import digest
from tests.tra.conftest import Tra
from tra.ledgers import ServiceName, opened
from tra.settings import settings

PLAIN = {
    "client_id": "land",
    "agency": "moc",
    "security_profile": "oidc",
    "redirect_uris": ["https://land.example.kh/callback"],
}


@pytest.fixture(autouse=True)
def agency(tra: Tra) -> None:
    with opened(ServiceName.IDP, settings()) as ledger:
        ledger.write_now(agencies.save, Agency("moc", "ក", "M"), 0, actor="test")


@pytest.fixture
def import_(tra: Tra, tmp_path: Path) -> Any:
    def run(*entries: dict[str, Any]) -> Result:
        file = tmp_path / "clients.json"
        file.write_text(json.dumps(entries), encoding="utf-8")
        return tra("clients", "import", str(file))

    return run


def secrets() -> list[bytes]:
    with opened(ServiceName.IDP, settings()) as ledger:
        found = ledger.read_now(clients.find, "land")
    assert found is not None
    return [secret.digest for secret in found.client.secrets]


def test_a_secret_that_was_made_is_printed_once_and_kept_by_the_next_import(import_: Any) -> None:
    first = import_(PLAIN).output.strip()
    secret = first.removeprefix("land  client_secret: ")
    assert secrets() == [digest(secret)]
    assert import_({**PLAIN, "client_name": "Land"}).output.strip() == "land"
    assert secrets() == [digest(secret)]


def test_a_secret_of_the_file_takes_the_place_of_what_was_there(import_: Any) -> None:
    import_({**PLAIN, "client_secret": "one"})
    import_({**PLAIN, "client_secret": "two"})
    assert secrets() == [digest("two")]


def test_a_wrong_entry_is_named_and_nothing_is_stored(import_: Any) -> None:
    refused = import_(PLAIN, {**PLAIN, "client_id": "x", "initiate_login_uri": "http://x"})
    assert refused.exit_code == 1
    assert "entry 2" in refused.output
    assert "initiate_login_uri" in refused.output
    with opened(ServiceName.IDP, settings()) as ledger:
        assert ledger.read_now(clients.find, "land") is None


def test_a_sector_document_that_cannot_be_read_is_refused(import_: Any) -> None:
    """The same rule as registration over HTTP; port 9 discards."""
    refused = import_({**PLAIN, "sector_identifier_uri": "https://localhost:9/sector.json"})
    assert refused.exit_code == 1
    assert "sector_identifier_uri" in refused.output


def test_a_client_has_two_secrets_until_the_old_one_ends(tra: Tra, import_: Any) -> None:
    import_({**PLAIN, "client_secret": "old"})
    fresh = tra("clients", "rotate-secret", "land", "--keep-old-hours", "2").output.strip()
    assert sorted(secrets()) == sorted([digest("old"), digest(fresh)])
    newest = tra("clients", "rotate-secret", "land", "--keep-old-hours", "0").output.strip()
    assert secrets() == [digest(newest)]


def test_only_a_client_with_a_secret_gets_another(tra: Tra, import_: Any) -> None:
    import_({**PLAIN, "token_endpoint_auth_method": "none"})
    assert tra("clients", "rotate-secret", "land").exit_code == 1
    assert tra("clients", "rotate-secret", "nobody").exit_code == 1


def test_an_invitation_is_for_an_agency_that_exists(tra: Tra) -> None:
    handle = tra("clients", "invite", "--agency", "moc", "--profile", "oidc").output.strip()
    with opened(ServiceName.IDP, settings()) as ledger:
        found = ledger.read_now(registration.find_invitation, handle, SystemClock().now())
    assert found is not None
    assert (found.agency_id, found.least_profile) == ("moc", "oidc")
    assert tra("clients", "invite", "--agency", "nobody").exit_code == 1


def test_half_a_character_is_refused_with_the_name_of_the_file(import_: Any) -> None:
    """JSON can spell it; no text can hold it."""
    refused = import_({**PLAIN, "contacts": ["\ud800"]})
    assert refused.exit_code == 1
    assert "clients.json is not JSON" in refused.output
