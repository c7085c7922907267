"""The authorization endpoint (OIDC Core 3.1.2, RFC 6749 §4.1, RFC 9207, RFC 9700 §4)."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from keys.jose import parse
from tests.provider import ISSUER, Backend, Browser, Provider, Reply, authorization_request


def page_of(browser: Browser, found: Browser | Reply) -> Any:
    assert isinstance(found, Browser), found
    return browser.page


@pytest.mark.rule("authorize.error-page")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "nobody"}, "client_unknown"),
        ({"client_id": None}, "client_unknown"),
        ({"client_id": "a\x01b"}, "client_unknown"),
        ({"redirect_uri": None}, "redirect_uri_missing"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri_mismatch"),
        (
            {"redirect_uri": "https://service-1.example.kh/callback?x=1"},
            "redirect_uri_mismatch",
        ),
        (
            {"redirect_uri": "https://service-1.example.kh/callback#x"},
            "redirect_uri_mismatch",
        ),
    ],
)
def test_unknown_client_or_redirect_uri_is_a_page_and_never_a_redirect(
    op: Provider, changed: dict[str, str | None], code: str
) -> None:
    browser = op.browser()
    asked = {**authorization_request("service-1"), **changed}
    sent = {name: value for name, value in asked.items() if value is not None}
    page = page_of(browser, browser.open(f"/authorize?{urlencode(sent)}"))
    assert page.status_code == 400
    assert "location" not in page.headers
    assert code in page.text
    assert page.headers["x-request-id"] in page.text


@pytest.mark.parametrize("query", ["%FF=1", "state=%00", "state=1&state=2", "a=%ED%A0%80"])
def test_unreadable_or_repeated_parameter_is_invalid_request(op: Provider, query: str) -> None:
    usual = urlencode({**authorization_request("service-1", state=None)})
    for url in (f"/authorize?{usual}&{query}", f"/authorize?{query}"):
        page = op.browser().http.get(url, follow_redirects=False)
        assert page.status_code == 400
        assert "invalid_request" in page.text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/authorize", b"x=\xff"),
        ("/authorize", b"client_id=\xed\xa0\x80"),
        ("/login/x", b"lang=\xff"),
        ("/account", b"lang=km&x=\xe1"),
        ("/logout", b"state=\xff"),
        ("/login/a\x00b", b""),
        ("/authorize/\x00", b""),
    ],
)
def test_bytes_that_are_no_text_break_nothing(op: Provider, path: str, query: bytes) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"host", b"localhost:8000"), (b"cookie", b"tra-browser=\xff; tra-session=x")],
        "client": ("203.0.113.7", 1),
        "server": ("localhost", 8000),
    }
    asyncio.run(op.app(scope, receive, send))
    assert sent[0]["status"] < 500


@pytest.mark.rule("authorize.iss")
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid seal"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
    ],
)
def test_error_goes_to_the_client_by_its_rfc_name_with_state_and_iss(
    op: Provider, changed: dict[str, str | None], error: str
) -> None:
    reply = op.browser().authorize(**changed)
    assert isinstance(reply, Reply)
    assert reply.uri == "https://service-1.example.kh/callback"
    assert reply.parameters["error"] == error
    assert reply.parameters["state"] == "the-state"
    assert reply.parameters["iss"] == ISSUER
    assert "code" not in reply.parameters


@pytest.mark.rule("authorize.state")
def test_state_of_a_thousand_characters_comes_back(op: Provider) -> None:
    state = "ក &=?#" * 200
    for parameters in ({}, {"prompt": "none", "nonce": None}):
        reply = op.browser()
        found = reply.authorize(state=state, **parameters)
        found = found if isinstance(found, Reply) else reply.go_through(state=state)
        assert found.parameters["state"] == state


@pytest.mark.rule("authorize.state")
def test_answer_has_no_state_where_none_was_sent(op: Provider) -> None:
    assert set(op.browser().go_through(state=None).parameters) == {"code", "iss"}


def test_registered_query_parameters_survive_next_to_ours(op: Provider) -> None:
    uri = "https://service-1.example.kh/callback?lang=km&x=%20a"
    op.add_client("with-query", redirect_uris=[uri], client_secret="s")
    browser = op.browser()
    browser.authorize("with-query", scope="openid", redirect_uri=uri)
    browser.sign_in()
    browser.submit(decision="deny")
    answer = browser.http.get(
        "/authorize?"
        + urlencode(
            authorization_request("with-query", redirect_uri=uri, prompt="none", scope="openid")
        ),
        follow_redirects=False,
    )
    assert answer.headers["location"].startswith(f"{uri}&error=consent_required")


def test_plain_client_may_leave_out_pkce_and_nonce(op: Provider) -> None:
    reply = op.browser().go_through(code_challenge=None, code_challenge_method=None, nonce=None)
    tokens = Backend.of(op).redeem(reply, code_verifier=None).json()
    assert "nonce" not in parse(tokens["id_token"]).claims


@pytest.mark.rule("authorize.pkce")
def test_client_that_must_use_pkce_is_refused_without(op: Provider) -> None:
    uri = "https://strict.example.kh/callback"
    op.add_client("strict", redirect_uris=[uri], client_secret="s", require_pkce=True)
    reply = op.browser().authorize(
        "strict", scope="openid", code_challenge=None, code_challenge_method=None
    )
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "invalid_request"


@pytest.mark.rule("authorize.methods")
def test_request_may_be_posted_and_is_asked_again_with_our_cookies(op: Provider) -> None:
    browser = op.browser()
    posted = browser.http.post(
        "/authorize", data=authorization_request("service-1"), follow_redirects=False
    )
    assert posted.status_code == 303
    browser._follow(posted)
    assert 'name="password"' in browser.page.text
    repeated = browser.http.post(
        "/authorize",
        content="client_id=service-1&client_id=service-1",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert repeated.status_code == 400


def test_code_does_not_come_before_sign_in_and_consent(op: Provider) -> None:
    browser = op.browser()
    browser.authorize()
    interaction = browser.page.url.path.rpartition("/")[2]
    browser.open(f"/authorize/{interaction}")
    assert 'name="password"' in browser.page.text
    browser.sign_in()
    browser.open(f"/authorize/{interaction}")
    assert 'id="approve"' in browser.page.text
    assert isinstance(browser.approve(), Reply)


@pytest.mark.rule("authorize.browser-bound")
def test_copy_of_a_request_in_another_browser_cannot_be_finished(op: Provider) -> None:
    victim, thief = op.browser(), op.browser()
    victim.authorize()
    login = victim.page.url.path
    thief.authorize()
    for path in (
        login,
        f"{login}/code",
        login.replace("login", "consent"),
        login.replace("login", "authorize"),
    ):
        for browser in (thief, op.browser()):
            page = page_of(browser, browser.open(path))
            assert page.status_code == 400
            assert "interaction_lost" in page.text


@pytest.mark.rule("authorize.browser-bound")
def test_parked_request_is_answered_once(op: Provider) -> None:
    browser = op.browser()
    browser.authorize()
    interaction = browser.page.url.path.rpartition("/")[2]
    browser.sign_in()
    assert isinstance(browser.approve(), Reply)
    for path in ("authorize", "login", "consent"):
        page = page_of(browser, browser.open(f"/{path}/{interaction}"))
        assert (page.status_code, "location" in page.headers) == (400, False)
        assert "interaction_lost" in page.text


def test_parked_request_is_over_after_half_an_hour(op: Provider) -> None:
    browser = op.browser()
    browser.authorize()
    op.clock.advance(1_800)
    page = page_of(browser, browser.open(str(browser.page.url)))
    assert "interaction_lost" in page.text


@pytest.mark.rule("authorize.prompt-none")
def test_prompt_none_works_right_after_consent_and_shows_nothing(op: Provider) -> None:
    browser = op.browser()
    browser.go_through()
    reply = browser.authorize(prompt="none")
    assert isinstance(reply, Reply)
    assert "code" in reply.parameters
    for parameters, error in (
        ({"scope": "openid phone"}, "consent_required"),
        (
            {"claims": '{"id_token": {"acr": {"essential": true, "values": ["urn:tra:loa:3"]}}}'},
            "unmet_authentication_requirements",
        ),
        ({"claims": '{"id_token": {"sub": {"value": "somebody else"}}}'}, "login_required"),
    ):
        reply = browser.authorize(prompt="none", **parameters)
        assert isinstance(reply, Reply)
        assert reply.parameters["error"] == error


@pytest.mark.rule("authorize.prompt-login", "authorize.step-up")
@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}])
def test_prompt_login_and_max_age_exceeded_ask_for_credentials_again(
    op: Provider, asked: dict[str, str]
) -> None:
    browser, service = op.browser(), Backend.of(op)
    before = parse(service.redeem(browser.go_through()).json()["id_token"]).claims
    op.clock.advance(61)
    assert isinstance(browser.authorize(**asked), Browser)
    reply = browser.sign_in()
    assert isinstance(reply, Reply)
    after = parse(service.redeem(reply).json()["id_token"]).claims
    assert after["auth_time"] == before["auth_time"] + 61
    assert (after["sub"], after["sid"]) == (before["sub"], before["sid"])


def test_max_age_that_is_not_exceeded_asks_for_nothing(op: Provider) -> None:
    browser = op.browser()
    browser.go_through()
    op.clock.advance(60)
    assert isinstance(browser.authorize(max_age="60"), Reply)


@pytest.mark.rule("authorize.acr", "authorize.step-up")
def test_essential_acr_that_is_not_reached_is_an_error_and_never_a_lower_one(op: Provider) -> None:
    browser = op.browser()
    asked = {"claims": '{"id_token": {"acr": {"essential": true, "values": ["urn:tra:loa:3"]}}}'}
    browser.authorize(**asked)
    reply = browser.sign_in()
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "unmet_authentication_requirements"


@pytest.mark.rule("authorize.id-token-hint")
def test_hint_must_match_the_active_person(op: Provider) -> None:
    op.add_person("dara")
    browser, service = op.browser(), Backend.of(op)
    hint = service.redeem(browser.go_through()).json()["id_token"]
    op.clock.advance(7_200)  # an expired hint still says who is meant
    browser.authorize(prompt="login")
    assert isinstance(browser.sign_in(), Reply)
    assert isinstance(browser.authorize(id_token_hint=hint, prompt="none"), Reply)
    other = op.browser()
    other.authorize()
    other.sign_in("dara")
    other.approve()
    refused = other.authorize(id_token_hint=hint, prompt="none")
    assert isinstance(refused, Reply)
    assert refused.parameters["error"] == "login_required"
    assert isinstance(other.authorize(id_token_hint=hint), Browser)
    access_token = service.redeem(browser.go_through()).json()["access_token"]
    changed = hint[:-2] + ("AQ" if hint.endswith("AA") else "AA")
    for wrong in (access_token, changed, "x"):
        refused = browser.authorize(id_token_hint=wrong)
        assert isinstance(refused, Reply)
        assert refused.parameters["error"] == "invalid_request"
    foreign = browser.authorize("service-2", id_token_hint=hint)
    assert isinstance(foreign, Reply)
    assert foreign.parameters["error"] == "invalid_request"


@pytest.mark.rule("par.required")
def test_parameter_that_calls_itself_a_pushed_request_is_none(op: Provider) -> None:
    reply = op.browser().go_through(**{"pushed request": "x"})
    assert "code" in reply.parameters


@pytest.mark.rule("authorize.no-cors")
def test_no_other_origin_may_read_the_endpoint(op: Provider) -> None:
    for method in ("GET", "OPTIONS"):
        answer = op.browser().http.request(
            method, "/authorize", headers={"Origin": "https://evil.example"}
        )
        assert not [name for name in answer.headers if name.startswith("access-control")]
