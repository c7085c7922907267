"""The checks of an authorization request, in their order (OIDC Core 3.1.2.1, 3.1.2.2)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from tests.rules.samples import check, client, parameters, request


def refused(**changed: str | None) -> tuple[str, str]:
    with pytest.raises(Refusal) as refusal:
        request(**changed)
    return refusal.value.reason.error, refusal.value.reason.code


@pytest.mark.rule("authorize.code-only")
@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"response_type": None}, "invalid_request", "response_type_missing"),
        ({"response_type": "token"}, "unsupported_response_type", "response_type_unsupported"),
        ({"response_type": "id_token"}, "unsupported_response_type", "response_type_unsupported"),
        (
            {"response_type": "code id_token"},
            "unsupported_response_type",
            "response_type_unsupported",
        ),
        ({"response_mode": "fragment"}, "invalid_request", "response_mode_unsupported"),
        ({"scope": None}, "invalid_scope", "scope_openid_missing"),
        ({"scope": "profile"}, "invalid_scope", "scope_openid_missing"),
        ({"scope": "openid offline_access"}, "invalid_scope", "scope_not_registered"),
        ({"scope": "openid seal"}, "invalid_scope", "scope_not_registered"),
        ({"state": "x" * 2_049}, "invalid_request", "state_too_long"),
        ({"nonce": "x" * 2_049}, "invalid_request", "state_too_long"),
        ({"prompt": "none login"}, "invalid_request", "prompt_invalid"),
        ({"prompt": "later"}, "invalid_request", "prompt_invalid"),
        ({"max_age": "-1"}, "invalid_request", "max_age_invalid"),
        ({"max_age": "៦០"}, "invalid_request", "max_age_invalid"),
        ({"max_age": "1e3"}, "invalid_request", "max_age_invalid"),
        ({"claims": "[]"}, "invalid_request", "claims_malformed"),
        ({"code_challenge_method": "plain"}, "invalid_request", "pkce_method"),
    ],
)
def test_request_is_refused_by_its_rfc_name(
    changed: dict[str, str | None], error: str, code: str
) -> None:
    assert refused(**changed) == (error, code)


def test_client_may_only_use_what_it_is_registered_for() -> None:
    machine = client(grant_types=["client_credentials"])
    with pytest.raises(Refusal) as refusal:
        check(parameters(), machine)
    assert refusal.value.reason.error == "unauthorized_client"
    sealing = client(scope="openid seal")
    with pytest.raises(Refusal) as refusal:
        check(parameters(scope="openid seal"), sealing)
    assert refusal.value.reason.error == "invalid_scope"


@pytest.mark.rule("authorize.parameters", "authorize.methods")
@pytest.mark.parametrize(
    "changed",
    [
        {"display": "popup"},
        {"ui_locales": "fr km-KH"},
        {"claims_locales": "xx"},
        {"acr_values": "urn:example:gold"},
        {"login_hint": "sokha"},
        {"unknown": "value"},
        {"scope": "email openid unheard-of"},
        {"nonce": None},
        {"state": None},
        {"state": "x" * 1_000},
        {"code_challenge": None, "code_challenge_method": None},
    ],
)
def test_what_is_legitimate_or_unknown_is_never_an_error(changed: dict[str, str | None]) -> None:
    assert request(**changed).client_id == "service"


def test_request_is_read_into_its_parts() -> None:
    asked = request(
        scope="openid phone openid",
        prompt="login consent",
        max_age="60",
        acr_values="urn:tra:loa:2",
        ui_locales="km en",
    )
    assert asked.scope == ("openid", "phone")
    assert asked.prompt == {"login", "consent"}
    assert asked.max_age == 60
    assert asked.ui_locales == ("km", "en")
    assert asked.acr_values == ("urn:tra:loa:2",)


NAMES = ["response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age"]
MORE = ["claims", "code_challenge", "code_challenge_method", "ui_locales", "id_token_hint"]


@given(st.dictionaries(st.sampled_from(NAMES + MORE), st.text(min_size=1)))
def test_any_values_are_a_request_or_a_refusal(changed: dict[str, str]) -> None:
    with contextlib.suppress(Refusal):
        assert "openid" in request(**changed).scope
