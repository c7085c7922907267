"""POST /register and what manages a registration (RFC 7591 §3, RFC 7592 §2)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.rules.client import SecurityProfile
from clients.rules.registration import Invitation
from clients.store import registration
from core.clock import FixedClock
from keys.handles import new_handle
from tests.neighbour import Neighbour, neighbour
from tests.provider import ISSUER, Backend, Keypair, Provider, provider

CALLBACK = "https://land.example.kh/callback"
PLAIN = {"redirect_uris": [CALLBACK]}


def invite(op: Provider, *, profile: str = "oidc", uses: int = 1) -> str:
    handle = new_handle()
    invitation = Invitation("moc", SecurityProfile(profile))
    op.ledger.write_now(
        registration.invite, handle, invitation, uses, op.now + 60, op.now, actor="operator"
    )
    return handle


class Agency:
    """An agency's developer, who registers a client over HTTP."""

    def __init__(self, op: Provider) -> None:
        self.http = TestClient(op.app, ISSUER)

    def register(self, token: str | None, metadata: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post("/register", json=metadata, headers=headers)

    def manage(self, method: str, told: dict[str, Any], metadata: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {told['registration_access_token']}"}
        return self.http.request(
            method, told["registration_client_uri"], json=metadata, headers=headers
        )


@pytest.fixture
def agency(op: Provider) -> Agency:
    return Agency(op)


@pytest.fixture
def known(op: Provider, agency: Agency) -> dict[str, Any]:
    """A client that registered itself."""
    answer = agency.register(invite(op), {**PLAIN, "client_name": "Land"})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_client_registers_and_signs_a_person_in(op: Provider, known: dict[str, Any]) -> None:
    assert known["client_secret_expires_at"] == 0
    assert known["client_id_issued_at"] == op.now
    assert known["registration_client_uri"] == f"{ISSUER}/register/{known['client_id']}"
    assert known["token_endpoint_auth_method"] == "client_secret_basic"
    reply = op.browser().go_through(known["client_id"], redirect_uri=CALLBACK)
    service = Backend(TestClient(op.app, ISSUER), known["client_id"], known["client_secret"])
    assert service.redeem(reply).status_code == 200


def test_answers_are_never_cached(agency: Agency, op: Provider, known: dict[str, Any]) -> None:
    for answer in (agency.register(invite(op), PLAIN), agency.manage("GET", known)):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.rule("other.registration")
def test_registration_takes_an_initial_access_token(op: Provider, agency: Agency) -> None:
    expired = invite(op)
    op.clock.advance(60)
    for token in (None, "unknown", expired):
        answer = agency.register(token, PLAIN)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_token"
        assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.rule("other.registration")
def test_an_initial_access_token_is_good_as_often_as_it_says(op: Provider, agency: Agency) -> None:
    token = invite(op, uses=2)
    assert agency.register(token, {"redirect_uris": ["/x"]}).status_code == 400, "uses nothing up"
    statuses = [agency.register(token, PLAIN).status_code for _ in range(3)]
    assert statuses == [201, 201, 401]


@pytest.mark.rule("other.policy")
def test_new_agencies_get_fapi2(op: Provider, agency: Agency) -> None:
    """Unless the initial access token allows less."""
    token = invite(op, profile="fapi2")
    refused = agency.register(token, PLAIN).json()
    assert refused["error"] == "invalid_client_metadata"
    assert "jwks" in refused["error_description"]
    told = agency.register(token, {**PLAIN, "jwks": Keypair().jwks}).json()
    assert told["security_profile"] == "fapi2"
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert told["require_pushed_authorization_requests"] is True
    assert "client_secret" not in told
    assert "client_secret_expires_at" not in told


@pytest.mark.rule("other.registration")
@pytest.mark.parametrize(
    ("metadata", "error", "named"),
    [
        ({"redirect_uris": [f"{CALLBACK}#fragment"]}, "invalid_redirect_uri", "#fragment"),
        ({"redirect_uris": ["http://land.example.kh/"]}, "invalid_redirect_uri", "http://land"),
        ({}, "invalid_redirect_uri", "redirect URI"),
        ({**PLAIN, "initiate_login_uri": "http://x"}, "invalid_client_metadata", "initiate_login"),
        ({**PLAIN, "grant_types": ["password"]}, "invalid_client_metadata", "grant_types"),
        ({**PLAIN, "scope": "openid seal"}, "invalid_client_metadata", "scope"),
        ({**PLAIN, "client_name": 'a"\\\u0430'}, "invalid_client_metadata", "client_name"),
        ([], "invalid_client_metadata", "object"),
    ],
)
def test_a_refusal_names_the_field(
    op: Provider, agency: Agency, metadata: Any, error: str, named: str
) -> None:
    answer = agency.register(invite(op), metadata)
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"] == error
    assert named in told["error_description"]
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in told["error_description"])


def test_registration_is_json(op: Provider, agency: Agency) -> None:
    headers = {"Authorization": f"Bearer {invite(op)}"}
    assert agency.http.post("/register", data={"a": "b"}, headers=headers).status_code == 400
    headers["Content-Type"] = "application/json"
    assert agency.http.post("/register", content=b"{", headers=headers).status_code == 400
    assert agency.http.get("/register", headers=headers).status_code == 405


@pytest.mark.rule("other.management")
def test_a_client_reads_what_is_registered(agency: Agency, known: dict[str, Any]) -> None:
    answer = agency.manage("GET", known)
    assert answer.status_code == 200
    untold = {"client_secret", "client_secret_expires_at"}
    assert answer.json() == {name: known[name] for name in known.keys() - untold}


@pytest.mark.rule("other.management")
def test_a_change_replaces_all_and_rotates_the_token(
    op: Provider, agency: Agency, known: dict[str, Any]
) -> None:
    """RFC 7592 §2.2: what is left out is no more registered."""
    asked = {"client_id": known["client_id"], "redirect_uris": [f"{CALLBACK}/2"]}
    answer = agency.manage("PUT", known, asked)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["redirect_uris"] == [f"{CALLBACK}/2"]
    assert told["client_name"] == known["client_id"]
    assert told["registration_access_token"] != known["registration_access_token"]
    assert "client_secret" not in told, "it keeps the one that it has"
    assert agency.manage("PUT", known, asked).status_code == 401
    assert agency.manage("GET", told).status_code == 200
    service = Backend(TestClient(op.app, ISSUER), known["client_id"], known["client_secret"])
    there = op.browser().authorize(known["client_id"], redirect_uri=CALLBACK)
    assert "redirect_uri_mismatch" in there.page.text  # type: ignore[union-attr]
    reply = op.browser().go_through(known["client_id"], redirect_uri=f"{CALLBACK}/2")
    assert service.redeem(reply).status_code == 200


def test_a_client_changes_from_a_secret_to_keys_and_back(
    agency: Agency, known: dict[str, Any]
) -> None:
    asked = {"client_id": known["client_id"], **PLAIN, "client_secret": known["client_secret"]}
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": Keypair().jwks}
    told = agency.manage("PUT", known, {**asked, **by_key}).json()
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    again = agency.manage("PUT", told, {"client_id": known["client_id"], **PLAIN}).json()
    assert again["client_secret"] != known["client_secret"]
    assert again["client_secret_expires_at"] == 0


def test_a_client_does_not_choose_its_secret(agency: Agency, known: dict[str, Any]) -> None:
    asked = {"client_id": known["client_id"], **PLAIN, "client_secret": "chosen"}
    assert agency.manage("PUT", known, asked).json()["error"] == "invalid_client_metadata"


@pytest.mark.rule("other.management")
def test_another_clients_token_opens_nothing(
    op: Provider, agency: Agency, known: dict[str, Any]
) -> None:
    other = agency.register(invite(op), PLAIN).json()
    for method in ("GET", "PUT", "DELETE"):
        for address in (known["registration_client_uri"], f"{ISSUER}/register/service-1"):
            told = {**other, "registration_client_uri": address}
            answer = agency.manage(method, told, {"client_id": "x"})
            assert answer.status_code == 401
            assert answer.json()["error"] == "invalid_token"


def test_what_a_client_was_granted_ends_with_it(
    op: Provider, agency: Agency, known: dict[str, Any]
) -> None:
    """RFC 7592 §2.3."""
    service = Backend(TestClient(op.app, ISSUER), known["client_id"], known["client_secret"])
    reply = op.browser().go_through(known["client_id"], redirect_uri=CALLBACK)
    access_token = service.redeem(reply).json()["access_token"]
    answer = agency.manage("DELETE", known)
    assert (answer.status_code, answer.content) == (204, b"")
    assert service.userinfo(access_token).status_code == 401
    assert service.post("/token", grant_type="client_credentials").json()["error"] == (
        "invalid_client"
    )
    assert agency.manage("GET", known).status_code == 401
    assert agency.manage("DELETE", known).status_code == 401


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Neighbour]:
    with neighbour(tmp_path) as running:
        yield running


@pytest.mark.rule("identity.sector")
@pytest.mark.parametrize(
    ("document", "status"),
    [
        (["https://a.example.kh/cb", "https://b.example.kh/cb", "https://c.example.kh/cb"], 201),
        (["https://a.example.kh/cb"], 400),
        ({"redirect_uris": []}, 400),
        (None, 400),
    ],
)
def test_a_sector_document_is_fetched_and_lists_every_redirect_uri(
    tmp_path: Path, clock: FixedClock, beside: Neighbour, document: Any, status: int
) -> None:
    """OIDC Core 8.1, Registration 5."""
    url = f"sqlite:///{tmp_path / 'idp.sqlite'}"
    with provider(url, clock, outbound=beside.outbound()) as op:
        agency = Agency(op)
        address = beside.publish("/sector.json", document)
        metadata = {
            "redirect_uris": ["https://a.example.kh/cb", "https://b.example.kh/cb"],
            "sector_identifier_uri": address,
        }
        assert agency.register("unknown", metadata).status_code == 401
        assert beside.asked == [], "nothing is fetched for somebody who may not register"
        answer = agency.register(invite(op), metadata)
        assert answer.status_code == status, answer.text
        assert beside.asked == ["/sector.json"]
        if status == 400:
            assert "sector_identifier_uri" in answer.json()["error_description"]
