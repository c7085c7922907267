"""One session a browser: when it begins, changes its handle, and ends (NIST SP 800-63B-4 §5)."""

import pytest
from sqlalchemy import select

from core import audit
from idp.rules.interaction import ABSOLUTE_SECONDS, IDLE_SECONDS
from keys.jose import parse
from tests.provider import Backend, Browser, Provider, Reply

SESSION = "tra-session"


def events(op: Provider, event: str) -> list[str]:
    wanted = select(audit.events.c.details).where(audit.events.c.event == event)
    return op.ledger.read_now(lambda tx: list(tx.execute(wanted).scalars()))


@pytest.mark.rule("logout.everywhere")
@pytest.mark.parametrize("status", ["suspended", "deceased"])
def test_who_may_no_longer_sign_in_loses_their_session_and_tokens(
    op: Provider, status: str
) -> None:
    browser, service = op.browser(), Backend.of(op)
    tokens = service.redeem(browser.go_through()).json()
    unredeemed = browser.authorize()
    assert isinstance(unredeemed, Reply)
    op.add_person("sokha", status=status)
    assert service.userinfo(tokens["access_token"]).status_code == 401
    assert service.redeem(unredeemed).json()["error"] == "invalid_grant"
    silent = browser.authorize(prompt="none")
    assert isinstance(silent, Reply)
    assert silent.parameters["error"] == "login_required"
    assert isinstance(browser.authorize(), Browser)


@pytest.mark.rule("authorize.session-rotation")
def test_session_handle_changes_at_every_sign_in(op: Provider) -> None:
    browser, handles = op.browser(), []
    for prompt in (None, "login"):
        op.clock.advance(60)
        browser.authorize(prompt=prompt)
        browser.sign_in()
        handles.append(browser.http.cookies[SESSION])
    assert handles[0] != handles[1]
    thief = op.browser()
    thief.http.cookies.set(SESSION, handles[0])
    assert isinstance(thief.authorize(), Browser)


def test_session_that_was_planted_is_not_taken_over(op: Provider) -> None:
    browser = op.browser()
    browser.http.cookies.set(SESSION, "planted")
    browser.go_through()
    planted = op.browser()
    planted.http.cookies.set(SESSION, "planted")
    assert isinstance(planted.authorize(), Browser)


def test_another_person_on_the_same_browser_ends_the_firsts_session(op: Provider) -> None:
    op.add_person("dara")
    browser, service = op.browser(), Backend.of(op)
    tokens = service.redeem(browser.go_through()).json()
    browser.authorize(prompt="login")
    browser.sign_in("dara")
    assert service.userinfo(tokens["access_token"]).status_code == 401
    assert len(events(op, "citizen:session:end")) == 1


def test_signing_in_again_keeps_what_was_granted(op: Provider) -> None:
    browser, service = op.browser(), Backend.of(op)
    first = service.redeem(browser.go_through()).json()
    op.clock.advance(60)
    browser.authorize(prompt="login")
    second = browser.sign_in()
    assert isinstance(second, Reply)
    again = service.redeem(second).json()
    assert service.userinfo(first["access_token"]).status_code == 200
    sids = {parse(tokens["id_token"]).claims["sid"] for tokens in (first, again)}
    assert len(sids) == 1


@pytest.mark.rule("authorize.session-rotation")
def test_session_ends_when_it_is_idle_and_at_its_absolute_limit(op: Provider) -> None:
    browser = op.browser()
    browser.go_through()
    for _ in range(ABSOLUTE_SECONDS // 3_000):
        op.clock.advance(3_000)
        found = browser.authorize(prompt="none")
        assert isinstance(found, Reply)
    assert "code" in found.parameters
    op.clock.advance(ABSOLUTE_SECONDS % 3_000)
    over = browser.authorize(prompt="none")
    assert isinstance(over, Reply)
    assert over.parameters["error"] == "login_required"
    op.clock.advance(60)
    browser.go_through()
    op.clock.advance(IDLE_SECONDS)
    assert isinstance(browser.authorize(), Browser)


@pytest.mark.rule("logout.own-sessions")
def test_person_sees_where_else_they_are_signed_in_and_ends_it(op: Provider) -> None:
    here, there = op.browser(), op.browser("203.0.113.8")
    service = Backend.of(op)
    tokens = service.redeem(there.go_through()).json()
    op.clock.advance(60)
    here.open("/account?lang=en")
    here.sign_in()
    here.open("/account?lang=en")
    assert "Signed in elsewhere too" in here.page.text
    here.submit()
    assert here.page.url.path == "/account"
    assert "Signed in elsewhere too" not in here.page.text
    assert service.userinfo(tokens["access_token"]).status_code == 401
    silent = there.authorize(prompt="none")
    assert isinstance(silent, Reply)
    assert silent.parameters["error"] == "login_required"


@pytest.mark.rule("authorize.csrf", "logout.own-sessions")
def test_nobody_else_ends_the_sessions_of_a_person(op: Provider) -> None:
    here, there = op.browser(), op.browser("203.0.113.8")
    for browser in (there, here):
        browser.open("/account")
        browser.sign_in()
        op.clock.advance(60)
    assert here.http.post("/account/elsewhere", data={"csrf": "x"}).status_code == 403
    there.open("/account")
    assert "ចាន់ សុខា" in there.page.text


def test_session_that_is_over_is_not_told_of(op: Provider) -> None:
    there, here = op.browser(), op.browser("203.0.113.8")
    there.open("/account")
    there.sign_in()
    op.clock.advance(IDLE_SECONDS)
    here.open("/account?lang=en")
    here.sign_in()
    here.open("/account?lang=en")
    assert "Signed in elsewhere too" not in here.page.text
