"""What stands between a request and its code, in order (OIDC Core 3.1.2.3, 3.1.2.4, 5.5.1.1)."""

import json
from typing import Any

import pytest

from clients.rules.client import Client
from idp.rules.authorize import AuthorizationRequest
from idp.rules.claims import asked_for
from idp.rules.interaction import (
    ABSOLUTE_SECONDS,
    IDLE_SECONDS,
    AskConsent,
    Consent,
    Login,
    Proceed,
    Progress,
    Refuse,
    Session,
    Step,
    next_step,
)
from tests.rules.samples import NOW, client, request, session

UNMET = "unmet_authentication_requirements"
SIGNED_IN, CONSENTED = Progress(signed_in=True), Progress(signed_in=True, consented=True)


def covering(asked: AuthorizationRequest) -> Consent:
    return Consent(frozenset(asked.scope), asked_for(asked.scope, asked.claims))


def step(
    who: Session | None,
    progress: Progress = Progress(),  # noqa: B008  # frozen
    *,
    consent: Consent | bool | None = True,
    hinted: str | None = None,
    asker: Client | None = None,
    **changed: str | None,
) -> Step:
    asked = request(**changed)
    given = covering(asked) if consent is True else consent or None
    return next_step(asked, asker or client(), who, hinted, given, progress, NOW)


def refusal(found: Step) -> str:
    assert isinstance(found, Refuse), found
    return found.reason.error


def essential_acr(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


def test_who_is_signed_in_and_has_consented_proceeds_without_a_page() -> None:
    assert step(session()) == Proceed(session())
    assert step(session(), prompt="none") == Proceed(session())


def test_nobody_signed_in_is_asked_to_sign_in() -> None:
    assert step(None) == Login()


@pytest.mark.parametrize(
    "over",
    [
        session(last_seen_at=NOW - IDLE_SECONDS),
        session(created_at=NOW - ABSOLUTE_SECONDS, last_seen_at=NOW),
    ],
)
def test_session_ends_at_its_idle_and_its_absolute_limit(over: Session) -> None:
    assert step(over) == Login()
    assert refusal(step(over, prompt="none")) == "login_required"


def test_session_lives_to_the_second_before_its_limits() -> None:
    assert session(last_seen_at=NOW - IDLE_SECONDS + 1).lives(NOW)
    assert session(created_at=NOW - ABSOLUTE_SECONDS + 1, last_seen_at=NOW).lives(NOW)


@pytest.mark.rule("authorize.prompt-none")
@pytest.mark.parametrize(
    ("who", "changed", "error"),
    [
        (None, {}, "login_required"),
        (session(), {"max_age": "59"}, "login_required"),
        (session(), {"hinted": "dara"}, "login_required"),
        (session(), {"hinted": ""}, "login_required"),
        (session(), {"consent": None}, "consent_required"),
        (session(level=1), {"claims": essential_acr("urn:tra:loa:2")}, UNMET),
        (session(), {"claims": essential_acr("urn:tra:loa:3")}, UNMET),
    ],
)
def test_prompt_none_shows_nothing_and_names_what_is_missing(
    who: Session | None, changed: dict[str, Any], error: str
) -> None:
    assert refusal(step(who, prompt="none", **changed)) == error


@pytest.mark.rule("authorize.prompt-login")
@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_prompt_login_asks_for_credentials_once(prompt: str) -> None:
    assert step(session(), prompt=prompt) == Login()
    assert not isinstance(step(session(), SIGNED_IN, prompt=prompt), Login)


@pytest.mark.rule("authorize.prompt-consent")
def test_prompt_consent_asks_though_consent_was_given_and_once() -> None:
    assert step(session(), prompt="consent") == AskConsent()
    assert step(session(), CONSENTED, prompt="consent") == Proceed(session())


@pytest.mark.rule("authorize.prompt-login")
@pytest.mark.parametrize(("max_age", "again"), [("0", True), ("59", True), ("60", False)])
def test_max_age_exceeded_asks_for_credentials_again(max_age: str, again: bool) -> None:
    assert isinstance(step(session(), max_age=max_age), Login if again else Proceed)
    assert isinstance(step(session(auth_time=NOW), SIGNED_IN, max_age=max_age), Proceed)


def test_max_age_zero_is_prompt_login() -> None:
    assert step(session(auth_time=NOW), max_age="0") == Login()


def test_sign_in_comes_before_consent() -> None:
    assert step(session(), consent=None, prompt="login consent") == Login()
    assert step(session(), SIGNED_IN, consent=None, prompt="login consent") == AskConsent()


@pytest.mark.rule("authorize.acr")
@pytest.mark.parametrize(
    ("claims", "level"),
    [
        (essential_acr("urn:tra:loa:2"), 2),
        (essential_acr("urn:tra:loa:3", "urn:tra:loa:2"), 2),
        (essential_acr("urn:tra:loa:3", "unheard-of"), 3),
    ],
)
def test_essential_acr_is_reached_or_refused_never_lowered(claims: str, level: int) -> None:
    for has in (1, 2, 3):
        who = session(level=has)
        if has >= level:
            assert step(who, claims=claims) == Proceed(who)
        else:
            assert step(who, claims=claims) == Login()
            assert refusal(step(who, SIGNED_IN, claims=claims)) == UNMET


def test_unknown_essential_acr_cannot_be_reached() -> None:
    asked = essential_acr("unheard-of")
    assert refusal(step(session(level=3), SIGNED_IN, claims=asked)) == UNMET


def test_essential_acr_without_values_and_voluntary_acr_demand_nothing() -> None:
    for claims in (essential_acr(), '{"id_token": {"acr": {"values": ["urn:tra:loa:3"]}}}'):
        assert step(session(level=1), claims=claims) == Proceed(session(level=1))


@pytest.mark.rule("authorize.acr")
def test_floor_of_the_client_holds_whatever_is_asked() -> None:
    strict = client(default_acr_level=2)
    assert step(session(level=1), asker=strict) == Login()
    assert step(session(level=1), asker=strict, claims=essential_acr("urn:tra:loa:1")) == Login()
    assert step(session(level=2), asker=strict) == Proceed(session(level=2))


@pytest.mark.rule("authorize.id-token-hint")
def test_hint_must_match_the_active_person() -> None:
    assert step(session(), hinted="sokha") == Proceed(session())
    assert step(session(), hinted="dara") == Login()
    assert refusal(step(session(), SIGNED_IN, hinted="dara")) == "login_required"


@pytest.mark.parametrize(
    ("scope", "claims", "covered"),
    [
        ("openid", None, True),
        ("openid profile", None, False),
        ("openid", '{"userinfo": {"email": null}}', True),
        ("openid", '{"userinfo": {"name": null}}', True),
        ("openid", '{"userinfo": {"name#km": null}}', True),
        ("openid", '{"id_token": {"birthdate": null}}', False),
        ("openid phone", None, False),
    ],
)
def test_consent_covers_what_was_shown_and_no_more(
    scope: str, claims: str | None, covered: bool
) -> None:
    consent = Consent(frozenset({"openid"}), frozenset({"email", "name"}))
    assert consent.covers(request(scope=scope, claims=claims)) is covered
    found = step(session(), consent=consent, scope=scope, claims=claims)
    assert isinstance(found, Proceed if covered else AskConsent)


def test_consent_to_a_name_in_khmer_does_not_cover_the_latin_one() -> None:
    consent = Consent(frozenset({"openid"}), frozenset({"name#km"}))
    assert consent.covers(request(scope="openid", claims='{"userinfo": {"name#km": null}}'))
    assert not consent.covers(request(scope="openid", claims='{"userinfo": {"name": null}}'))
