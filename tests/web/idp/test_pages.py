"""What every page of the provider carries: its headers, its language, and the account page."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

import idp
from core import audit
from core.pages import Pages
from idp.app import create_app
from tests.provider import PASSWORD_OF_ALL, Backend, Browser, Provider, Reply, one_time_code

SERVICE = "https://service-1.example.kh"


def policy(page: Any) -> dict[str, str]:
    """The Content-Security-Policy by directive."""
    directives = page.headers["content-security-policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in directives)}


def each_page(op: Provider) -> dict[str, Any]:
    """Every kind of page that a person can come to."""
    browser, pages = op.browser(), {}
    pages["home"] = browser.http.get("/")
    pages["error"] = browser.http.get("/authorize")
    browser.authorize()
    pages["login"] = browser.page
    browser.submit(username="sokha", password="wrong")
    pages["login again"] = browser.page
    browser.sign_in()
    pages["consent"] = browser.page
    browser.approve()
    pages["account"] = browser.http.get("/account")
    browser.open(f"/logout?client_id=service-1&post_logout_redirect_uri={SERVICE}/bye")
    pages["logout"] = browser.page
    browser.submit(decision="logout")
    pages["logged out"] = browser.page
    return pages


@pytest.mark.rule("authorize.frames", "authorize.no-referrer")
def test_no_page_can_be_framed_cached_scripted_or_followed(op: Provider) -> None:
    for name, page in each_page(op).items():
        allowed = policy(page)
        assert allowed["default-src"] == "'none'", name
        assert allowed["frame-ancestors"] == "'none'", name
        assert allowed["base-uri"] == "'none'", name
        assert "unsafe" not in page.headers["content-security-policy"], name
        assert page.headers["x-frame-options"] == "DENY", name
        assert page.headers["cache-control"] == "no-store", name
        assert page.headers["referrer-policy"] == "no-referrer", name
        assert page.headers["x-content-type-options"] == "nosniff", name
        assert "access-control-allow-origin" not in page.headers, name
        assert page.headers["content-type"] == "text/html; charset=utf-8", name


@pytest.mark.rule("authorize.frames")
def test_forms_may_end_at_the_service_on_the_way_there_alone(op: Provider) -> None:
    for name, page in each_page(op).items():
        towards = {"login", "login again", "consent", "logout"}
        expected = f"'self' {SERVICE}" if name in towards else "'self'"
        assert policy(page)["form-action"] == expected, name


def test_form_may_end_at_a_private_use_scheme(op: Provider) -> None:
    op.add_client("app", redirect_uris=["kh.example.app:/done"], token_endpoint_auth_method="none")
    browser = op.browser()
    browser.authorize("app", redirect_uri="kh.example.app:/done", scope="openid")
    assert policy(browser.page)["form-action"] == "'self' kh.example.app:"


def cookies_of(answer: Any) -> list[str]:
    return list(answer.headers.get_list("set-cookie"))


def test_cookies_are_http_only_and_sent_by_links_from_elsewhere(op: Provider) -> None:
    browser = op.browser()
    set_by = cookies_of(browser.http.get("/account", follow_redirects=False))
    browser.authorize()
    browser.submit(username="sokha", password=PASSWORD_OF_ALL)
    action, csrf = re.findall(r'(?:action|name="csrf" value)="([^"]*)"', browser.page.text)
    fields = {"csrf": csrf, "code": one_time_code(op.clock)}
    set_by += cookies_of(browser.http.post(action, data=fields, follow_redirects=False))
    assert [cookie.partition("=")[0] for cookie in set_by] == ["tra-browser", "tra-session"]
    for cookie in set_by:
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


@pytest.mark.rule("authorize.session-rotation")
def test_cookies_are_bound_to_this_host_over_https(
    op: Provider,
) -> None:
    issuer = "https://id.example.kh"
    pages = Pages(Path(idp.__file__).parent / "pages", https=True)
    secure = replace(op.ctx, issuer=issuer, pages=pages)
    http = TestClient(create_app(secure), issuer)
    (cookie,) = cookies_of(http.get("/account", follow_redirects=False))
    assert cookie.startswith("__Host-tra-browser=")
    assert "Secure" in cookie.split("; ")
    assert "Secure" in cookies_of(http.get("/?lang=en"))[0].split("; ")
    assert "max-age" in http.get("/").headers["strict-transport-security"]


@pytest.mark.rule("authorize.see-other")
def test_every_redirect_is_303_and_not_kept(op: Provider) -> None:
    http = op.browser().http
    for url in ("/account", "/authorize?client_id=service-1&redirect_uri=" + SERVICE + "/callback"):
        answer = http.get(url, follow_redirects=False)
        assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")


@pytest.mark.parametrize(
    ("asked", "lang"),
    [({}, "km"), ({"ui_locales": "en"}, "en"), ({"ui_locales": "fr en-US km"}, "en")],
)
def test_page_speaks_khmer_first_or_what_the_client_asks(
    op: Provider, asked: dict[str, str], lang: str
) -> None:
    browser = op.browser()
    browser.authorize(**asked)
    assert f'<html lang="{lang}">' in browser.page.text


def test_persons_own_choice_of_language_wins_and_stays(op: Provider) -> None:
    browser = op.browser()
    browser.authorize(ui_locales="km")
    browser.page = browser.http.get(f"{browser.page.url}?lang=en")
    assert '<html lang="en">' in browser.page.text
    browser.sign_in()
    assert '<html lang="en">' in browser.page.text


@pytest.mark.rule("authorize.pages")
def test_pages_carry_the_names_that_test_suites_look_for(op: Provider) -> None:
    browser = op.browser()
    browser.authorize()
    for written in ('name="username"', 'name="password"', 'id="submit"'):
        assert written in browser.page.text
    browser.submit(username="sokha", password=PASSWORD_OF_ALL)
    assert 'name="code"' in browser.page.text
    browser.submit(code=one_time_code(op.clock))
    for written in ('id="approve"', 'id="deny"'):
        assert written in browser.page.text
    browser.open("/authorize?client_id=nobody&lang=en")
    assert re.search(r">[^<]*client_unknown[^<]*<", browser.page.text)
    assert re.search(r">[^<]*\berror\b[^<]*<", browser.page.text, re.IGNORECASE)


def test_page_is_there_for_head_too_and_its_methods_are_listed(op: Provider) -> None:
    """RFC 9110 §9.1 and §10.2.1."""
    http = op.browser().http
    head = http.head("/inspector")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == http.get("/inspector").headers["content-length"]
    for path, methods in (
        ("/inspector", "GET, HEAD, POST"),
        ("/ciba/approved", "GET, HEAD"),
        ("/static/tra.css", "GET, HEAD"),
    ):
        answer = http.delete(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def test_values_are_escaped(op: Provider) -> None:
    browser = op.browser()
    browser.authorize(login_hint='"><script>alert(1)</script>')
    assert "<script>alert" not in browser.page.text
    browser.authorize(client_id="<script>alert(1)</script>")
    assert "<script>alert" not in browser.page.text
    page = browser.http.get('/?lang="><script>alert(1)</script>')
    assert "<script>alert" not in page.text


def test_account_asks_to_sign_in_and_comes_back(op: Provider) -> None:
    browser = op.browser()
    browser.open("/account")
    assert 'name="password"' in browser.page.text
    browser.sign_in()
    assert browser.page.url.path == "/account"
    assert "ចាន់ សុខា" in browser.page.text


def test_account_tells_which_services_were_told_what(op: Provider) -> None:
    browser = op.browser()
    browser.go_through(scope="openid phone")
    browser.open("/account?lang=en")
    page = browser.page.text
    assert "service-1" in page
    assert "Ministry of Commerce" in page
    assert "service-2" not in page


def test_account_is_not_shown_once_the_session_is_over(op: Provider) -> None:
    browser = op.browser()
    browser.go_through()
    op.clock.advance(3_600)
    browser.open("/account")
    assert 'name="password"' in browser.page.text


@pytest.mark.rule("authorize.no-secret-logged")
def test_log_of_the_whole_journey_tells_no_secret_and_no_personal_data(
    op: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    browser, service = op.browser(), Backend.of(op)
    browser.authorize(scope="openid profile email", login_hint="sokha")
    browser.submit(username="sokha", password="wrong-password")
    browser.sign_in()
    reply = browser.approve()
    assert isinstance(reply, Reply)
    tokens = service.redeem(reply).json()
    service.redeem(reply, code_verifier="wrong")
    service.userinfo(tokens["access_token"])
    service.userinfo(tokens["access_token"][:-4] + "AAAA")
    browser.open(f"/logout?id_token_hint={tokens['id_token']}")
    browser.submit(decision="logout")
    secrets = [
        reply.parameters["code"],
        tokens["access_token"],
        tokens["id_token"],
        "wrong-password",
        "secret-of-service-1",
        "correct-horse",
        "sokha@example.kh",
        "Chan Sokha",
        "+85512345678",
        *browser.http.cookies.values(),
    ]
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "asyncio"))]
    assert len([record for record in ours if record.name == "tra.access"]) > 10
    for record in ours:
        line = f"{record.getMessage()} {getattr(record, 'fields', '')} {record.exc_text or ''}"
        assert not [secret for secret in secrets if secret in line], record.name
    rows = op.ledger.read_now(lambda tx: str(tx.execute(select(audit.events)).all()))
    assert not [secret for secret in secrets if secret in rows]


def test_unexpected_failure_of_a_page_is_a_page_with_a_stable_code_and_no_cause(
    op: Provider,
) -> None:
    browser = Browser(op, TestClient(op.app, op.ctx.issuer))
    op.ledger.close()
    answer = browser.http.get("/account")
    assert answer.status_code == 500
    assert "internal_error" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "ledger" not in answer.text
    assert browser.http.post("/token", data={"grant_type": "x"}).status_code in (400, 401)
