"""A device is let in by a person at a browser (RFC 8628)."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.rules.profiles import DEVICE_CODE
from idp.rules.credentials import FREE_FAILURES
from idp.rules.device import DEVICE_SECONDS
from keys.jose import parse
from tests.provider import ISSUER, Backend, Browser, Provider


@pytest.fixture
def kiosk(op: Provider) -> Backend:
    """A public client without a browser of its own."""
    op.add_client(
        "kiosk",
        token_endpoint_auth_method="none",
        grant_types=[DEVICE_CODE, "refresh_token"],
        scope="openid profile offline_access",
        authorization_details_types=["tra_data_access"],
    )
    return Backend(TestClient(op.app, ISSUER, client=("203.0.113.7", 50000)), "kiosk")


def begin(kiosk: Backend, **parameters: str | None) -> dict[str, Any]:
    form = {"client_id": "kiosk", "scope": "openid profile", **parameters}
    answer = kiosk.post("/device_authorization", **form)
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def poll(kiosk: Backend, begun: dict[str, Any], **changed: str | None) -> Any:
    form = {"grant_type": DEVICE_CODE, "device_code": begun["device_code"], "client_id": "kiosk"}
    return kiosk.post("/token", **{**form, **changed})


def error(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


def enter(browser: Browser, user_code: str) -> Browser:
    browser.open("/device")
    browser.submit(user_code=user_code)
    return browser


def consent(browser: Browser, user_code: str) -> Browser:
    """To the page that asks whether the device may."""
    enter(browser, user_code)
    if 'name="password"' in browser.page.text:
        browser.sign_in()
    assert 'id="approve"' in browser.page.text, browser.page.text
    return browser


@pytest.mark.rule("other.device")
def test_device_gets_tokens_once_its_person_agreed(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    assert error(poll(kiosk, begun)) == "authorization_pending"
    browser = consent(op.browser(), begun["user_code"])
    browser.approve()
    assert str(browser.page.url).endswith("/device/approved")
    answer = poll(kiosk, begun)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    id_token = parse(tokens["id_token"]).claims
    assert id_token["aud"] == "kiosk"
    assert id_token["amr"] == ["pwd", "otp", "mfa"]
    assert tokens["refresh_token"]
    assert kiosk.userinfo(tokens["access_token"]).json()["name"] == "Chan Sokha"


def test_answer_has_all_that_a_device_shows(kiosk: Backend) -> None:
    begun = begin(kiosk)
    assert begun["verification_uri"] == f"{ISSUER}/device"
    assert begun["verification_uri_complete"] == f"{ISSUER}/device?user_code={begun['user_code']}"
    assert begun["expires_in"] == DEVICE_SECONDS
    assert begun["interval"] == 5
    assert len(begun["device_code"]) == 43


@pytest.mark.rule("other.device")
@pytest.mark.rule("other.device")
def test_complete_address_fills_the_form_and_begins_nothing(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    browser = op.browser()
    browser.open(begun["verification_uri_complete"].removeprefix(ISSUER))
    assert f'value="{begun["user_code"]}"' in browser.page.text
    assert "<script" not in browser.page.text
    assert 'name="password"' not in browser.page.text
    browser.submit(user_code=begun["user_code"].lower().replace("-", " "))
    assert 'name="password"' in browser.page.text


@pytest.mark.rule("other.device")
def test_consent_page_shows_service_agency_code_time_and_network(
    op: Provider, kiosk: Backend
) -> None:
    begun = begin(kiosk)
    here = consent(op.browser("203.0.113.7"), begun["user_code"])
    here.open(f"{here.page.url.path}?lang=en")
    for told in ("kiosk", "Ministry of Commerce", begun["user_code"], "14 April 2026", "The same"):
        assert told in here.page.text, told
    op.clock.advance(60)
    elsewhere = consent(op.browser("198.51.100.9"), begun["user_code"])
    elsewhere.open(f"{elsewhere.page.url.path}?lang=en")
    assert "Another network" in elsewhere.page.text


def test_person_is_asked_each_time_whatever_they_agreed_to_before(
    op: Provider, kiosk: Backend
) -> None:
    browser = op.browser()
    consent(browser, begin(kiosk)["user_code"]).approve()
    consent(browser, begin(kiosk)["user_code"])


def test_refused_device_is_told_access_denied(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    browser = consent(op.browser(), begun["user_code"])
    browser.submit(decision="deny")
    assert str(browser.page.url).endswith("/device/denied")
    assert error(poll(kiosk, begun)) == "access_denied"


def test_device_code_brings_tokens_once(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    consent(op.browser(), begun["user_code"]).approve()
    assert poll(kiosk, begun).status_code == 200
    assert error(poll(kiosk, begun)) == "invalid_grant"


@pytest.mark.rule("other.device")
@pytest.mark.rule("other.device")
def test_too_frequent_polls_are_slowed_down_for_good(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    told = []
    for wait in (0, 4, 10, 9, 15):
        op.clock.advance(wait)
        told.append(error(poll(kiosk, begun)))
    pending, slow = "authorization_pending", "slow_down"
    assert told == [pending, slow, pending, slow, pending]


def test_expired_device_code_is_expired_token(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    op.clock.advance(DEVICE_SECONDS)
    assert error(poll(kiosk, begun)) == "expired_token"
    page = enter(op.browser(), begun["user_code"]).page
    assert page.status_code == 400
    assert 'role="alert"' in page.text


def test_decision_after_the_code_expired_counts_for_nothing(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    op.clock.advance(DEVICE_SECONDS - 1)
    browser = consent(op.browser(), begun["user_code"])
    op.clock.advance(1)
    browser.approve()
    assert browser.page.status_code == 400
    assert "device_request_over" in browser.page.text


def test_device_code_of_another_client_is_invalid_grant(op: Provider, kiosk: Backend) -> None:
    op.add_client("other", token_endpoint_auth_method="none", grant_types=[DEVICE_CODE])
    begun = begin(kiosk)
    consent(op.browser(), begun["user_code"]).approve()
    assert error(poll(kiosk, begun, client_id="other")) == "invalid_grant"
    assert poll(kiosk, begun).status_code == 200


def test_client_without_the_grant_is_unauthorized(op: Provider) -> None:
    answer = Backend.of(op).post("/device_authorization", scope="openid")
    assert error(answer) == "unauthorized_client"


def test_scope_beyond_the_registered_one_is_invalid_scope(kiosk: Backend) -> None:
    answer = kiosk.post("/device_authorization", client_id="kiosk", scope="openid email")
    assert error(answer) == "invalid_scope"


@pytest.mark.rule("other.device")
@pytest.mark.rule("other.device")
def test_guessing_codes_is_slowed_and_right_codes_do_not_reset_the_count(
    op: Provider, kiosk: Backend
) -> None:
    browser = op.browser()
    for _ in range(FREE_FAILURES - 1):
        assert enter(browser, "BBBB-BBBB").page.status_code == 400
        enter(browser, begin(kiosk)["user_code"])
        assert 'name="password"' in browser.page.text
    enter(browser, "BBBB-BBBB")
    enter(browser, begin(kiosk)["user_code"])
    assert browser.page.status_code == 400
    assert 'name="password"' not in browser.page.text
    op.clock.advance(2)
    enter(browser, begin(kiosk)["user_code"])
    assert 'name="password"' in browser.page.text


@pytest.mark.rule("authorize.csrf")
def test_form_of_another_site_begins_nothing(op: Provider, kiosk: Backend) -> None:
    browser = op.browser()
    browser.open("/device")
    browser.submit(user_code=begin(kiosk)["user_code"], csrf="forged")
    assert browser.page.status_code == 403


def test_request_belongs_to_the_browser_that_typed_its_code(op: Provider, kiosk: Backend) -> None:
    begun = begin(kiosk)
    browser = enter(op.browser(), begun["user_code"])
    thief = op.browser()
    thief.open(browser.page.url.path.replace("/login/", "/device/"))
    assert thief.page.status_code == 400
    assert "interaction_lost" in thief.page.text


def test_device_request_is_no_way_to_a_code(op: Provider, kiosk: Backend) -> None:
    browser = consent(op.browser(), begin(kiosk)["user_code"])
    browser.open(browser.page.url.path.replace("/consent/", "/authorize/"))
    assert "interaction_lost" in browser.page.text


def test_person_below_the_floor_of_the_client_lets_no_device_in(
    op: Provider, kiosk: Backend
) -> None:
    op.add_client(
        "high",
        token_endpoint_auth_method="none",
        grant_types=[DEVICE_CODE],
        default_acr_level=3,
    )
    begun = begin(kiosk, client_id="high", scope="openid")
    browser = enter(op.browser(), begun["user_code"])
    browser.sign_in()
    assert "level_not_reached" in browser.page.text
    assert error(poll(kiosk, begun, client_id="high")) == "access_denied"


def test_signing_out_before_the_device_asks_leaves_it_without_tokens(
    op: Provider, kiosk: Backend
) -> None:
    begun = begin(kiosk)
    browser = consent(op.browser(), begun["user_code"])
    browser.approve()
    browser.open("/logout")
    browser.submit(decision="logout")
    assert error(poll(kiosk, begun)) == "invalid_grant"
