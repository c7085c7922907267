"""A refresh token and a pushed request are used once by fifty at the same moment, on both
databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.database import Ledger, Transaction
from idp.store import grants, pushed_requests, refresh_tokens
from keys.sealing import Sealer
from tests.fapi import FapiClient
from tests.provider import ISSUER, Backend, Browser, Provider, fresh_assertion, provider
from tests.rules.samples import grant

AtOnce = Callable[..., list[Any]]
NOW = 1_800_000_000
LATER = NOW + 3_600
SEALER = Sealer([bytes(32)])
GRANT = grant(client_id="native")


@pytest.fixture
def op(database_url: str, clock: FixedClock) -> Iterator[Provider]:
    with provider(database_url, clock) as running:
        yield running


def fifty(fn: Callable[[int], Any]) -> list[Any]:
    """What fifty threads got that did it in the same moment."""
    together = Barrier(50)

    def one(n: int) -> Any:
        together.wait()
        return fn(n)

    with ThreadPoolExecutor(50) as threads:
        return list(threads.map(one, range(50)))


@pytest.mark.rule("token.refresh-rotation")
def test_refresh_token_is_rotated_once_by_fifty_threads(ledger: Ledger, at_once: AtOnce) -> None:
    ledger.write_now(grants.save, GRANT, NOW)
    ledger.write_now(refresh_tokens.save, "the-token", GRANT, NOW, LATER)
    found = ledger.read_now(refresh_tokens.find, "the-token", "native")
    assert found is not None

    def rotate(transaction: Transaction, successor: str) -> bool:
        return refresh_tokens.rotate(transaction, SEALER, "the-token", successor, found, NOW, LATER)

    rotated = at_once(rotate, "successor-{n}")
    assert sorted(rotated) == [False] * 49 + [True]
    used = ledger.read_now(refresh_tokens.find, "the-token", "native")
    assert used is not None
    assert used.successor is not None
    winner = f"successor-{rotated.index(True)}"
    assert refresh_tokens.open_successor(SEALER, "the-token", used.successor) == winner
    alive = [
        ledger.read_now(refresh_tokens.find, f"successor-{n}", "native") is not None
        for n in range(50)
    ]
    assert alive == rotated


@pytest.mark.rule("token.refresh-grace")
def test_fifty_refreshes_at_once_get_the_same_successor(op: Provider) -> None:
    """RFC 9700 §4.14.2: a page in fifty windows is no thief."""
    op.add_client(
        "service-3",
        client_secret="secret-of-service-3",
        redirect_uris=["https://service-3.example.kh/callback"],
        grant_types=["authorization_code", "refresh_token"],
        scope="openid",
    )
    reply = op.browser().go_through("service-3", scope="openid")
    refresh_token = Backend.of(op, "service-3").redeem(reply).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}

    def refresh(_: int) -> Any:
        http = TestClient(op.app, ISSUER)
        return http.post("/token", data=form, auth=("service-3", "secret-of-service-3"))

    answers = fifty(refresh)
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert successor != refresh_token
    assert len({answer.json()["access_token"] for answer in answers}) == 50


@pytest.mark.rule("par.used-at-answer")
def test_pushed_request_is_used_up_once_by_fifty_threads(ledger: Ledger, at_once: AtOnce) -> None:
    ledger.write_now(pushed_requests.save, "the-handle", "fapi", {"state": "x"}, NOW)
    assert sorted(at_once(pushed_requests.use, "the-handle", NOW)) == [False] * 49 + [True]
    found = ledger.read_now(pushed_requests.find, "the-handle")
    assert found is not None
    assert found.used


@pytest.mark.rule("par.used-at-answer")
def test_request_uri_opened_by_fifty_windows_at_once_yields_one_code(op: Provider) -> None:
    """FAPI 2.0 SP 5.3.2.2: the others learn that it was answered before."""
    fapi = FapiClient.register(op)
    browser = op.browser()
    fapi.go_through(browser, scope="openid")  # from here on there is nothing to ask the person
    request_uri = fapi.push(scope="openid").json()["request_uri"]

    def open_window(_: int) -> Any:
        window = Browser(op, TestClient(op.app, ISSUER, cookies=dict(browser.http.cookies)))
        return fapi.open(window, request_uri)

    opened = fifty(open_window)
    codes = [there for there in opened if not isinstance(there, Browser)]
    pages = [there.page for there in opened if isinstance(there, Browser)]
    assert len(codes) == 1
    assert codes[0].parameters["code"]
    assert {page.status_code for page in pages} == {400}
    assert all("request_uri_refused" in page.text for page in pages)


@pytest.mark.rule("dpop.once", "client.assertion")
@pytest.mark.parametrize(
    ("what", "error"), [("assertion", "invalid_client"), ("proof", "invalid_dpop_proof")]
)
def test_proof_sent_fifty_times_at_once_is_taken_once(op: Provider, what: str, error: str) -> None:
    """RFC 7523 §3, RFC 9449 §11.1."""
    fapi = FapiClient.register(op)
    assertion = fresh_assertion(fapi.key, fapi.client_id, op.now)
    same = {"client_assertion": assertion} if what == "assertion" else {"proof": fapi.proof()}

    def ask(_: int) -> Any:
        return fapi.post("/token", grant_type="client_credentials", scope="seal", **same)

    answers = fifty(ask)
    assert [answer.status_code for answer in answers].count(200) == 1
    refused = [answer.json()["error"] for answer in answers if answer.status_code != 200]
    assert refused == [error] * 49
