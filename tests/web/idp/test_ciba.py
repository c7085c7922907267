"""An agency's server asks a person elsewhere for a decision (CIBA Core 1.0, poll and ping)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from clients.rules.profiles import CIBA
from core.clock import FixedClock
from idp.rules.ciba import MOST_WAITING
from idp.rules.delivery import WAITS
from idp.store import deliveries
from keys.handles import new_handle
from keys.jose import parse
from tests.provider import ISSUER, Backend, Browser, Keypair, Provider, provider

TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture
def agency(op: Provider) -> Backend:
    """A client that polls."""
    add_agency(op, "agency")
    return Backend.of(op, "agency")


def add_agency(op: Provider, client_id: str, **metadata: Any) -> None:
    op.add_client(
        client_id,
        client_secret=f"secret-of-{client_id}",
        grant_types=[CIBA],
        scope="openid profile email",
        authorization_details_types=["tra_data_access"],
        **metadata,
    )


def ask(agency: Backend, **parameters: str | None) -> Any:
    asked = {"scope": "openid profile", "login_hint": "sokha", "binding_message": "W4SCT"}
    return agency.post("/bc-authorize", **{**asked, **parameters})


def begin(agency: Backend, **parameters: str | None) -> dict[str, Any]:
    answer = ask(agency, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    begun: dict[str, Any] = answer.json()
    return begun


def poll(agency: Backend, begun: dict[str, Any]) -> Any:
    return agency.post("/token", grant_type=CIBA, auth_req_id=begun["auth_req_id"])


def error(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def account(browser: Browser) -> Browser:
    """To the account page, signing in where that is asked."""
    browser.open("/account")
    if 'name="password"' in browser.page.text:
        browser.sign_in()
    return browser


def read(browser: Browser) -> Browser:
    """To the newest request on the account page."""
    page = account(browser).page.text
    browser.open(page.partition('href="/ciba/')[2].partition('"')[0].join(("/ciba/", "")))
    return browser


@pytest.mark.rule("other.ciba")
def test_agency_gets_tokens_once_the_person_agreed(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert begun["interval"] == 5
    assert begun["expires_in"] == 600
    assert error(poll(agency, begun)) == "authorization_pending"
    browser = read(op.browser())
    browser.approve()
    assert browser.page.url.path == "/ciba/approved"
    tokens = poll(agency, begun).json()
    id_token = parse(tokens["id_token"]).claims
    assert id_token["aud"] == "agency"
    assert id_token["acr"] == "urn:tra:loa:2"
    assert agency.userinfo(tokens["access_token"]).json()["name"] == "Chan Sokha"


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_account_lists_the_request_and_its_page_tells_all_of_it(
    op: Provider, agency: Backend
) -> None:
    begin(agency, binding_message="លិខិតលេខ 17")
    browser = account(op.browser())
    browser.open("/account?lang=en")
    assert "Ministry of Commerce" in browser.page.text
    assert "លិខិតលេខ 17" in browser.page.text
    read(browser)
    for told in ("agency", "Ministry of Commerce", "លិខិតលេខ 17", "Chan Sokha", "14 April 2026"):
        assert told in browser.page.text, told
    assert "sokha@example.kh" not in browser.page.text


def test_refusal_is_access_denied(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.submit(decision="deny")
    assert browser.page.url.path == "/ciba/denied"
    assert error(poll(agency, begun)) == "access_denied"


def test_auth_req_id_brings_tokens_once(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    read(op.browser()).approve()
    assert poll(agency, begun).status_code == 200
    assert error(poll(agency, begun)) == "invalid_grant"


def test_auth_req_id_of_another_client_is_invalid_grant(op: Provider, agency: Backend) -> None:
    add_agency(op, "other")
    begun = begin(agency)
    read(op.browser()).approve()
    assert error(poll(Backend.of(op, "other"), begun)) == "invalid_grant"
    assert error(poll(agency, {"auth_req_id": "x"})) == "invalid_grant"
    assert poll(agency, begun).status_code == 200


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_polls_sooner_than_the_interval_are_slowed_down(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert error(poll(agency, begun)) == "authorization_pending"
    assert error(poll(agency, begun)) == "slow_down"
    op.clock.advance(9)
    assert error(poll(agency, begun)) == "slow_down"
    op.clock.advance(15)
    assert error(poll(agency, begun)) == "authorization_pending"


def test_undecided_request_expires_when_the_client_asked(op: Provider, agency: Backend) -> None:
    begun = begin(agency, requested_expiry="30")
    assert begun["expires_in"] == 30
    browser = read(op.browser())
    op.clock.advance(30)
    browser.approve()
    assert "ciba_request_over" in browser.page.text
    assert error(poll(agency, begun)) == "expired_token"
    assert 'href="/ciba/' not in account(browser).page.text


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_nobody_by_that_name_is_unknown_user_id(op: Provider, agency: Backend) -> None:
    op.add_person("dara", status="suspended")
    assert error(ask(agency, login_hint="nobody")) == "unknown_user_id"
    assert error(ask(agency, login_hint="dara")) == "unknown_user_id"


def test_person_is_named_by_an_id_token_too(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.approve()
    hint = poll(agency, begun).json()["id_token"]
    again = begin(agency, login_hint=None, id_token_hint=hint)
    read(browser).approve()
    assert poll(agency, again).status_code == 200
    add_agency(op, "other")
    elsewhere = ask(Backend.of(op, "other"), login_hint=None, id_token_hint=hint)
    assert error(elsewhere) == "invalid_request"


def test_bad_requests_are_refused_by_their_names(agency: Backend) -> None:
    assert error(ask(agency, login_hint=None)) == "invalid_request"
    assert error(ask(agency, scope="profile")) == "invalid_scope"
    assert error(ask(agency, scope="openid phone")) == "invalid_scope"
    assert error(ask(agency, binding_message="👍")) == "invalid_binding_message"
    assert error(ask(agency, authorization_details="[]")) == "invalid_authorization_details"
    assert error(agency.post("/token", grant_type=CIBA)) == "invalid_request"


def test_client_has_to_prove_itself(op: Provider, agency: Backend) -> None:
    stranger = Backend(agency.http, "agency", "wrong")
    assert error(ask(stranger), 401) == "invalid_client"
    assert error(ask(Backend.of(op))) == "unauthorized_client"


def test_another_person_sees_nothing_of_the_request(op: Provider, agency: Backend) -> None:
    op.add_person("dara")
    begin(agency)
    path = read(op.browser()).page.url.path
    stranger = op.browser()
    stranger.open(path)
    stranger.sign_in("dara")
    assert "ciba_request_over" in stranger.page.text
    assert "W4SCT" not in stranger.page.text
    assert 'href="/ciba/' not in account(stranger).page.text


@pytest.mark.rule("authorize.csrf")
def test_forged_form_decides_nothing(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.submit(decision="approve", csrf="forged")
    assert browser.page.status_code == 403
    assert error(poll(agency, begun)) == "authorization_pending"


def test_signed_out_person_signs_in_and_comes_back_to_the_request(
    op: Provider, agency: Backend
) -> None:
    begin(agency)
    browser = read(op.browser())
    path = browser.page.url.path
    browser.open("/logout")
    browser.submit(decision="logout")
    op.clock.advance(60)
    browser.open(path)
    browser.sign_in()
    assert browser.page.url.path == path
    assert 'id="approve"' in browser.page.text


def test_person_who_cannot_reach_the_level_can_only_refuse(op: Provider, agency: Backend) -> None:
    begun = begin(agency, acr_values="urn:tra:loa:3")
    browser = account(op.browser())
    read(browser)
    if 'name="password"' in browser.page.text:
        op.clock.advance(60)
        browser.sign_in()
    assert 'id="approve"' not in browser.page.text
    browser.submit(decision="approve")
    assert 'name="password"' in browser.page.text
    op.clock.advance(10)
    assert error(poll(agency, begun)) == "authorization_pending"


def test_person_has_only_so_many_requests_of_one_client_waiting(agency: Backend) -> None:
    for _ in range(MOST_WAITING):
        begin(agency)
    assert error(ask(agency), 403) == "access_denied"


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_signed_request_is_good_once(op: Provider) -> None:
    key = Keypair()
    add_agency(
        op,
        "signer",
        jwks=key.jwks,
        backchannel_authentication_request_signing_alg="ES256",
    )
    signer = Backend.of(op, "signer")
    claims = {
        "iss": "signer",
        "aud": ISSUER,
        "iat": op.now,
        "nbf": op.now,
        "exp": op.now + 60,
        "jti": new_handle(),
        "scope": "openid profile",
        "login_hint": "sokha",
        "binding_message": "W4SCT",
    }
    token = key.sign(claims)
    assert error(ask(signer)) == "invalid_request"
    assert signer.post("/bc-authorize", request=token).status_code == 200
    assert error(signer.post("/bc-authorize", request=token)) == "invalid_request"
    unknown = key.sign({**claims, "jti": new_handle(), "login_hint": "nobody"})
    assert error(signer.post("/bc-authorize", request=unknown)) == "unknown_user_id"


class Receiver(ThreadingHTTPServer):
    """A client's notification endpoint: keeps its pings, and answers as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pings: list[tuple[str, str, Any]] = []
        self.statuses: list[int] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        authorization = self.headers["Authorization"]
        self.server.pings.append((self.path, authorization, orjson.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("Location", f"http://{self.server.address}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pinging(tmp_path: Path, clock: FixedClock, receiver: Receiver) -> Iterator[Provider]:
    """A provider that reaches the receiver, with a client that wants to be pinged."""
    url = f"sqlite:///{tmp_path / 'pinging.sqlite'}"
    with provider(url, clock, allowed={receiver.address}, development_hooks=True) as running:
        add_agency(
            running,
            "agency",
            backchannel_token_delivery_mode="ping",
            backchannel_client_notification_endpoint=f"http://{receiver.address}/ping",
        )
        yield running


@pytest.fixture
def chores(pinging: Provider) -> Iterator[Backend]:
    """The pinged agency, at a provider that runs its chores as in production."""
    with TestClient(pinging.app, ISSUER) as http:
        yield Backend(http, "agency", "secret-of-agency")


def decide(agency: Backend, begun: dict[str, Any], decision: str) -> Any:
    return agency.post("/development/ciba", auth_req_id=begun["auth_req_id"], decision=decision)


def settled(op: Provider, state: str = "delivered", error: str | None = None) -> deliveries.Outcome:
    """The one ping, once its newest try is written down as expected."""
    for _ in range(200):
        found = op.ledger.read_now(deliveries.find_recent, "agency")
        if found and (found[0].state, found[0].last_error) == (state, error):
            return found[0]
        threading.Event().wait(0.05)
    raise AssertionError(found)


@pytest.mark.parametrize(("decision", "status"), [("approve", 200), ("deny", 400)])
def test_ping_brings_the_token_and_the_request_whatever_was_decided(
    pinging: Provider, chores: Backend, receiver: Receiver, decision: str, status: int
) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    assert decide(chores, begun, decision).status_code == 204
    settled(pinging)
    assert receiver.pings == [("/ping", f"Bearer {TOKEN}", {"auth_req_id": begun["auth_req_id"]})]
    assert poll(chores, begun).status_code == status


@pytest.mark.rule("other.ciba-ping")
@pytest.mark.rule("other.ciba-ping")
@pytest.mark.parametrize("status", [302, 307, 401, 403])
def test_ping_follows_no_redirect_and_is_not_repeated_where_it_is_unwelcome(
    pinging: Provider, chores: Backend, receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status]
    begun = begin(chores, client_notification_token=TOKEN)
    decide(chores, begun, "approve")
    settled(pinging, "given up", f"status {status}")
    assert [path for path, *_ in receiver.pings] == ["/ping"]
    assert poll(chores, begun).status_code == 200


def test_ping_that_failed_is_tried_again(
    pinging: Provider, chores: Backend, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    decide(chores, begin(chores, client_notification_token=TOKEN), "approve")
    settled(pinging, "waiting", "status 500")
    pinging.clock.advance(WAITS[0])
    assert settled(pinging).attempts == 2
    assert len(receiver.pings) == 2


def test_nobody_is_pinged_about_a_request_that_is_over(
    pinging: Provider, chores: Backend, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    begun = begin(chores, client_notification_token=TOKEN, requested_expiry="5")
    decide(chores, begun, "approve")
    settled(pinging, "waiting", "status 500")
    pinging.clock.advance(WAITS[0] + 5)
    settled(pinging, "given up", "the request has expired")
    assert len(receiver.pings) == 1


def test_notification_token_and_handle_are_kept_sealed(
    pinging: Provider, chores: Backend, tmp_path: Path
) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("pinging.sqlite*"))
    assert TOKEN.encode() not in kept
    assert begun["auth_req_id"].encode() not in kept


def test_client_that_is_pinged_may_poll_too(pinging: Provider, chores: Backend) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    assert error(poll(chores, begun)) == "authorization_pending"


def test_development_hook_is_absent_unless_it_was_asked_for(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert decide(agency, begun, "approve").status_code == 404
    assert error(poll(agency, begun)) == "authorization_pending"


def test_development_hook_takes_a_query_and_refuses_what_it_does_not_know(
    pinging: Provider, chores: Backend
) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    address = f"/development/ciba?auth_req_id={begun['auth_req_id']}&decision="
    assert error(chores.http.post(f"{address}perhaps")) == "invalid_request"
    assert chores.http.post(f"{address}allow").status_code == 204
    assert error(chores.http.post(f"{address}allow")) == "invalid_request"
