"""What the OpenAPI description says of registration; the provider puts it into its own."""

from typing import Any, Final

from clients.rules.client import (
    AuthenticationMethod,
    ResponseMode,
    SecurityProfile,
    SubjectType,
)
from clients.rules.profiles import GRANT_TYPES
from clients.web.registration import PATH
from core.openapi import answer, json_of
from keys.signer import Algorithm

NO_STORE: Final = ("Cache-Control.none", "Pragma")

_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_URI: Final = {"type": "string", "format": "uri"}
_ALGORITHM: Final = {"type": "string", "enum": [algorithm.value for algorithm in Algorithm]}

_METADATA: Final[dict[str, Any]] = {
    "redirect_uris": _TEXTS,
    "client_name": {"type": "string", "example": "Company registration"},
    "client_name#km": {"type": "string", "example": "ចុះបញ្ជីក្រុមហ៊ុន"},
    "grant_types": {
        "type": "array",
        "items": {"type": "string", "enum": sorted(GRANT_TYPES)},
    },
    "response_types": {"type": "array", "items": {"type": "string", "enum": ["code"]}},
    "response_modes": {
        "type": "array",
        "items": {"type": "string", "enum": [mode.value for mode in ResponseMode]},
    },
    "token_endpoint_auth_method": {
        "type": "string",
        "enum": [method.value for method in AuthenticationMethod],
    },
    "security_profile": {
        "type": "string",
        "enum": [profile.value for profile in SecurityProfile],
        "description": "Our own: how strict the provider is with the client.",
    },
    "scope": {"type": "string", "example": "openid profile"},
    "jwks": {"$ref": "#/components/schemas/ClientKeys"},
    "jwks_uri": _URI,
    "subject_type": {"type": "string", "enum": [kind.value for kind in SubjectType]},
    "sector_identifier_uri": _URI,
    "id_token_signed_response_alg": _ALGORITHM,
    "userinfo_signed_response_alg": _ALGORITHM,
    "initiate_login_uri": _URI,
    "post_logout_redirect_uris": _TEXTS,
    "backchannel_logout_uri": _URI,
    "frontchannel_logout_uri": _URI,
    "logo_uri": _URI,
    "policy_uri": _URI,
    "tos_uri": _URI,
    "client_uri": _URI,
    "contacts": _TEXTS,
}

SCHEMAS: Final[dict[str, Any]] = {
    "ClientKeys": {
        "description": "RFC 7517 §5: public keys; those that we cannot use are left alone.",
        "type": "object",
        "required": ["keys"],
        "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
        "additionalProperties": True,
    },
    "ClientMetadata": {
        "description": "RFC 7591 §2, OpenID Connect Registration 2. Members that are not known "
        "are ignored.",
        "type": "object",
        "properties": _METADATA,
        "additionalProperties": True,
        "example": {
            "client_name": "Company registration",
            "redirect_uris": ["https://register.example.kh/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://register.example.kh/jwks",
        },
    },
    "ClientInformation": {
        "description": "RFC 7591 §3.2.1, RFC 7592 §3: everything that is registered. A secret is "
        "told once, when it is made.",
        "type": "object",
        "required": [
            "client_id",
            "client_id_issued_at",
            "registration_client_uri",
            "registration_access_token",
        ],
        "properties": {
            "client_id": {"type": "string"},
            "client_id_issued_at": {"type": "integer"},
            "client_secret": {"type": "string"},
            "client_secret_expires_at": {"type": "integer", "description": "0: never"},
            "registration_client_uri": _URI,
            "registration_access_token": {"type": "string"},
            **_METADATA,
        },
        "additionalProperties": True,
    },
}

SECURITY_SCHEMES: Final = {
    "initial_access_token": {"type": "http", "scheme": "bearer"},
    "registration_access_token": {"type": "http", "scheme": "bearer"},
}


def paths() -> dict[str, Any]:
    """The paths of registration."""
    return {
        PATH: {
            "post": {
                "operationId": "register",
                "summary": "Client registration endpoint (RFC 7591 §3)",
                "security": [{"initial_access_token": []}],
                "requestBody": _body(),
                "responses": {"201": _information(), **errors("400", "401", "413", "503")},
            }
        },
        f"{PATH}/{{client_id}}": {
            "parameters": [
                {"name": "client_id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": _operation("read", "Read (RFC 7592 §2.1)", {"200": _information()}),
            "put": {
                **_operation("change", "Change, as a whole (RFC 7592 §2.2)"),
                "requestBody": _body(),
                "responses": {"200": _information(), **errors("400", "401", "413", "503")},
            },
            "delete": _operation(
                "end", "End (RFC 7592 §2.3)", {"204": answer("It is no more", None, NO_STORE)}
            ),
        },
    }


def errors(*statuses: str) -> dict[str, Any]:
    """Refusals of clients, as JSON (RFC 6749 §5.2)."""
    more = {"400": ("DPoP-Nonce",), "401": ("WWW-Authenticate",), "503": ("Retry-After",)}
    return {
        status: answer("Error", json_of("Error"), (*NO_STORE, *more.get(status, ())))
        for status in statuses
    }


def _operation(verb: str, summary: str, responses: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "operationId": f"{verb}_registration",
        "summary": summary,
        "security": [{"registration_access_token": []}],
        "responses": {**(responses or {}), **errors("401", "413", "503")},
    }


def _body() -> dict[str, Any]:
    return {"required": True, "content": json_of("ClientMetadata")}


def _information() -> dict[str, Any]:
    return answer("ClientInformation", json_of("ClientInformation"), NO_STORE)
