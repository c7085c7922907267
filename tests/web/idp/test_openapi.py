"""The description of the provider's API says what it answers."""

import json
import re

from openapi_spec_validator import validate

from idp.app import DEVELOPMENT, HOT, PAGES
from idp.openapi import document
from tests.provider import Backend, Provider

DESCRIBED = document("https://id.example.kh", "0")
METHODS = {"get", "post", "put", "delete"}


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}|/$", lambda found: "{}" if found[0] != "/" else "/{}", path)


def test_it_is_openapi() -> None:
    validate(json.loads(json.dumps(DESCRIBED)))


def test_every_address_and_method_is_described_and_no_other() -> None:
    served = {(_nameless(path), method) for method, path, _ in PAGES}
    served |= {(_nameless(path), method) for path, methods in HOT.items() for method in methods}
    described = {
        (_nameless(path), method.upper())
        for path, operations in DESCRIBED["paths"].items()
        for method in METHODS & operations.keys()
    }
    assert described == served


def test_what_stands_in_for_people_is_not_offered() -> None:
    assert not DEVELOPMENT.keys() & DESCRIBED["paths"].keys()


def test_answers_have_the_members_that_are_described(op: Provider) -> None:
    op.add_client(
        "kiosk",
        token_endpoint_auth_method="none",
        grant_types=["urn:ietf:params:oauth:grant-type:device_code"],
    )
    kiosk = Backend(Backend.of(op).http, "kiosk")
    answer = kiosk.post("/device_authorization", client_id="kiosk", scope="openid")
    schema = DESCRIBED["components"]["schemas"]["DeviceResponse"]
    assert set(answer.json()) == set(schema["required"]) == set(schema["properties"])
