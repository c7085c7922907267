"""Keyboard alone, and no script at all: the two ways in which a page may not fail."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import visit

FOCUSED = """
() => { const e = document.activeElement;
        return e.id || e.className || e.getAttribute('href') || e.tagName }
"""


def walk(page: Page, url: str) -> list[str]:
    """What Tab comes to, from the top of the page to its end."""
    page.goto(url)
    stops: list[str] = []
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop == "BODY" or stop in stops:
            return stops
        stops.append(stop)


@pytest.mark.parametrize(
    ("path", "stops"),
    [
        (
            "/idp/login-own-pages-quiet",
            ["skip", "language", "username", "password", "other", "submit"],
        ),
        ("/idp/totp-own-pages", ["skip", "language", "code", "submit", "/login?restart"]),
        ("/idp/consent-nothing", ["skip", "language", "approve", "deny"]),
        ("/idp/logout", ["skip", "language", "logout", "stay"]),
        (
            "/signing/verify",
            [
                *("skip", "language", "document"),
                *("/?with=content", "/?with=evidence_record", "submit"),
            ],
        ),
    ],
)
def test_tab_goes_through_a_page_in_the_order_of_reading(
    page: Page, origin: str, path: str, stops: list[str]
) -> None:
    assert walk(page, origin + path) == stops


def test_the_first_stop_leads_past_the_head_of_the_page(page: Page, origin: str) -> None:
    page.goto(f"{origin}/idp/login")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]  # a link that has focus has a box
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "username"


def test_what_has_focus_is_seen_in_yellow_and_black(page: Page, origin: str) -> None:
    page.goto(f"{origin}/idp/login")
    page.locator("#username").focus()
    outline, shadow = page.locator("#username").evaluate(
        "e => [getComputedStyle(e).outline, getComputedStyle(e).boxShadow]"
    )
    assert "rgb(255, 221, 0) solid 3px" in outline
    assert "rgb(11, 12, 12)" in shadow


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/idp/login-wrong", "username"),
        ("/idp/totp-used", "code"),
        ("/signing/verify-empty", "document"),
    ],
)
def test_a_problem_is_met_first_names_its_field_and_is_said_in_the_title(
    page: Page, origin: str, path: str, field: str
) -> None:
    page.goto(origin + path)
    assert page.title().startswith("មានបញ្ហា៖ ")
    page.locator(".problem:focus").wait_for()  # autofocus comes with the first paint
    assert page.locator("[role=alert]").count() == 1
    told = page.locator(".problem a").inner_text()
    assert page.locator(f"#{field}-flaw").inner_text() == told
    assert page.locator(f"#{field}").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == field


def test_passwords_and_codes_can_be_pasted_and_filled_in_by_a_manager(
    page: Page, origin: str
) -> None:
    page.goto(f"{origin}/idp/login")
    fields = page.locator("input:not([type=hidden])")
    assert fields.evaluate_all("all => all.map(e => e.autocomplete)") == [
        "username",
        "current-password",
    ]
    page.goto(f"{origin}/idp/totp")
    code = page.locator("input:not([type=hidden])")
    assert code.count() == 1
    assert code.get_attribute("autocomplete") == "one-time-code"
    assert code.get_attribute("inputmode") == "numeric"
    assert code.get_attribute("maxlength") is None, "spaces may be pasted too"


def test_a_password_can_be_shown_and_is_hidden_again_before_it_is_sent(
    page: Page, origin: str
) -> None:
    page.goto(f"{origin}/idp/login-sent-nowhere?lang=en")
    password = page.locator("#password")
    page.get_by_role("button", name="Show password").click()
    assert password.get_attribute("type") == "text"
    password.fill("correct horse")
    page.locator("#submit").click()
    assert password.get_attribute("type") == "password"
    assert page.get_by_role("button", name="Show password").count() == 1


def test_without_scripts_the_language_switches_and_stays(browser: Browser, origin: str) -> None:
    with visit(browser, java_script_enabled=False) as window:
        window.goto(f"{origin}/idp/login?request=4f2a")
        assert window.locator("html").get_attribute("lang") == "km"
        window.locator(".language").click()
        assert window.url == f"{origin}/idp/login?request=4f2a&lang=en"
        assert window.locator("h1").inner_text() == "Sign in"
        window.goto(f"{origin}/idp/consent")
        assert window.locator("html").get_attribute("lang") == "en"


@pytest.mark.rule("authorize.no-script")
def test_without_scripts_a_problem_still_takes_the_focus(browser: Browser, origin: str) -> None:
    with visit(browser, java_script_enabled=False) as window:
        window.goto(f"{origin}/idp/login-wrong")
        assert window.locator(".problem:focus").count() == 1


def test_with_scripts_an_answer_by_form_is_sent_on_at_once(page: Page, origin: str) -> None:
    with page.expect_request("**/nothing") as sent:
        page.goto(f"{origin}/idp/form-post", wait_until="commit")
    assert sent.value.post_data == "code=x1&state=y2"


@pytest.mark.rule("authorize.no-script")
def test_without_scripts_an_answer_by_form_is_sent_on_by_its_button(
    browser: Browser, origin: str
) -> None:
    with visit(browser, java_script_enabled=False) as window:
        window.goto(f"{origin}/idp/form-post")
        with window.expect_request("**/nothing") as sent:
            window.locator("#submit").click()
    assert sent.value.post_data == "code=x1&state=y2"


def test_the_language_link_cannot_be_bent_to_another_host(page: Page, origin: str) -> None:
    page.goto(f"{origin}/idp/login?next=//elsewhere.example/&lang=km")
    assert page.locator(".language").get_attribute("href") == (
        "?next=%2F%2Felsewhere.example%2F&lang=en"
    )
