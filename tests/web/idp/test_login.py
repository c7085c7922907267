"""Signing in (NIST SP 800-63B-4 §2.2, §3.1; RFC 6749 §10.12; RFC 6238 §5.2)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from core import audit
from core.serving import Pool
from idp.app import create_app
from idp.rules.credentials import FREE_FAILURES
from keys import passwords
from keys.jose import parse
from tests.provider import PASSWORD_OF_ALL, Backend, Browser, Provider, Reply, one_time_code


def at_login(op: Provider, source: str = "203.0.113.7", **asked: str) -> Browser:
    browser = op.browser(source)
    browser.authorize(**asked)
    return browser


def at_code(op: Provider) -> Browser:
    browser = at_login(op)
    browser.submit(username="sokha", password=PASSWORD_OF_ALL)
    return browser


def try_password(browser: Browser, password: str = "wrong", username: str = "sokha") -> str:
    """The page that comes back."""
    browser.submit(username=username, password=password)
    return str(browser.page.text)


WRONG, SLOWED, USED = "មិនត្រឹមត្រូវ", "ច្រើនដងពេក", "ប្រើរួច"
CODE_PAGE = 'name="code"'


def events(op: Provider, event: str) -> list[str]:
    wanted = select(audit.events.c.details).where(audit.events.c.event == event)
    return op.ledger.read_now(lambda tx: list(tx.execute(wanted).scalars()))


@pytest.mark.rule("other.enumeration")
def test_wrong_password_and_unknown_user_get_the_same_answer(op: Provider) -> None:
    pages = []
    for username in ("sokha", "nobody"):
        browser = at_login(op)
        answer = browser.http.post(
            browser.page.url.path,
            data={"csrf": hidden(browser, "csrf"), "username": username, "password": "wrong"},
            follow_redirects=False,
        )
        headers = {name for name in answer.headers if name != "x-request-id"}
        page = browser.http.get(answer.headers["location"])
        variable = (username, browser.page.url.path, hidden(browser, "csrf"), hidden_of(page.text))
        text = page.text
        for what in (*variable, page.headers["x-request-id"]):
            text = text.replace(what, "")
        pages.append((answer.status_code, headers, page.status_code, text))
    assert pages[0] == pages[1]


def hidden(browser: Browser, name: str) -> str:
    return hidden_of(browser.page.text, name)


def hidden_of(text: str, name: str = "csrf") -> str:
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]


class Watched(Pool):
    """The pool of what takes long, and what it was given to do."""

    def __init__(self) -> None:
        super().__init__("watched", 2, 10)
        self.given: list[tuple[Any, ...]] = []

    async def run(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self.given.append((fn, *args))
        return await super().run(fn, *args, **kwargs)


@pytest.mark.rule("other.enumeration")
def test_unknown_user_costs_the_same_work_as_a_wrong_password(op: Provider) -> None:
    op.add_person("dara", status="suspended")
    slow = Watched()
    op.ctx = replace(op.ctx, slow=slow)
    op.app = create_app(op.ctx)
    for username in ("sokha", "nobody", "dara"):
        try_password(at_login(op), username=username)
    slow.close()
    assert [fn for fn, *_ in slow.given] == [passwords.fits] * 3
    cost_of_sokha, cost_of_nobody = (
        known.split(b"$")[:4] for known in (slow.given[0][2], passwords._NOBODY)
    )
    assert cost_of_sokha == cost_of_nobody


@pytest.mark.parametrize("typed", ["sokha", "SOKHA", " Sokha ", "ｓｏｋｈａ"])
def test_user_name_may_be_typed_as_keyboards_write_it(op: Provider, typed: str) -> None:
    assert CODE_PAGE in try_password(at_login(op), PASSWORD_OF_ALL, typed)


@pytest.mark.parametrize("status", ["suspended", "deceased"])
def test_who_may_not_sign_in_is_told_what_everybody_is_told(op: Provider, status: str) -> None:
    op.add_person("dara", status=status)
    assert WRONG in try_password(at_login(op), PASSWORD_OF_ALL, "dara")


@pytest.mark.rule("other.guessing")
def test_ten_wrong_tries_slow_the_pair_of_source_and_account_down(op: Provider) -> None:
    browser = at_login(op)
    for _ in range(FREE_FAILURES):
        assert WRONG in try_password(browser)
    assert SLOWED in try_password(browser, PASSWORD_OF_ALL)
    # Another source is not affected, nor is another account from this one.
    assert CODE_PAGE in try_password(at_login(op, "198.51.100.9"), PASSWORD_OF_ALL)
    op.add_person("dara")
    assert CODE_PAGE in try_password(at_login(op), PASSWORD_OF_ALL, "dara")
    # The right password works after the wait: nobody is locked out.
    op.clock.advance(2)
    assert CODE_PAGE in try_password(browser, PASSWORD_OF_ALL)


@pytest.mark.rule("other.guessing")
def test_wait_doubles_and_never_exceeds_five_minutes(op: Provider) -> None:
    browser = at_login(op)
    for _ in range(FREE_FAILURES + 8):
        try_password(browser)
        op.clock.advance(300)
        browser.authorize()
    assert WRONG in try_password(browser)
    assert SLOWED in try_password(browser)
    op.clock.advance(300)
    assert CODE_PAGE in try_password(browser, PASSWORD_OF_ALL)


def test_right_passwords_are_never_slowed_down(op: Provider) -> None:
    for _ in range(FREE_FAILURES + 2):
        assert CODE_PAGE in try_password(at_login(op), PASSWORD_OF_ALL)


@pytest.mark.rule("other.guessing")
def test_parallel_guesses_are_counted(op: Provider) -> None:
    browsers = [at_login(op) for _ in range(FREE_FAILURES + 6)]
    with ThreadPoolExecutor(len(browsers)) as threads:
        pages = list(threads.map(try_password, browsers))
    assert sum(WRONG in page for page in pages) == FREE_FAILURES
    assert sum(SLOWED in page for page in pages) == 6


def test_one_time_codes_are_guessed_ten_times_and_then_slowly(op: Provider) -> None:
    browser = at_code(op)
    for _ in range(FREE_FAILURES):
        browser.submit(code="000000")
        assert WRONG in browser.page.text
    browser.submit(code=one_time_code(op.clock))
    assert SLOWED in browser.page.text
    elsewhere = at_code(op)  # the account's codes are slowed, from wherever they are tried
    elsewhere.submit(code=one_time_code(op.clock))
    assert SLOWED in elsewhere.page.text
    op.clock.advance(2)
    browser.submit(code=one_time_code(op.clock))
    assert 'id="approve"' in browser.page.text


@pytest.mark.rule("other.otp-once")
def test_one_time_code_is_used_once(op: Provider) -> None:
    code = one_time_code(op.clock)
    assert isinstance(op.browser().go_through(), Reply)
    browser = at_code(op)
    browser.submit(code=code)
    assert USED in browser.page.text
    op.clock.advance(30)
    assert isinstance(browser.submit(code=one_time_code(op.clock)), Reply)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_one_time_code_of_the_step_before_or_after_is_taken(op: Provider, seconds: int) -> None:
    browser = at_code(op)
    op.clock.advance(seconds)
    code = one_time_code(op.clock)
    op.clock.advance(-seconds)
    browser.submit(code=code)
    assert 'id="approve"' in browser.page.text


@pytest.mark.parametrize("seconds", [-90, 90])
def test_one_time_code_of_another_time_is_refused(op: Provider, seconds: int) -> None:
    browser = at_code(op)
    op.clock.advance(seconds)
    code = one_time_code(op.clock)
    op.clock.advance(-seconds)
    browser.submit(code=code)
    assert WRONG in browser.page.text


def test_one_time_code_may_be_typed_in_khmer_digits_with_spaces(op: Provider) -> None:
    browser = at_code(op)
    khmer = one_time_code(op.clock).translate({48 + digit: 0x17E0 + digit for digit in range(10)})
    browser.submit(code=f" {khmer[:3]}\u200b {khmer[3:]} ")
    assert 'id="approve"' in browser.page.text


def test_right_password_waits_ten_minutes_for_its_code(op: Provider) -> None:
    browser = at_code(op)
    op.clock.advance(600)
    browser.submit(code=one_time_code(op.clock))
    assert 'name="password"' in browser.page.text


def test_code_page_cannot_be_reached_without_the_password(op: Provider) -> None:
    browser = at_login(op)
    browser.open(f"{browser.page.url.path}/code")
    assert 'name="password"' in browser.page.text


def test_each_form_tells_of_its_own_mistakes(op: Provider) -> None:
    browser = at_code(op)
    browser.submit(code="000000")
    code_page = browser.page.url.path
    browser.open(code_page.removesuffix("/code"))
    assert WRONG not in browser.page.text
    assert WRONG in try_password(browser)
    browser.open(code_page)
    assert WRONG not in browser.page.text


@pytest.mark.rule("authorize.csrf")
@pytest.mark.parametrize("forged", [{"csrf": ""}, {"csrf": "0" * 64}])
def test_form_without_our_token_is_refused(op: Provider, forged: dict[str, str]) -> None:
    right = {"username": "sokha", "password": PASSWORD_OF_ALL}
    browser = at_login(op)
    answer = browser.http.post(browser.page.url.path, data={**right, **forged})
    assert (answer.status_code, "form_forged" in answer.text) == (403, True)
    browser = at_code(op)
    answer = browser.http.post(
        browser.page.url.path, data={"code": one_time_code(op.clock), **forged}
    )
    assert answer.status_code == 403


@pytest.mark.rule("authorize.csrf")
def test_token_of_another_browser_or_another_form_is_refused(op: Provider) -> None:
    browser, other = at_login(op), at_login(op)
    first = browser.page
    browser.authorize()
    fields = {"username": "sokha", "password": PASSWORD_OF_ALL}
    for foreign in (other.page.text, browser.page.text):
        answer = browser.http.post(
            first.url.path, data={**fields, "csrf": hidden_of(foreign)}, follow_redirects=False
        )
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "content",
    ["csrf=x&csrf=y", "csrf=%FF", "csrf=%00", "x" * 70_000, "\xff"],
)
def test_form_of_any_content_is_an_error_and_no_crash(op: Provider, content: str) -> None:
    browser = at_login(op)
    answer = browser.http.post(
        browser.page.url.path,
        content=content.encode("latin-1"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert 400 <= answer.status_code < 500


def test_long_password_and_user_name_are_only_wrong(op: Provider) -> None:
    browser = at_login(op)
    assert WRONG in try_password(browser, "x" * 5_000)
    assert WRONG in try_password(browser, "x", "ក" * 1_000)


def test_person_without_a_second_factor_reaches_level_one(op: Provider) -> None:
    op.add_person("dara", totp=False)
    browser = at_login(op)
    browser.sign_in("dara", totp=False)
    reply = browser.approve()
    assert isinstance(reply, Reply)
    claims = parse(Backend.of(op).redeem(reply).json()["id_token"]).claims
    assert (claims["acr"], claims["amr"]) == ("urn:tra:loa:1", ["pwd"])


def test_failures_are_recorded_without_what_was_typed(op: Provider) -> None:
    browser = at_login(op)
    try_password(browser, "hunter2")
    try_password(browser, "hunter2", "nobody")
    rows = events(op, "citizen:sign-in:fail")
    assert len(rows) == 2
    assert "hunter2" not in str(rows)
    assert "nobody" not in str(rows)
