"""What the OpenAPI description says of the requests that clients send by themselves; idp.openapi
puts it into its own."""

from typing import Any, Final

from clients.rules.authentication import ASSERTION_TYPE
from clients.rules.client import ResponseMode
from clients.rules.profiles import GRANT_TYPES
from clients.web.openapi import errors
from core.openapi import answer, form, json_of
from idp.rules.assurance import ACR_VALUES
from idp.rules.authorization_details import SCHEMAS as DETAILS
from idp.rules.authorize import PROMPTS
from idp.rules.ciba import EXPIRY_SECONDS, LONGEST_EXPIRY_SECONDS
from idp.rules.decoupled import INTERVAL_SECONDS
from idp.rules.device import DEVICE_SECONDS
from idp.rules.token_exchange import ACCESS_TOKEN

_TEXT: Final = {"type": "string"}
_URI: Final = {"type": "string", "format": "uri"}
_JWT: Final = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}
_SECONDS: Final = {"type": "integer", "minimum": 1}
_MODES: Final = [mode.value for mode in ResponseMode]
_DETAILS: Final = {
    "type": "array",
    "items": {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in DETAILS]},
}
DPOP: Final = {
    "name": "DPoP",
    "in": "header",
    "schema": {"type": "string"},
    "description": "A proof: a JWT with typ dpop+jwt (RFC 9449 §4.2)",
}
Table = tuple[tuple[str, Any, str], ...]
"""Parameters: name, schema, rule."""

_AUTHENTICATION: Final = {
    "client_id": _TEXT,
    "client_secret": {"type": "string", "format": "password"},
    "client_assertion_type": {"type": "string", "enum": [ASSERTION_TYPE]},
    "client_assertion": _JWT,
}
"""RFC 6749 §2.3.1, RFC 7523 §2.2."""

AUTHORIZE: Final = (
    ("client_id", _TEXT, "RFC 6749 §4.1.1"),
    ("redirect_uri", _TEXT, "Compared character by character (RFC 9700 §2.1)"),
    ("response_type", {"type": "string", "enum": ["code"]}, "RFC 6749 §4.1.1"),
    ("scope", {"type": "string", "example": "openid profile"}, "OIDC Core 5.4"),
    ("state", {"type": "string", "maxLength": 2048}, "RFC 6749 §4.1.1"),
    ("nonce", {"type": "string", "maxLength": 2048}, "OIDC Core 3.1.2.1"),
    ("code_challenge", {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}, "RFC 7636 §4.3"),
    ("code_challenge_method", {"type": "string", "enum": ["S256"]}, "RFC 7636 §4.3"),
    ("response_mode", {"type": "string", "enum": _MODES}, "As registered (JARM 2.3)"),
    ("prompt", {"type": "string", "example": "login"}, f"Of {', '.join(sorted(PROMPTS))}"),
    ("max_age", {"type": "integer", "minimum": 0}, "Seconds since sign-in, at most"),
    ("acr_values", {"type": "string", "example": ACR_VALUES[1]}, "OIDC Core 3.1.2.1"),
    ("claims", _TEXT, "JSON (OIDC Core 5.5)"),
    ("claims_locales", {"type": "string", "example": "km en"}, "OIDC Core 5.2"),
    ("ui_locales", {"type": "string", "example": "km"}, "OIDC Core 3.1.2.1"),
    ("id_token_hint", _JWT, "OIDC Core 3.1.2.1"),
    ("login_hint", _TEXT, "OIDC Core 3.1.2.1"),
    ("resource", _TEXT, "Any number of them (RFC 8707 §2)"),
    ("authorization_details", _TEXT, "JSON, of the types in the metadata (RFC 9396 §2)"),
    ("dpop_jkt", {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}, "RFC 9449 §10"),
    ("request", _JWT, "RFC 9101 §5"),
    ("request_uri", _TEXT, "Of a pushed request (RFC 9126 §4)"),
)
_DEVICE: Final = (
    ("scope", {"type": "string", "example": "openid profile"}, "RFC 8628 §3.1"),
    ("claims", _TEXT, "JSON (OIDC Core 5.5)"),
    ("resource", _TEXT, "Any number of them (RFC 8707 §2)"),
    ("authorization_details", _TEXT, "JSON (RFC 9396 §2)"),
)
_CIBA: Final = (
    *_DEVICE,
    ("login_hint", _TEXT, "The user name; or id_token_hint (CIBA Core 7.1)"),
    ("id_token_hint", _JWT, "CIBA Core 7.1"),
    ("binding_message", {"type": "string", "maxLength": 64}, "Khmer, Latin, digits, . , : ; / #"),
    ("client_notification_token", {"type": "string", "maxLength": 1024}, "Where pinged"),
    ("requested_expiry", {**_SECONDS, "maximum": LONGEST_EXPIRY_SECONDS}, "CIBA Core 7.1"),
    ("acr_values", {"type": "string", "example": ACR_VALUES[1]}, "The lowest has to be reached"),
    ("request", _JWT, "All of it, signed (CIBA Core 7.1.1)"),
)
_TOKEN: Final = (
    ("grant_type", {"type": "string", "enum": sorted(GRANT_TYPES)}, "RFC 6749 §4.1.3"),
    ("code", _TEXT, "RFC 6749 §4.1.3"),
    ("redirect_uri", _TEXT, "RFC 6749 §4.1.3"),
    ("code_verifier", {"type": "string", "pattern": r"^[A-Za-z0-9._~-]{43,128}$"}, "RFC 7636 §4.5"),
    ("refresh_token", _TEXT, "RFC 6749 §6"),
    ("device_code", _TEXT, "RFC 8628 §3.4"),
    ("auth_req_id", _TEXT, "CIBA Core 10.1"),
    ("subject_token", _TEXT, "RFC 8693 §2.1"),
    ("subject_token_type", {"type": "string", "enum": [ACCESS_TOKEN]}, "RFC 8693 §3"),
    ("actor_token", _TEXT, "RFC 8693 §2.1"),
    ("actor_token_type", {"type": "string", "enum": [ACCESS_TOKEN]}, "RFC 8693 §3"),
    ("requested_token_type", {"type": "string", "enum": [ACCESS_TOKEN]}, "RFC 8693 §3"),
    ("audience", _TEXT, "RFC 8693 §2.1"),
    ("scope", _TEXT, "RFC 6749 §3.3"),
    ("resource", _TEXT, "Any number of them (RFC 8707 §2)"),
    ("authorization_details", _TEXT, "JSON, no more than was granted (RFC 9396 §6)"),
)
_OF_A_TOKEN: Final = (
    ("token", _TEXT, "RFC 7662 §2.1, RFC 7009 §2.1"),
    ("token_type_hint", _TEXT, "Ignored"),
)

SCHEMAS: Final[dict[str, Any]] = {
    **DETAILS,
    "TokenResponse": {
        "description": "RFC 6749 §5.1, OIDC Core 3.1.3.3.",
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": {
            "access_token": {"type": "string", "description": "A JWT, or opaque: as registered"},
            "token_type": {"type": "string", "enum": ["Bearer", "DPoP"]},
            "expires_in": {**_SECONDS, "example": 300},
            "id_token": {"type": "string", "description": "A JWS, or a JWE: as registered"},
            "refresh_token": _TEXT,
            "scope": {"type": "string", "example": "openid profile"},
            "authorization_details": _DETAILS,
            "issued_token_type": {"type": "string", "enum": [ACCESS_TOKEN]},
        },
    },
    "PushedResponse": {
        "description": "RFC 9126 §2.2.",
        "type": "object",
        "required": ["request_uri", "expires_in"],
        "properties": {"request_uri": _URI, "expires_in": _SECONDS},
    },
    "DeviceResponse": {
        "description": "RFC 8628 §3.2.",
        "type": "object",
        "required": [
            "device_code",
            "user_code",
            "verification_uri",
            "verification_uri_complete",
            "expires_in",
            "interval",
        ],
        "properties": {
            "device_code": _TEXT,
            "user_code": {"type": "string", "example": "WDJB-MJHT"},
            "verification_uri": _URI,
            "verification_uri_complete": _URI,
            "expires_in": {**_SECONDS, "example": DEVICE_SECONDS},
            "interval": {**_SECONDS, "example": INTERVAL_SECONDS},
        },
    },
    "CibaResponse": {
        "description": "CIBA Core 7.3.",
        "type": "object",
        "required": ["auth_req_id", "expires_in", "interval"],
        "properties": {
            "auth_req_id": _TEXT,
            "expires_in": {**_SECONDS, "example": EXPIRY_SECONDS},
            "interval": {**_SECONDS, "example": INTERVAL_SECONDS},
        },
    },
    "Introspection": {
        "description": "RFC 7662 §2.2: of a token that is not alive, or not the caller's to know, "
        "nothing but that.",
        "type": "object",
        "required": ["active"],
        "properties": {"active": {"type": "boolean"}},
        "additionalProperties": True,
    },
}


def paths() -> dict[str, Any]:
    """The endpoints that clients call by themselves, and authenticate at."""
    signed = {"application/token-introspection+jwt": {"schema": _JWT}}
    no_store = ("Cache-Control.none",)
    return {
        "/token": _post(
            "token",
            "Token endpoint (RFC 6749 §3.2)",
            _TOKEN,
            {"200": answer("Tokens", json_of("TokenResponse"), (*no_store, "Pragma"))},
            proof=True,
        ),
        "/par": _post(
            "push",
            "Pushed requests (RFC 9126)",
            AUTHORIZE,
            {"201": answer("Pushed", json_of("PushedResponse"), no_store)},
            proof=True,
        ),
        "/device_authorization": _post(
            "device_authorization",
            "Device authorization (RFC 8628)",
            _DEVICE,
            {"200": answer("Begun", json_of("DeviceResponse"), no_store)},
        ),
        "/bc-authorize": _post(
            "bc_authorize",
            "Backchannel authentication (CIBA Core 7)",
            _CIBA,
            {"200": answer("Begun", json_of("CibaResponse"), no_store)},
        ),
        "/introspect": _post(
            "introspect",
            "Introspection (RFC 7662), signed where asked for (RFC 9701)",
            _OF_A_TOKEN,
            {"200": answer("The token", {**json_of("Introspection"), **signed}, no_store)},
        ),
        "/revoke": _post(
            "revoke", "Revocation (RFC 7009)", _OF_A_TOKEN, {"200": answer("Done", None, no_store)}
        ),
    }


def fields(table: Table) -> dict[str, Any]:
    """The properties of a form with those fields."""
    return {name: {**schema, "description": rule} for name, schema, rule in table}


def _post(
    name: str, summary: str, table: Table, done: dict[str, Any], *, proof: bool = False
) -> dict[str, Any]:
    """`proof`: whether a DPoP proof is looked at."""
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        # {}: by the form's own members, or not at all where the client is public.
        "security": [{"client_secret_basic": []}, {"client_certificate": []}, {}],
        "requestBody": form({**fields(table), **_AUTHENTICATION}),
        "responses": {**done, **errors("400", "401", "403", "413", "503")},
    }
    if proof:
        operation["parameters"] = [DPOP]
    return {"post": operation}
