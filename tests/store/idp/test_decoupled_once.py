"""Requests of devices and of agencies: decided once and taken once, of fifty, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.rules.profiles import CIBA, DEVICE_CODE
from core.clock import FixedClock
from core.database import Ledger, Transaction
from idp.rules.device import DEVICE_SECONDS
from idp.store import attempts, ciba_requests, device_requests, polled
from idp.store.ciba_requests import CibaRequest
from idp.store.polled import Requests
from tests.provider import Backend, provider

AtOnce = Callable[..., list[Any]]
NOW = 1_800_000_000
HANDLE = "the-handle"
WAITING = CibaRequest(
    request_id="r1",
    client_id="service",
    citizen_id="sokha",
    asked={"scope": "openid"},
    binding_message="W4SCT",
    notification_token=None,
    auth_req_id=None,
    created_at=NOW,
    expires_at=NOW + DEVICE_SECONDS,
)


def save_device(transaction: Transaction, user_code: str = "BCDFGHJK") -> bool:
    asked = {"scope": "openid"}
    return device_requests.save(
        transaction, HANDLE, user_code, "service", asked, "203.0.113.7", NOW
    )


@pytest.fixture(params=["device", "ciba"])
def saved(request: pytest.FixtureRequest, ledger: Ledger) -> tuple[Requests, str]:
    """A request that waits: its table and its identifier."""
    if request.param == "ciba":
        ledger.write_now(ciba_requests.save, HANDLE, WAITING)
        return ciba_requests.TABLE, WAITING.request_id
    assert ledger.write_now(save_device)
    found = ledger.read_now(device_requests.find_waiting, "BCDFGHJK", NOW)
    assert found is not None
    return device_requests.TABLE, found.request_id


def approve(ledger: Ledger, saved: tuple[Requests, str]) -> None:
    table, request_id = saved
    assert ledger.write_now(polled.approve, table, request_id, "sokha", "g1", NOW)


@pytest.mark.rule("other.once")
def test_approved_request_is_taken_once_by_fifty_threads(
    ledger: Ledger, at_once: AtOnce, saved: tuple[Requests, str]
) -> None:
    approve(ledger, saved)
    taken = at_once(polled.take, saved[0], HANDLE, "service", NOW)
    assert sorted(filter(None, taken)) == ["g1"]


@pytest.mark.rule("other.once")
def test_of_fifty_approvals_at_once_the_first_counts(
    ledger: Ledger, at_once: AtOnce, saved: tuple[Requests, str]
) -> None:
    table, request_id = saved
    decided = at_once(polled.approve, table, request_id, "sokha", "g{n}", NOW)
    assert decided.count(True) == 1
    winner = f"g{decided.index(True)}"
    assert ledger.write_now(polled.take, table, HANDLE, "service", NOW) == winner


def test_a_refusal_and_an_approval_do_not_both_count(
    ledger: Ledger, at_once: AtOnce, saved: tuple[Requests, str]
) -> None:
    table, request_id = saved
    decided = at_once(polled.deny, table, request_id, "sokha", NOW)
    assert decided.count(True) == 1
    assert not ledger.write_now(polled.approve, table, request_id, "sokha", "g1", NOW)
    assert ledger.write_now(polled.take, table, HANDLE, "service", NOW) is None


def test_request_is_taken_by_its_client_alone_once_approved_and_before_it_expires(
    ledger: Ledger, saved: tuple[Requests, str]
) -> None:
    table, _ = saved
    assert ledger.write_now(polled.take, table, HANDLE, "service", NOW) is None
    approve(ledger, saved)
    assert ledger.write_now(polled.take, table, HANDLE, "another", NOW) is None
    assert ledger.write_now(polled.take, table, "another", "service", NOW) is None
    late = NOW + DEVICE_SECONDS
    assert ledger.write_now(polled.take, table, HANDLE, "service", late) is None
    assert ledger.write_now(polled.take, table, HANDLE, "service", late - 1) == "g1"


def test_request_that_expired_is_decided_no_more(
    ledger: Ledger, saved: tuple[Requests, str]
) -> None:
    table, request_id = saved
    late = NOW + DEVICE_SECONDS
    assert not ledger.write_now(polled.approve, table, request_id, "sokha", "g1", late)
    assert not ledger.write_now(polled.deny, table, request_id, "sokha", late)


def test_two_devices_never_show_the_same_code(ledger: Ledger) -> None:
    assert ledger.write_now(save_device)
    assert not ledger.write_now(
        device_requests.save, "another", "BCDFGHJK", "service", {}, "203.0.113.7", NOW
    )


def test_request_waits_for_its_person_alone(ledger: Ledger) -> None:
    ledger.write_now(ciba_requests.save, HANDLE, WAITING)
    other = replace(WAITING, request_id="r2", citizen_id="dara")
    ledger.write_now(ciba_requests.save, "another", other)
    assert ledger.read_now(ciba_requests.find_waiting, "sokha", NOW) == (WAITING,)
    assert ledger.read_now(ciba_requests.find, "r2", "sokha", NOW) is None
    assert ledger.read_now(ciba_requests.find_waiting, "sokha", WAITING.expires_at) == ()


def test_right_code_takes_back_its_own_try_alone(ledger: Ledger) -> None:
    for _ in range(9):
        assert ledger.write_now(attempts.begin, "device 203.0.113.7", NOW) == 0
    assert ledger.write_now(attempts.begin, "device 203.0.113.7", NOW) == 0
    ledger.write_now(attempts.forgive, "device 203.0.113.7")
    assert ledger.write_now(attempts.begin, "device 203.0.113.7", NOW) == 0
    assert ledger.write_now(attempts.begin, "device 203.0.113.7", NOW) > 0


@pytest.mark.rule("other.once")
@pytest.mark.parametrize("grant_type", [DEVICE_CODE, CIBA])
def test_fifty_polls_at_once_bring_tokens_once(
    database_url: str, clock: FixedClock, grant_type: str
) -> None:
    with provider(database_url, clock, development_hooks=True) as op:
        op.add_client("agency", client_secret="secret-of-agency", grant_types=[DEVICE_CODE, CIBA])
        agency = Backend.of(op, "agency")
        form = {"grant_type": grant_type}
        if grant_type == CIBA:
            begun = agency.post("/bc-authorize", scope="openid", login_hint="sokha").json()
            form["auth_req_id"] = begun["auth_req_id"]
            decided = agency.post("/development/ciba", decision="approve", **begun_by(begun))
            assert decided.status_code == 204
        else:
            begun = agency.post("/device_authorization", scope="openid").json()
            form["device_code"] = begun["device_code"]
            browser = op.browser()
            browser.open("/device")
            browser.submit(user_code=begun["user_code"])
            browser.sign_in()
            browser.approve()
        together = Barrier(50)

        def poll(_: int) -> int:
            client = Backend(TestClient(op.app, "http://localhost:8000"), "agency", agency.secret)
            together.wait()
            return client.post("/token", **form).status_code

        with ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(poll, range(50)))
        assert answers.count(200) == 1
        assert answers.count(400) == 49


def begun_by(begun: dict[str, Any]) -> dict[str, str]:
    return {"auth_req_id": begun["auth_req_id"]}
