"""An agency's server is told that the person decided (CIBA Core 1.0 §10.2)."""

import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from idp.rules.delivery import WAITS
from idp.store import deliveries
from tests.agency_server import AgencyServer, agency_server
from tests.ciba import add_agency, begin, decide, error, poll
from tests.provider import ISSUER, Backend, Provider, provider

TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture
def receiver() -> Iterator[AgencyServer]:
    with agency_server(status=204) as server:
        yield server


@pytest.fixture
def pinging(tmp_path: Path, clock: FixedClock, receiver: AgencyServer) -> Iterator[Provider]:
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
    pinging: Provider, chores: Backend, receiver: AgencyServer, decision: str, status: int
) -> None:
    begun = begin(chores, client_notification_token=TOKEN)
    assert decide(chores, begun, decision).status_code == 204
    settled(pinging)
    [ping] = receiver.requests
    assert (ping.path, ping.headers["Authorization"]) == ("/ping", f"Bearer {TOKEN}")
    assert orjson.loads(ping.body) == {"auth_req_id": begun["auth_req_id"]}
    assert poll(chores, begun).status_code == status


@pytest.mark.rule("other.ciba-ping")
@pytest.mark.parametrize("status", [302, 307, 401, 403])
def test_ping_follows_no_redirect_and_is_not_repeated_where_it_is_unwelcome(
    pinging: Provider, chores: Backend, receiver: AgencyServer, status: int
) -> None:
    receiver.statuses = [status]
    begun = begin(chores, client_notification_token=TOKEN)
    decide(chores, begun, "approve")
    settled(pinging, "given up", f"status {status}")
    assert [one.path for one in receiver.requests] == ["/ping"]
    assert poll(chores, begun).status_code == 200


def test_ping_that_failed_is_tried_again(
    pinging: Provider, chores: Backend, receiver: AgencyServer
) -> None:
    receiver.statuses = [500]
    decide(chores, begin(chores, client_notification_token=TOKEN), "approve")
    settled(pinging, "waiting", "status 500")
    pinging.clock.advance(WAITS[0])
    assert settled(pinging).attempts == 2
    assert receiver.asked == 2


def test_nobody_is_pinged_about_a_request_that_is_over(
    pinging: Provider, chores: Backend, receiver: AgencyServer
) -> None:
    receiver.statuses = [500]
    begun = begin(chores, client_notification_token=TOKEN, requested_expiry="5")
    decide(chores, begun, "approve")
    settled(pinging, "waiting", "status 500")
    pinging.clock.advance(WAITS[0] + 5)
    settled(pinging, "given up", "the request has expired")
    assert receiver.asked == 1


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
