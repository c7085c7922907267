"""Rich authorization requests (RFC 9396): which details exist, which may be asked for, and what
remains of them when a client asks for less."""

import json
from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from clients.rules.client import Client
from clients.rules.metadata import is_deeper
from core.errors import Refusal, reason

AUTHORIZATION_DETAILS_INVALID = reason(
    "authorization_details_invalid",
    "invalid_authorization_details",
    400,
    "authorization_details is a JSON array of objects, each of a type that is registered for the "
    "client, with the fields of that type and no others.",
    "RFC 9396 §2, §5",
)
AUTHORIZATION_DETAILS_WIDER = reason(
    "authorization_details_wider",
    "invalid_authorization_details",
    400,
    "A token request may ask for some of the authorization_details that were granted: each as it "
    "was granted, but for lists that may be shorter.",
    "RFC 9396 §6.1, §7",
)

MOST: Final = 10
"""Details in one request: what a person can be expected to read."""

_LEVELS: Final = 8

Detail = Mapping[str, Any]
"""One member of authorization_details."""

_TEXT: Final = {
    "type": "string",
    "maxLength": 200,
    # Something to read; nothing that only machines see, or that turns the order of reading.
    "pattern": r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+$(?!\n)",
}
_SERVERS: Final = {
    "type": "array",
    "items": {"type": "string", "maxLength": 512, "pattern": r"^https?://[!-~]+$(?!\n)"},
    "minItems": 1,
    "maxItems": 10,
    "uniqueItems": True,
}

SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    # A signature by the person over these documents and no others. Members are called as in the
    # CSC API 2.0 §8.3, the hash in base64.
    "tra_document_signature": {
        "type": "object",
        "properties": {
            "type": {"const": "tra_document_signature"},
            "locations": _SERVERS,
            "documentDigests": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "label": _TEXT,
                        "hash": {"type": "string", "pattern": r"^[A-Za-z0-9+/]{43}=$(?!\n)"},
                    },
                    "required": ["label", "hash"],
                    "additionalProperties": False,
                },
                "minItems": 1,
                "maxItems": 100,
                "uniqueItems": True,
            },
            "hashAlgorithmOID": {"const": "2.16.840.1.101.3.4.2.1"},  # SHA-256
        },
        "required": ["type", "documentDigests", "hashAlgorithmOID"],
        "additionalProperties": False,
    },
    # What an agency may do with a person's records at another one, and what for.
    "tra_data_access": {
        "type": "object",
        "properties": {
            "type": {"const": "tra_data_access"},
            "locations": _SERVERS,
            "actions": {
                "type": "array",
                "items": {"enum": ["read", "update"]},
                "minItems": 1,
                "uniqueItems": True,
            },
            "datatypes": {
                "type": "array",
                "items": {
                    "enum": [
                        "business_registration",
                        "civil_status",
                        "land_title",
                        "social_security",
                        "tax",
                        "vehicle_registration",
                    ]
                },
                "minItems": 1,
                "uniqueItems": True,
            },
            "purpose": {
                "type": "object",
                "properties": {"km": _TEXT, "en": _TEXT},
                "required": ["km", "en"],
                "additionalProperties": False,
            },
        },
        "required": ["type", "actions", "datatypes", "purpose"],
        "additionalProperties": False,
    },
}
"""The registered types (RFC 9396 §2.1). Their texts for people are `detail.*` of the locales."""

TYPES: Final = tuple(sorted(SCHEMAS))

_VALIDATORS: Final = {name: Draft202012Validator(dict(schema)) for name, schema in SCHEMAS.items()}


def parse(text: str | None, client: Client) -> tuple[Detail, ...]:
    """The details that a request asks for; raises Refusal. An absent parameter asks for none."""
    if text is None:
        return ()
    try:
        document = json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise _refuse("not JSON, or a member twice") from error
    if not isinstance(document, list) or not 1 <= len(document) <= MOST:
        raise _refuse(f"not an array of 1 to {MOST} objects")
    if is_deeper(document, _LEVELS):
        raise _refuse("nested deeper than details are")
    for detail in document:
        _check(detail, client)
    return tuple(document)


def dump(details: tuple[Detail, ...]) -> str:
    """As a grant keeps them; '' for none."""
    return json.dumps(details, ensure_ascii=False) if details else ""


def load(text: str) -> tuple[Detail, ...]:
    """What `dump` wrote."""
    return tuple(json.loads(text)) if text else ()


def narrow(text: str | None, granted: tuple[Detail, ...], client: Client) -> tuple[Detail, ...]:
    """The details of an access token: those that the token request asks for, all of which were
    granted, else everything that was granted (RFC 9396 §6.1); raises Refusal."""
    if text is None:
        return granted
    asked = parse(text, client)
    for detail in asked:
        if not any(_within(detail, whole) for whole in granted):
            raise Refusal(AUTHORIZATION_DETAILS_WIDER, str(detail["type"]))
    return asked


def _check(detail: object, client: Client) -> None:
    kind = detail.get("type") if isinstance(detail, dict) else None
    if not isinstance(kind, str) or kind not in _VALIDATORS:
        raise _refuse("a type that is not known")
    if kind not in client.authorization_details_types:
        raise _refuse(f"{kind} is not registered for {client.client_id}")
    error = best_match(_VALIDATORS[kind].iter_errors(detail))
    if error is not None:
        raise _refuse(f"{kind}: {error.json_path[:80]} {error.validator}")


def _within(asked: Detail, granted: Detail) -> bool:
    """Whether it asks for nothing more. A member that was left out could mean everything, so the
    members are the same; what the lists among them hold may be less."""
    if asked.keys() != granted.keys():
        return False
    return all(
        all(item in granted[name] for item in value)
        if isinstance(value, list)
        else value == granted[name]
        for name, value in asked.items()
    )


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse(why: str) -> Refusal:
    return Refusal(AUTHORIZATION_DETAILS_INVALID, why)
