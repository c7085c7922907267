"""RP-Initiated Logout 1.0 §2 to §4, §6."""

from urllib.parse import urlencode

import pytest

from keys.signer import Algorithm
from tests.provider import Backend, Browser, Provider, Reply

BYE = "https://service-1.example.kh/bye"


class SignedIn:
    """Somebody signed in at service-1, with the tokens that it got."""

    def __init__(self, op: Provider) -> None:
        self.browser, self.service = op.browser(), Backend.of(op)
        tokens = self.service.redeem(self.browser.go_through()).json()
        self.hint, self.access_token = tokens["id_token"], tokens["access_token"]

    def logout(self, **asked: str) -> Browser | Reply:
        return self.browser.open(f"/logout?{urlencode(asked)}")

    def is_signed_in(self) -> bool:
        reply = self.browser.authorize(prompt="none")
        assert isinstance(reply, Reply)
        return "code" in reply.parameters


@pytest.fixture
def sokha(op: Provider) -> SignedIn:
    return SignedIn(op)


@pytest.mark.rule("logout.confirm")
def test_person_confirms_and_goes_back_with_state(sokha: SignedIn) -> None:
    asked = {"id_token_hint": sokha.hint, "post_logout_redirect_uri": BYE, "state": "a &=ក"}
    assert isinstance(sokha.logout(**asked), Browser)
    assert sokha.is_signed_in(), "a client alone ends nobody's session"
    sokha.logout(**asked)
    reply = sokha.browser.submit(decision="logout")
    assert isinstance(reply, Reply)
    assert (reply.uri, reply.parameters) == (BYE, {"state": "a &=ក"})


@pytest.mark.rule("logout.ends")
def test_session_tokens_and_cookie_end_together(sokha: SignedIn) -> None:
    unredeemed = sokha.browser.authorize()
    handle = sokha.browser.http.cookies["tra-session"]
    sokha.logout()
    sokha.browser.submit(decision="logout")
    assert "service-1" in sokha.browser.page.text
    assert "tra-session" not in sokha.browser.http.cookies
    assert not sokha.is_signed_in()
    sokha.browser.http.cookies.set("tra-session", handle)
    assert not sokha.is_signed_in()
    assert sokha.service.userinfo(sokha.access_token).status_code == 401
    assert isinstance(unredeemed, Reply)
    assert sokha.service.redeem(unredeemed).json()["error"] == "invalid_grant"


def test_person_may_stay(sokha: SignedIn) -> None:
    sokha.logout(id_token_hint=sokha.hint, post_logout_redirect_uri=BYE)
    assert isinstance(sokha.browser.submit(decision="stay"), Browser)
    assert sokha.browser.page.url.path == "/account"
    assert sokha.is_signed_in()


def test_request_may_be_posted(sokha: SignedIn) -> None:
    asked = {"id_token_hint": sokha.hint, "post_logout_redirect_uri": BYE}
    answer = sokha.browser.http.post("/logout", data=asked, follow_redirects=False)
    assert answer.status_code == 303
    sokha.browser._follow(answer)
    assert isinstance(sokha.browser.submit(decision="logout"), Reply)


@pytest.mark.rule("logout.hint")
def test_expired_hint_is_accepted(op: Provider, sokha: SignedIn) -> None:
    op.clock.advance(7_200)
    reply = sokha.logout(id_token_hint=sokha.hint, post_logout_redirect_uri=BYE)
    assert isinstance(reply, Browser | Reply)
    if isinstance(reply, Browser):
        reply = sokha.browser.submit(decision="logout")
    assert isinstance(reply, Reply)


@pytest.mark.rule("logout.confirm")
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"id_token_hint": "x.y.z", "post_logout_redirect_uri": BYE}, "logout_hint_refused"),
        ({"post_logout_redirect_uri": BYE}, "logout_client_unidentified"),
        (
            {"client_id": "nobody", "post_logout_redirect_uri": BYE},
            "logout_client_unidentified",
        ),
        (
            {"client_id": "service-1", "post_logout_redirect_uri": f"{BYE}?x=1"},
            "redirect_uri_mismatch",
        ),
        (
            {"client_id": "service-2", "post_logout_redirect_uri": BYE},
            "redirect_uri_mismatch",
        ),
        (
            {"client_id": "service-1", "post_logout_redirect_uri": "https://evil.example/"},
            "redirect_uri_mismatch",
        ),
    ],
)
def test_request_that_is_not_right_is_a_page_and_never_a_redirect(
    op: Provider, sokha: SignedIn, asked: dict[str, str], code: str
) -> None:
    for browser in (sokha.browser, op.browser()):
        assert isinstance(browser.open(f"/logout?{urlencode(asked)}"), Browser)
        assert browser.page.status_code == 400
        assert code in browser.page.text
    assert sokha.is_signed_in()


@pytest.mark.rule("logout.hint")
def test_hint_is_one_of_ours_and_of_that_client(op: Provider, sokha: SignedIn) -> None:
    foreign = op.ctx.signer(Algorithm.ES256).sign(
        {"iss": "https://other.example", "aud": "service-1", "sub": "x"}
    )
    for asked in (
        {"id_token_hint": sokha.access_token},
        {"id_token_hint": sokha.hint[:-4] + "AAAA"},
        {"id_token_hint": sokha.hint, "client_id": "service-2"},
        {"id_token_hint": foreign},
    ):
        assert isinstance(sokha.logout(**asked, post_logout_redirect_uri=BYE), Browser)
        assert "logout_hint_refused" in sokha.browser.page.text


@pytest.mark.rule("logout.hint", "keys.typ")
def test_signed_answer_of_ours_is_no_hint(op: Provider, sokha: SignedIn) -> None:
    """JARM 2.1: /authorize signs its answers with the key of ID tokens, and to the same client."""
    answer = sokha.browser.authorize(response_mode="jwt")
    assert isinstance(answer, Reply)
    assert sokha.logout(id_token_hint=answer.parameters["response"]) is sokha.browser
    assert "logout_hint_refused" in sokha.browser.page.text


@pytest.mark.rule("logout.confirm")
@pytest.mark.parametrize("signed_in", [True, False])
def test_without_a_hint_nobody_is_led_away_but_by_their_own_click(
    op: Provider, sokha: SignedIn, signed_in: bool
) -> None:
    browser = sokha.browser if signed_in else op.browser()
    asked = {"client_id": "service-1", "post_logout_redirect_uri": BYE, "state": "s"}
    assert isinstance(browser.open(f"/logout?{urlencode(asked)}"), Browser)
    if signed_in:
        assert isinstance(browser.submit(decision="logout"), Browser)
    assert f'href="{BYE}?state=s"' in browser.page.text


def test_with_a_hint_and_nobody_signed_in_there_is_nothing_to_ask(
    op: Provider, sokha: SignedIn
) -> None:
    asked = urlencode({"id_token_hint": sokha.hint, "post_logout_redirect_uri": BYE})
    reply = op.browser().open(f"/logout?{asked}")
    assert isinstance(reply, Reply)
    assert (reply.uri, reply.parameters) == (BYE, {})


@pytest.mark.rule("authorize.csrf")
@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_sign_out_cannot_be_forged(sokha: SignedIn, csrf: str) -> None:
    sokha.logout()
    answer = sokha.browser.http.post(
        "/logout/confirm", data={"decision": "logout", "csrf": csrf}, follow_redirects=False
    )
    assert answer.status_code == 403
    assert sokha.is_signed_in()


def test_sign_out_ends_this_session_and_no_other(op: Provider, sokha: SignedIn) -> None:
    op.clock.advance(60)
    elsewhere = SignedIn(op)
    sokha.logout()
    sokha.browser.submit(decision="logout")
    assert elsewhere.is_signed_in()
    assert elsewhere.service.userinfo(elsewhere.access_token).status_code == 200
