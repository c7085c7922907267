"""An agency's server asks a person elsewhere for a decision (CIBA Core 1.0)."""

import pytest

from clients.rules.profiles import CIBA
from idp.rules.ciba import MOST_WAITING
from keys.handles import new_handle
from keys.jose import parse
from tests.ciba import account, add_agency, ask, begin, decide, error, poll, read
from tests.provider import ISSUER, Backend, Keypair, Provider

TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture
def agency(op: Provider) -> Backend:
    """A client that polls."""
    add_agency(op, "agency")
    return Backend.of(op, "agency")


@pytest.mark.rule("other.ciba")
def test_agency_gets_tokens_once_the_person_agreed(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert begun["interval"] == 5
    assert begun["expires_in"] == 600
    assert error(poll(agency, begun)) == "authorization_pending"
    browser = read(op.browser())
    browser.approve()
    assert browser.page.url.path == "/ciba/approved"
    tokens = poll(agency, begun).json()
    id_token = parse(tokens["id_token"]).claims
    assert id_token["aud"] == "agency"
    assert id_token["acr"] == "urn:tra:loa:2"
    assert agency.userinfo(tokens["access_token"]).json()["name"] == "Chan Sokha"


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_account_lists_the_request_and_its_page_tells_all_of_it(
    op: Provider, agency: Backend
) -> None:
    begin(agency, binding_message="លិខិតលេខ 17")
    browser = account(op.browser())
    browser.open("/account?lang=en")
    assert "Ministry of Commerce" in browser.page.text
    assert "លិខិតលេខ 17" in browser.page.text
    read(browser)
    for told in ("agency", "Ministry of Commerce", "លិខិតលេខ 17", "Chan Sokha", "14 April 2026"):
        assert told in browser.page.text, told
    assert "sokha@example.kh" not in browser.page.text


def test_refusal_is_access_denied(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.submit(decision="deny")
    assert browser.page.url.path == "/ciba/denied"
    assert error(poll(agency, begun)) == "access_denied"


def test_auth_req_id_brings_tokens_once(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    read(op.browser()).approve()
    assert poll(agency, begun).status_code == 200
    assert error(poll(agency, begun)) == "invalid_grant"


def test_auth_req_id_of_another_client_is_invalid_grant(op: Provider, agency: Backend) -> None:
    add_agency(op, "other")
    begun = begin(agency)
    read(op.browser()).approve()
    assert error(poll(Backend.of(op, "other"), begun)) == "invalid_grant"
    assert error(poll(agency, {"auth_req_id": "x"})) == "invalid_grant"
    assert poll(agency, begun).status_code == 200


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_polls_sooner_than_the_interval_are_slowed_down(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert error(poll(agency, begun)) == "authorization_pending"
    assert error(poll(agency, begun)) == "slow_down"
    op.clock.advance(9)
    assert error(poll(agency, begun)) == "slow_down"
    op.clock.advance(15)
    assert error(poll(agency, begun)) == "authorization_pending"


def test_undecided_request_expires_when_the_client_asked(op: Provider, agency: Backend) -> None:
    begun = begin(agency, requested_expiry="30")
    assert begun["expires_in"] == 30
    browser = read(op.browser())
    op.clock.advance(30)
    browser.approve()
    assert "ciba_request_over" in browser.page.text
    assert error(poll(agency, begun)) == "expired_token"
    assert 'href="/ciba/' not in account(browser).page.text


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_nobody_by_that_name_is_unknown_user_id(op: Provider, agency: Backend) -> None:
    op.add_person("dara", status="suspended")
    assert error(ask(agency, login_hint="nobody")) == "unknown_user_id"
    assert error(ask(agency, login_hint="dara")) == "unknown_user_id"


def test_person_is_named_by_an_id_token_too(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.approve()
    hint = poll(agency, begun).json()["id_token"]
    again = begin(agency, login_hint=None, id_token_hint=hint)
    read(browser).approve()
    assert poll(agency, again).status_code == 200
    add_agency(op, "other")
    elsewhere = ask(Backend.of(op, "other"), login_hint=None, id_token_hint=hint)
    assert error(elsewhere) == "invalid_request"


def test_bad_requests_are_refused_by_their_names(agency: Backend) -> None:
    assert error(ask(agency, login_hint=None)) == "invalid_request"
    assert error(ask(agency, scope="profile")) == "invalid_scope"
    assert error(ask(agency, scope="openid phone")) == "invalid_scope"
    assert error(ask(agency, binding_message="👍")) == "invalid_binding_message"
    assert error(ask(agency, authorization_details="[]")) == "invalid_authorization_details"
    assert error(agency.post("/token", grant_type=CIBA)) == "invalid_request"


def test_client_has_to_prove_itself(op: Provider, agency: Backend) -> None:
    stranger = Backend(agency.http, "agency", "wrong")
    assert error(ask(stranger), 401) == "invalid_client"
    assert error(ask(Backend.of(op))) == "unauthorized_client"


def test_another_person_sees_nothing_of_the_request(op: Provider, agency: Backend) -> None:
    op.add_person("dara")
    begin(agency)
    path = read(op.browser()).page.url.path
    stranger = op.browser()
    stranger.open(path)
    stranger.sign_in("dara")
    assert "ciba_request_over" in stranger.page.text
    assert "W4SCT" not in stranger.page.text
    assert 'href="/ciba/' not in account(stranger).page.text


@pytest.mark.rule("authorize.csrf")
def test_forged_form_decides_nothing(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    browser = read(op.browser())
    browser.submit(decision="approve", csrf="forged")
    assert browser.page.status_code == 403
    assert error(poll(agency, begun)) == "authorization_pending"


def test_signed_out_person_signs_in_and_comes_back_to_the_request(
    op: Provider, agency: Backend
) -> None:
    begin(agency)
    browser = read(op.browser())
    path = browser.page.url.path
    browser.open("/logout")
    browser.submit(decision="logout")
    op.clock.advance(60)
    browser.open(path)
    browser.sign_in()
    assert browser.page.url.path == path
    assert 'id="approve"' in browser.page.text


def test_person_who_cannot_reach_the_level_can_only_refuse(op: Provider, agency: Backend) -> None:
    begun = begin(agency, acr_values="urn:tra:loa:3")
    browser = account(op.browser())
    read(browser)
    if 'name="password"' in browser.page.text:
        op.clock.advance(60)
        browser.sign_in()
    assert 'id="approve"' not in browser.page.text
    browser.submit(decision="approve")
    assert 'name="password"' in browser.page.text
    op.clock.advance(10)
    assert error(poll(agency, begun)) == "authorization_pending"


def test_person_has_only_so_many_requests_of_one_client_waiting(agency: Backend) -> None:
    for _ in range(MOST_WAITING):
        begin(agency)
    assert error(ask(agency), 403) == "access_denied"


@pytest.mark.rule("other.ciba")
@pytest.mark.rule("other.ciba")
def test_signed_request_is_good_once(op: Provider) -> None:
    key = Keypair()
    add_agency(
        op,
        "signer",
        jwks=key.jwks,
        backchannel_authentication_request_signing_alg="ES256",
    )
    signer = Backend.of(op, "signer")
    claims = {
        "iss": "signer",
        "aud": ISSUER,
        "iat": op.now,
        "nbf": op.now,
        "exp": op.now + 60,
        "jti": new_handle(),
        "scope": "openid profile",
        "login_hint": "sokha",
        "binding_message": "W4SCT",
    }
    token = key.sign(claims)
    assert error(ask(signer)) == "invalid_request"
    assert signer.post("/bc-authorize", request=token).status_code == 200
    assert error(signer.post("/bc-authorize", request=token)) == "invalid_request"
    unknown = key.sign({**claims, "jti": new_handle(), "login_hint": "nobody"})
    assert error(signer.post("/bc-authorize", request=unknown)) == "unknown_user_id"


def test_development_hook_is_absent_unless_it_was_asked_for(op: Provider, agency: Backend) -> None:
    begun = begin(agency)
    assert decide(agency, begun, "approve").status_code == 404
    assert error(poll(agency, begun)) == "authorization_pending"
