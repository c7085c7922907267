"""Clients are told that a person signed out: Back-Channel Logout 1.0, Front-Channel Logout 1.0."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.clock import FixedClock
from idp.rules.delivery import WAITS
from idp.store import deliveries, tables
from keys.jose import VerificationKey, parse, verify
from tests.agency_server import AgencyServer, agency_server
from tests.provider import ISSUER, Backend, Browser, Provider, provider


@pytest.fixture
def receiver() -> Iterator[AgencyServer]:
    with agency_server() as server:
        yield server


@pytest.fixture
def op(tmp_path: Path, clock: FixedClock, receiver: AgencyServer) -> Iterator[Provider]:
    url = f"sqlite:///{tmp_path / 'idp.sqlite'}"
    with provider(url, clock, allowed={receiver.address}) as running:
        running.add_client(
            "told",
            client_secret="secret-of-told",
            redirect_uris=["https://told.example.kh/callback"],
            backchannel_logout_uri=f"http://{receiver.address}/logout",
            backchannel_logout_session_required=True,
            scope="openid profile",
        )
        yield running


@pytest.fixture
def browser(op: Provider) -> Iterator[Browser]:
    """A browser at a provider that runs its chores, as in production."""
    with TestClient(op.app, ISSUER, client=("203.0.113.7", 1)) as http:
        yield Browser(op, http)


def sign_out(browser: Browser) -> None:
    browser.open("/logout")
    browser.submit(decision="logout")


def noted(op: Provider, error: str | None) -> deliveries.Outcome:
    """How the one delivery stands, once its newest try is written down."""
    for _ in range(200):
        [outcome] = op.ledger.read_now(deliveries.find_recent, "told")
        if outcome.last_error == error and (error or outcome.state == "delivered"):
            return outcome
        threading.Event().wait(0.05)
    raise AssertionError(outcome)


def own_keys(op: Provider) -> tuple[VerificationKey, ...]:
    return op.ctx.own_keys()


@pytest.mark.rule("logout.token")
def test_client_is_told_at_once_with_a_logout_token(
    op: Provider, browser: Browser, receiver: AgencyServer
) -> None:
    id_token = Backend.of(op, "told").redeem(browser.go_through("told")).json()["id_token"]
    session = parse(id_token).claims
    sign_out(browser)
    assert receiver.arrived.acquire(timeout=10)
    [told] = receiver.requests
    form = parse_qs(told.body.decode())
    assert form.keys() == {"logout_token"}
    token = verify(form["logout_token"][0], own_keys(op), {"ES256"}, {"logout+jwt"})
    assert token["iss"] == ISSUER
    assert token["aud"] == "told"
    assert token["sid"] == session["sid"]
    assert token["sub"] == session["sub"]
    assert token["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert token["exp"] - token["iat"] <= 120
    assert token["jti"]
    assert "nonce" not in token


@pytest.mark.rule("logout.delivery")
def test_failed_delivery_is_tried_again_and_seen_by_the_operator(
    op: Provider, browser: Browser, receiver: AgencyServer
) -> None:
    receiver.statuses = [500, 400, 204]
    browser.go_through("told")
    sign_out(browser)
    for wait, error in ((0, "status 500"), (WAITS[0], "status 400"), (WAITS[1], None)):
        op.clock.advance(wait)
        assert receiver.arrived.acquire(timeout=10)
        outcome = noted(op, error)
    assert (outcome.state, outcome.attempts) == ("delivered", 3)


@pytest.mark.rule("logout.delivery")
def test_delivery_is_given_up_in_the_end(op: Provider) -> None:
    payload = {"sid": "x", "sub": "y"}
    uri = "https://told.example.kh/"
    op.ledger.write_now(deliveries.queue, deliveries.LOGOUT, "told", uri, payload, op.now)
    for wait in (*WAITS, 0):
        [due] = op.ledger.write_now(deliveries.take_due, op.now)
        assert op.ledger.write_now(deliveries.take_due, op.now) == (), "leased"
        op.ledger.write_now(deliveries.settle, due, "status 500", op.now)
        op.clock.advance(wait)
    assert op.ledger.write_now(deliveries.take_due, op.now) == ()
    [outcome] = op.ledger.read_now(deliveries.find_recent, None)
    assert (outcome.state, outcome.last_error) == ("given up", "status 500")


@pytest.mark.rule("logout.sid")
def test_sid_is_another_at_each_client_and_in_each_session(op: Provider) -> None:
    sids = []
    for _ in range(2):
        browser = op.browser()
        for client_id in ("service-1", "service-2"):
            tokens = Backend.of(op, client_id).redeem(browser.go_through(client_id)).json()
            sids.append(parse(tokens["id_token"]).claims["sid"])
        op.clock.advance(30)
    assert len(set(sids)) == 4


@pytest.mark.rule("logout.delivery")
def test_failing_client_does_not_hold_up_the_sign_out(
    op: Provider, browser: Browser, receiver: AgencyServer
) -> None:
    receiver.shutdown()
    receiver.server_close()
    browser.go_through("told")
    sign_out(browser)
    assert browser.page.status_code == 200


@pytest.mark.rule("logout.front-channel")
def test_front_channel_client_is_told_in_a_frame(op: Provider) -> None:
    op.add_client(
        "framed",
        client_secret="secret-of-framed",
        redirect_uris=["https://framed.example.kh/callback"],
        post_logout_redirect_uris=["https://framed.example.kh/bye"],
        frontchannel_logout_uri="https://framed.example.kh/logout?a=b",
        frontchannel_logout_session_required=True,
    )
    browser = op.browser()
    tokens = Backend.of(op, "framed").redeem(browser.go_through("framed", scope="openid")).json()
    sid = parse(tokens["id_token"]).claims["sid"]
    bye = "https://framed.example.kh/bye"
    browser.open(f"/logout?id_token_hint={tokens['id_token']}&post_logout_redirect_uri={bye}")
    browser.submit(decision="logout")
    [frame] = re.findall(r'<iframe src="([^"]*)"', browser.page.text)
    assert frame == (
        f"https://framed.example.kh/logout?a=b&amp;iss=http%3A%2F%2Flocalhost%3A8000&amp;sid={sid}"
    )
    policy = browser.page.headers["content-security-policy"]
    assert "frame-src https://framed.example.kh" in policy
    assert f'href="{bye}"' in browser.page.text, "the way on is offered, and taken by itself"
    assert "return.js" in browser.page.text


def test_another_person_at_the_browser_ends_the_first_ones_session(
    op: Provider, browser: Browser, receiver: AgencyServer
) -> None:
    op.add_person("dara")
    browser.go_through("told")
    browser.authorize("service-1", prompt="login")
    browser.sign_in("dara")
    assert receiver.arrived.acquire(timeout=10)


def test_logout_token_is_not_left_in_the_database(op: Provider, browser: Browser) -> None:
    browser.go_through("told")
    sign_out(browser)
    rows = op.ledger.read_now(lambda tx: tx.execute(select(tables.deliveries.c.payload)).all())
    assert all("eyJ" not in row.payload for row in rows)
