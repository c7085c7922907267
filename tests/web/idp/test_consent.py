"""Consent: the person sees who asks for what, and only that leaves (OIDC Core 3.1.2.4, 5.5)."""

import json
from typing import Any

import pytest

from keys.jose import parse
from tests.provider import Backend, Browser, Provider, Reply


def at_consent(op: Provider, **asked: str | None) -> Browser:
    browser = op.browser()
    browser.authorize(**asked)
    browser.sign_in()
    assert 'id="approve"' in browser.page.text
    return browser


def claims_of(op: Provider, reply: Browser | Reply) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ID token, and what userinfo answers."""
    assert isinstance(reply, Reply)
    service = Backend.of(op)
    tokens = service.redeem(reply).json()
    return parse(tokens["id_token"]).claims, service.userinfo(tokens["access_token"]).json()


def test_page_names_the_agency_the_service_and_each_value_that_would_leave(op: Provider) -> None:
    page = at_consent(op, scope="openid profile phone", ui_locales="en").page.text
    for told in (
        "Ministry of Commerce",
        "service-1",
        "Chan Sokha",
        "ចាន់ សុខា",
        "+85512345678",
        'id="deny"',
    ):
        assert told in page
    assert "sokha@example.kh" not in page


def test_denying_is_access_denied_and_nothing_leaves(op: Provider) -> None:
    browser = at_consent(op)
    reply = browser.submit(decision="deny")
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "access_denied"
    assert set(reply.parameters) == {"error", "error_description", "state", "iss"}
    silent = browser.authorize(prompt="none")
    assert isinstance(silent, Reply)
    assert silent.parameters["error"] == "consent_required"


@pytest.mark.parametrize("decision", ["", "yes", "Approve"])
def test_anything_but_approval_is_a_denial(op: Provider, decision: str) -> None:
    reply = at_consent(op).submit(decision=decision)
    assert isinstance(reply, Reply)
    assert reply.parameters["error"] == "access_denied"


@pytest.mark.rule("identity.least-data")
@pytest.mark.parametrize(
    ("asked", "in_userinfo", "in_id_token"),
    [
        ({"scope": "openid"}, set(), set()),
        ({"scope": "openid phone"}, {"phone_number", "phone_number_verified"}, set()),
        ({"scope": "openid address"}, {"address"}, set()),
        ({"scope": "openid email"}, {"email", "email_verified"}, set()),
        (
            {"scope": "openid", "claims": '{"userinfo": {"birthdate": null}}'},
            {"birthdate"},
            set(),
        ),
        (
            {"scope": "openid", "claims": '{"id_token": {"given_name": {"essential": true}}}'},
            set(),
            {"given_name", "given_name#km"},
        ),
        (
            {"scope": "openid", "claims": '{"id_token": {"family_name#km": null}}'},
            set(),
            {"family_name#km"},
        ),
        (
            {"scope": "openid", "claims": '{"userinfo": {"name": null}}', "claims_locales": "en"},
            {"name"},
            set(),
        ),
        (
            {"scope": "openid", "claims": '{"userinfo": {"password": null, "register": null}}'},
            set(),
            set(),
        ),
    ],
)
def test_only_what_was_asked_for_and_consented_leaves(
    op: Provider, asked: dict[str, str], in_userinfo: set[str], in_id_token: set[str]
) -> None:
    id_token, userinfo = claims_of(op, at_consent(op, **asked).approve())
    protocol = {
        "iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid", "nonce", "at_hash",
    }  # fmt: skip
    assert set(id_token) - protocol == in_id_token
    assert set(userinfo) - {"sub"} == in_userinfo
    assert userinfo["sub"] == id_token["sub"]


@pytest.mark.rule("identity.claim-types")
def test_claims_have_the_types_of_the_specification(op: Provider) -> None:
    _, userinfo = claims_of(op, at_consent(op, scope="openid profile email address").approve())
    assert userinfo["birthdate"] == "1990-04-14"
    assert userinfo["email_verified"] is True
    assert userinfo["address"]["country"] == "KH"


@pytest.mark.parametrize(
    "more",
    [
        {"scope": "openid profile phone"},
        {"claims": '{"userinfo": {"email": null}}'},
        {"prompt": "consent"},
    ],
)
def test_more_than_was_agreed_to_is_asked_for_again(op: Provider, more: dict[str, str]) -> None:
    browser = op.browser()
    browser.go_through()
    assert isinstance(browser.authorize(), Reply)
    assert isinstance(browser.authorize(**more), Browser)
    assert 'id="approve"' in browser.page.text
    assert isinstance(browser.approve(), Reply)
    assert isinstance(browser.authorize(), Reply), "what was agreed to before still is"


@pytest.mark.rule("authorize.prompt-consent")
def test_less_than_was_agreed_to_is_not_asked_for_again_and_no_more_leaves(op: Provider) -> None:
    browser = op.browser()
    browser.go_through(scope="openid profile phone")
    _, userinfo = claims_of(op, browser.authorize(scope="openid phone"))
    assert set(userinfo) == {"sub", "phone_number", "phone_number_verified"}


def test_consent_to_one_service_is_none_to_another(op: Provider) -> None:
    browser = op.browser()
    browser.go_through("service-1")
    assert isinstance(browser.authorize("service-2"), Browser)


def test_consent_of_one_person_is_none_of_another(op: Provider) -> None:
    op.add_person("dara")
    browser = op.browser()
    browser.go_through()
    browser.authorize(prompt="login")
    assert isinstance(browser.sign_in("dara"), Browser)
    assert 'id="approve"' in browser.page.text


def test_consent_is_given_by_the_person_who_saw_the_page(op: Provider) -> None:
    """On a shared computer somebody else signs in while the page stands in another tab."""
    op.add_person("dara")
    browser = at_consent(op)
    of_sokha = browser.page
    browser.authorize(prompt="login")
    browser.sign_in("dara")
    browser.page = of_sokha
    found = browser.approve()
    assert isinstance(found, Browser)
    assert browser.page.status_code == 403


@pytest.mark.rule("authorize.csrf")
@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_form_without_our_token_is_refused(op: Provider, csrf: str) -> None:
    browser = at_consent(op)
    answer = browser.http.post(
        browser.page.url.path, data={"decision": "approve", "csrf": csrf}, follow_redirects=False
    )
    assert answer.status_code == 403


def test_consent_needs_a_session(op: Provider) -> None:
    browser = at_consent(op)
    browser.http.cookies.delete("tra-session")
    answer = browser.http.get(browser.page.url)
    assert (answer.status_code, "interaction_lost" in answer.text) == (400, True)


@pytest.mark.rule("identity.pairwise")
def test_subject_is_pairwise_and_says_nothing(op: Provider) -> None:
    browser = op.browser()
    first = parse(Backend.of(op).redeem(browser.go_through()).json()["id_token"]).claims
    browser.authorize("service-2")
    reply = browser.approve()
    assert isinstance(reply, Reply)
    second = parse(Backend.of(op, "service-2").redeem(reply).json()["id_token"]).claims
    assert first["sub"] != second["sub"]
    assert first["sid"] != second["sid"]
    assert "sokha" not in json.dumps([first["sub"], second["sub"]])
    assert first["sub"].isascii()
    assert len(first["sub"]) <= 255
