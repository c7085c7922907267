"""Claims about a person (OIDC Core 5): which are asked for, and which may leave."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from idp.rules.claims import (
    OF_SCOPE,
    OFFERED,
    ClaimsRequest,
    Wish,
    asked_for,
    for_id_token,
    for_userinfo,
    parse,
    release,
)

SOKHA = {
    "name": "Chan Sokha",
    "name#km": "ចាន់ សុខា",
    "given_name": "Sokha",
    "given_name#km": "សុខា",
    "birthdate": "1990-04-14",
    "email": "sokha@example.kh",
    "email_verified": False,
    "address": {"country": "KH"},
    "national_number": "010482913",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
WISHES = st.lists(
    st.sampled_from([*sorted(OFFERED), "name#km", "national_number", "sub", "acr"]).map(Wish),
    max_size=5,
).map(tuple)
SCOPES = st.lists(st.sampled_from(["openid", "seal", "unheard-of", *OF_SCOPE]))


def test_claims_request_is_read_with_essential_value_and_values() -> None:
    read = parse(
        json.dumps(
            {
                "userinfo": {"given_name": {"essential": True}, "nickname": None},
                "id_token": {"acr": {"essential": True, "values": ["urn:tra:loa:2"]}},
            }
        )
    )
    assert read.userinfo == (Wish("given_name", essential=True), Wish("nickname"))
    assert read.essential_acr() == ("urn:tra:loa:2",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '"x"',
        '{"userinfo": []}',
        '{"userinfo": {"name": true}}',
        '{"id_token": {"name": "x"}}',
        '{"id_token": {"name": {"essential": "yes"}}}',
        '{"id_token": {"acr": {"values": "urn:tra:loa:2"}}}',
        "[" * 100_000,
        '{"userinfo": {"\\ud800": null}}',  # half a character, which no log and no page can hold
        '{"id_token": {"auth_time": {"value": ' + "1" * 5_000 + "}}}",
    ],
)
def test_malformed_claims_request_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(text)
    assert refusal.value.reason.error == "invalid_request"


@pytest.mark.rule("identity.least-data")
def test_members_that_nobody_knows_are_ignored() -> None:
    read = parse('{"verified": 7, "userinfo": {"unheard-of": {"x": 1}, "name": {"purpose": "y"}}}')
    assert asked_for((), read) == {"name"}


@given(JSON)
def test_any_json_is_a_claims_request_or_a_refusal(document: Any) -> None:
    with contextlib.suppress(Refusal):
        read = parse(json.dumps(document))
        assert asked_for((), read) <= OFFERED | {"name#km"}


@given(st.text())
def test_any_text_is_a_claims_request_or_a_refusal(text: str) -> None:
    with contextlib.suppress(Refusal):
        parse(text)


@pytest.mark.rule("identity.least-data")
@given(SCOPES, WISHES, WISHES, st.sampled_from([(), ("km",), ("en",), ("en", "km-KH")]))
def test_unasked_claim_never_leaves(
    scope: list[str], userinfo: tuple[Wish, ...], id_token: tuple[Wish, ...], locales: Any
) -> None:
    asked = ClaimsRequest(userinfo, id_token)
    by_scope = {name for word in scope for name in OF_SCOPE.get(word, ())}
    in_userinfo = by_scope | {wish.name for wish in userinfo}
    in_id_token = {wish.name for wish in id_token}
    for names, allowed in (
        (for_userinfo(scope, asked), in_userinfo),
        (for_id_token(asked), in_id_token),
    ):
        released = release(SOKHA, names, locales)
        assert {name for name in released if name not in allowed} <= {
            f"{name}#km" for name in allowed
        }
        assert "national_number" not in released
        assert set(released) <= set(release(SOKHA, asked_for(scope, asked), locales))


@pytest.mark.rule("identity.khmer")
def test_names_leave_in_latin_and_in_khmer() -> None:
    assert release(SOKHA, {"name"}) == {"name": SOKHA["name"], "name#km": SOKHA["name#km"]}
    assert release(SOKHA, {"name"}, ("en",)) == {"name": SOKHA["name"]}
    assert release(SOKHA, {"name"}, ("en", "km-KH")).keys() == {"name", "name#km"}


@pytest.mark.rule("identity.khmer")
@pytest.mark.parametrize("asked", ["name#km", "name#km-KH", "name#KM"])
def test_name_asked_for_in_khmer_leaves_in_khmer_alone(asked: str) -> None:
    names = asked_for((), ClaimsRequest(userinfo=(Wish(asked),)))
    assert release(SOKHA, names) == {"name#km": SOKHA["name#km"]}


def test_value_that_is_false_leaves_and_one_that_is_absent_does_not() -> None:
    assert release(SOKHA, {"email_verified", "phone_number"}) == {"email_verified": False}


@pytest.mark.parametrize(
    ("detail", "demanded"),
    [
        (None, None),
        ({"value": "abc"}, "abc"),
        ({"values": ["abc"]}, "abc"),
        ({"values": ["abc", "def"]}, None),
        ({"value": 7}, ""),
        ({"value": "ក"}, ""),
        ({"value": "\x00"}, ""),
        ({"value": "x" * 256}, ""),
    ],
)
def test_demanded_sub_is_one_that_somebody_can_have(detail: Any, demanded: str | None) -> None:
    assert parse(json.dumps({"id_token": {"sub": detail}})).demanded_sub() == demanded


def test_voluntary_acr_demands_nothing() -> None:
    voluntary = parse('{"id_token": {"acr": {"values": ["urn:tra:loa:3"]}}}')
    assert voluntary.essential_acr() == ()
