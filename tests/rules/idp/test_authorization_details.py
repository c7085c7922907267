"""Rich authorization requests (RFC 9396)."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import idp
from clients.rules.client import Client
from clients.rules.profiles import AUTHORIZATION_DETAILS_TYPES
from core.errors import Refusal
from idp.rules.authorization_details import MOST, SCHEMAS, dump, load, narrow, parse
from idp.rules.claims import OF_SCOPE
from idp.rules.interaction import AskConsent, Consent, Progress, Refuse, next_step
from tests.rules import samples
from tests.rules.samples import NOW

ACCESS: dict[str, Any] = {
    "type": "tra_data_access",
    "actions": ["read", "update"],
    "datatypes": ["tax", "land_title"],
    "purpose": {"km": "ពិនិត្យពាក្យសុំ", "en": "To check an application"},
}
SIGNATURE: dict[str, Any] = {
    "type": "tra_document_signature",
    "documentDigests": [
        {"label": "កិច្ចសន្យា.pdf", "hash": "sTOgwOm+474gFj0q0x1iSNspKqbcse4IeiqlDg/HWuI="},
        {"label": "Annex 1", "hash": "HZQzZmMAIWekfGH0/ZKW1nsdt0xg3H6bZYztgsMTLw0="},
    ],
    "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
}
REGISTERED = samples.client(authorization_details_types=sorted(SCHEMAS))


def parsed(*details: Any, client: Client = REGISTERED) -> tuple[Any, ...]:
    return parse(json.dumps(details), client)


def refused(text: str, client: Client = REGISTERED) -> str:
    with pytest.raises(Refusal) as refusal:
        parse(text, client)
    return refusal.value.reason.error


def wider(asked: dict[str, Any], *granted: dict[str, Any]) -> str:
    with pytest.raises(Refusal) as refusal:
        narrow(json.dumps([asked]), granted, REGISTERED)
    return refusal.value.reason.code


def changed(detail: dict[str, Any], **members: Any) -> dict[str, Any]:
    """None leaves a member out."""
    return {name: value for name, value in {**detail, **members}.items() if value is not None}


def test_registered_details_are_taken_as_they_are() -> None:
    assert parsed(ACCESS, SIGNATURE) == (ACCESS, SIGNATURE)
    assert parse(None, REGISTERED) == ()


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", "[1]", "[{}]", "[[]]", "x", '"a"', "[" * 10_000, '[{"type": 1}]'],
    ids=lambda text: text[:20],
)
def test_what_is_no_array_of_typed_objects_is_invalid(text: str) -> None:
    assert refused(text) == "invalid_authorization_details"


def test_details_that_are_nested_deeper_than_any_type_is_are_invalid() -> None:
    """They are refused before a schema is held against them, which takes a call for each level."""
    deep: object = []
    for _ in range(300):
        deep = [deep]
    digests = [{"label": "A letter", "hash": deep}, {"label": "B", "hash": deep}]
    detail = {**SIGNATURE, "documentDigests": digests}
    assert refused(json.dumps([detail])) == "invalid_authorization_details"


def test_type_that_nobody_knows_is_invalid() -> None:
    assert refused('[{"type": "payment_initiation"}]') == "invalid_authorization_details"


def test_type_that_is_not_registered_for_the_client_is_invalid() -> None:
    one = samples.client(authorization_details_types=["tra_data_access"])
    assert parsed(ACCESS, client=one)
    assert refused(json.dumps([SIGNATURE]), one) == "invalid_authorization_details"
    assert refused(json.dumps([ACCESS]), samples.client()) == "invalid_authorization_details"


@pytest.mark.rule("token.rar")
@pytest.mark.parametrize(
    "detail",
    [
        changed(ACCESS, privileges=["admin"]),
        changed(ACCESS, purpose={"km": "ក", "en": "a", "fr": "a"}),
        changed(ACCESS, purpose={"en": "a"}),
        changed(ACCESS, purpose={"km": " ", "en": "a"}),
        changed(ACCESS, purpose={"km": "ក", "en": "a\u202eb"}),
        changed(ACCESS, purpose={"km": "ក", "en": "a\n"}),
        changed(ACCESS, purpose={"km": "ក", "en": "\ud800"}),
        changed(ACCESS, actions=None),
        changed(ACCESS, actions=[]),
        changed(ACCESS, actions=["delete"]),
        changed(ACCESS, actions=["read", "read"]),
        changed(ACCESS, datatypes="tax"),
        changed(ACCESS, locations=["javascript:alert(1)"]),
        changed(ACCESS, locations=["https://a.example/\n"]),
        changed(SIGNATURE, hashAlgorithmOID="1.3.14.3.2.26"),
        changed(SIGNATURE, documentDigests=[{"label": "a", "hash": "short"}]),
        changed(SIGNATURE, documentDigests=[{"label": "a" * 201, "hash": "A" * 43 + "="}]),
        changed(SIGNATURE, documentDigests=[{"hash": "A" * 43 + "="}]),
    ],
    ids=lambda detail: json.dumps(detail)[-60:],
)
def test_field_that_the_type_does_not_have_or_not_so_is_invalid(detail: dict[str, Any]) -> None:
    assert refused(json.dumps([detail])) == "invalid_authorization_details"


def test_member_that_stands_twice_is_invalid() -> None:
    text = json.dumps([ACCESS]).replace('"actions"', '"actions": ["read"], "actions"')
    assert refused(text) == "invalid_authorization_details"


def test_a_person_is_asked_for_so_many_details_at_most() -> None:
    assert parsed(*[ACCESS] * MOST)
    assert refused(json.dumps([ACCESS] * (MOST + 1))) == "invalid_authorization_details"


def test_without_a_wish_everything_that_was_granted_is_given() -> None:
    assert narrow(None, (ACCESS, SIGNATURE), REGISTERED) == (ACCESS, SIGNATURE)


def test_lists_may_be_shorter_and_details_fewer() -> None:
    less = changed(ACCESS, actions=["read"], datatypes=["tax"])
    assert narrow(json.dumps([less]), (SIGNATURE, ACCESS), REGISTERED) == (less,)
    first = changed(SIGNATURE, documentDigests=SIGNATURE["documentDigests"][:1])
    assert narrow(json.dumps([first]), (SIGNATURE,), REGISTERED) == (first,)


@pytest.mark.rule("token.rar")
@pytest.mark.parametrize(
    "asked",
    [
        changed(ACCESS, datatypes=["tax", "vehicle_registration"]),
        changed(ACCESS, purpose={"km": "ផ្សេង", "en": "Another"}),
        changed(ACCESS, locations=["https://elsewhere.example"]),
        SIGNATURE,
    ],
    ids=lambda detail: json.dumps(detail)[-60:],
)
def test_nothing_is_added_to_what_was_granted(asked: dict[str, Any]) -> None:
    assert wider(asked, ACCESS) == "authorization_details_wider"
    assert wider(asked) == "authorization_details_wider"


def test_a_limit_that_was_granted_cannot_be_left_out() -> None:
    granted = changed(ACCESS, locations=["https://register.example.kh"])
    assert wider(ACCESS, granted) == "authorization_details_wider"


def test_two_grants_do_not_add_up_to_a_third() -> None:
    reading = changed(ACCESS, actions=["read"], datatypes=["tax"])
    changing = changed(ACCESS, actions=["update"], datatypes=["land_title"])
    mixed = changed(ACCESS, actions=["update"], datatypes=["tax"])
    assert wider(mixed, reading, changing) == "authorization_details_wider"


@given(
    actions=st.sets(st.sampled_from(["read", "update"]), min_size=1),
    datatypes=st.sets(st.sampled_from(["tax", "land_title", "civil_status"]), min_size=1),
    granted_actions=st.sets(st.sampled_from(["read", "update"]), min_size=1),
    granted_datatypes=st.sets(st.sampled_from(["tax", "land_title", "civil_status"]), min_size=1),
)
def test_narrower_is_what_stays_within_in_every_list(
    actions: set[str],
    datatypes: set[str],
    granted_actions: set[str],
    granted_datatypes: set[str],
) -> None:
    asked = changed(ACCESS, actions=sorted(actions), datatypes=sorted(datatypes))
    granted = changed(ACCESS, actions=sorted(granted_actions), datatypes=sorted(granted_datatypes))
    if actions <= granted_actions and datatypes <= granted_datatypes:
        assert narrow(json.dumps([asked]), (granted,), REGISTERED) == (asked,)
    else:
        assert wider(asked, granted) == "authorization_details_wider"


def test_details_are_kept_as_they_were_granted() -> None:
    assert load(dump((ACCESS, SIGNATURE))) == (ACCESS, SIGNATURE)
    assert load(dump(())) == ()


def test_details_are_agreed_to_each_time() -> None:
    request = samples.check(
        samples.parameters(authorization_details=json.dumps([ACCESS])), REGISTERED
    )
    everything = Consent(frozenset(request.scope), frozenset(OF_SCOPE["profile"]))
    asked = (request, REGISTERED, samples.session(), None, everything)
    assert next_step(*asked, Progress(), NOW) == AskConsent()
    assert next_step(*asked, Progress(signed_in=True, consented=True), NOW) != AskConsent()
    silent = samples.check(
        samples.parameters(authorization_details=json.dumps([ACCESS]), prompt="none"), REGISTERED
    )
    step = next_step(silent, REGISTERED, samples.session(), None, everything, Progress(), NOW)
    assert isinstance(step, Refuse)
    assert step.reason.error == "consent_required"


def test_every_registered_type_has_a_schema_and_texts_in_both_languages() -> None:
    assert set(SCHEMAS) == AUTHORIZATION_DETAILS_TYPES
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(dict(schema))
        assert schema["additionalProperties"] is False
    access = SCHEMAS["tra_data_access"]["properties"]
    for lang in ("km", "en"):
        file = Path(idp.__file__).parent / "pages" / "locales" / f"{lang}.toml"
        texts = tomllib.loads(file.read_text(encoding="utf-8"))
        assert set(texts["detail"]) == set(SCHEMAS)
        assert set(texts["datatype"]) == set(access["datatypes"]["items"]["enum"])
        assert set(texts["action"]) == set(access["actions"]["items"]["enum"])


def test_client_registers_types_that_exist() -> None:
    with pytest.raises(Refusal) as refusal:
        samples.client(authorization_details_types=["payment_initiation"])
    assert refusal.value.reason.error == "invalid_client_metadata"
