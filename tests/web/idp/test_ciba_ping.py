"""An agency's server is told that the person decided (CIBA Core 1.0 §10.2)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from idp.rules.delivery import WAITS
from idp.store import deliveries
from tests.ciba import add_agency, begin, decide, error, poll
from tests.provider import ISSUER, Backend, Provider, provider

TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


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


def test_development_hook_takes_a_query_and_refuses_what_it_does_not_know(
    pinging: Provider, chores: Backend
) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    address = f"/development/ciba?auth_req_id={begun['auth_req_id']}&decision="
    assert error(chores.http.post(f"{address}perhaps")) == "invalid_request"
    assert chores.http.post(f"{address}allow").status_code == 204
    assert error(chores.http.post(f"{address}allow")) == "invalid_request"
