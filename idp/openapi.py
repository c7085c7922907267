"""The provider's OpenAPI description. Hot endpoints stand in front of FastAPI, so it is said here
what they take and answer; openapi/idp.yaml is generated from it and compared in CI."""

import re
from typing import Any, Final

from clients.web import openapi as registration
from idp.rules.discovery import metadata
from idp.web import openapi as requests

_JWT: Final = {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}
_EXAMPLE_ISSUER: Final = "https://id.example.kh"

_SCHEMAS: Final[dict[str, Any]] = {
    "Error": {
        "description": "A refusal (RFC 6749 §5.2). The description begins with a stable code.",
        "type": "object",
        "required": ["error", "error_description", "error_uri", "request_id"],
        "properties": {
            "error": {"type": "string", "example": "invalid_grant"},
            "error_description": {
                "type": "string",
                "example": "code_replayed: The code was redeemed before. Every token that came "
                "from it is revoked now.",
            },
            "error_uri": {"type": "string", "format": "uri"},
            "request_id": {"type": "string", "example": "4d7t08hngemfwkbrjd8ndy2r6b"},
        },
    },
    "UserInfo": {
        "description": "OIDC Core 5.1: what was asked for, registered and consented to. Names "
        "come in Latin and, tagged #km, in Khmer.",
        "type": "object",
        "required": ["sub"],
        "properties": {"sub": {"type": "string", "maxLength": 255}},
        "additionalProperties": True,
        "example": {
            "sub": "6f1k8x2m0b9v4c7w5q3z1t8r2n",
            "name": "Chan Sokha",
            "name#km": "ចាន់ សុខា",
            "birthdate": "1990-04-14",
        },
    },
    "JWKS": {
        "description": "RFC 7517 §5: public keys; next, active and retired ones.",
        "type": "object",
        "required": ["keys"],
        "properties": {
            "keys": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["kty", "kid", "use", "alg"],
                    "properties": {
                        name: {"type": "string"}
                        for name in ("kty", "kid", "use", "alg", "crv", "x", "y", "n", "e")
                    },
                    "additionalProperties": False,
                },
            }
        },
    },
    "Metadata": {
        "description": "OpenID Connect Discovery 3, RFC 8414 §2.",
        "type": "object",
        "required": ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"],
        "properties": {"issuer": {"type": "string", "format": "uri"}},
        "additionalProperties": True,
        "example": metadata(_EXAMPLE_ISSUER, "https://mtls.id.example.kh"),
    },
    "Health": {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "enum": ["alive", "ready"]}},
    },
}

_LOGOUT: Final = (
    ("id_token_hint", _JWT, "RP-Initiated Logout 2"),
    ("client_id", {"type": "string"}, "RP-Initiated Logout 2"),
    ("post_logout_redirect_uri", {"type": "string"}, "Registered (RP-Initiated Logout 3)"),
    ("state", {"type": "string"}, "Handed back"),
    ("ui_locales", {"type": "string"}, "RP-Initiated Logout 2"),
)
_SIGN_IN: Final = {"username": "string", "password": "string", "csrf": "string"}
_PATHS_OF_PEOPLE: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("/", "What this is", {}),
    ("/account", "The person's own page", {}),
    ("/login/{interaction_id}", "Sign in: user name and password", _SIGN_IN),
    (
        "/login/{interaction_id}/code",
        "Sign in: one-time code",
        {"code": "string", "csrf": "string"},
    ),
    ("/consent/{interaction_id}", "Consent", {"decision": "string", "csrf": "string"}),
    ("/device", "Let a device in (RFC 8628 §3.3)", {"user_code": "string", "csrf": "string"}),
    ("/device/approved", "The device may go on", {}),
    ("/device/denied", "The device was refused", {}),
    (
        "/ciba/{request_id}",
        "What an agency asks of the person (CIBA Core 8)",
        {"decision": "string", "csrf": "string"},
    ),
    ("/ciba/approved", "The person agreed", {}),
    ("/ciba/denied", "The person did not agree", {}),
    ("/errors", "Every refusal by its stable code", {}),
    ("/inspector", "What is wrong with a pasted request or token", {"pasted": "string"}),
)


def document(issuer: str, version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tra: OpenID provider",
            "version": version,
            "summary": "A citizen signs in once, to any government service.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": issuer}],
        "paths": {
            **_protocol_paths(),
            **requests.paths(),
            **registration.paths(),
            **_people_paths(),
        },
        "components": {
            "schemas": {**_SCHEMAS, **requests.SCHEMAS, **registration.SCHEMAS},
            "securitySchemes": {
                "client_secret_basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
                **registration.SECURITY_SCHEMES,
            },
        },
    }


def _protocol_paths() -> dict[str, Any]:
    return {
        "/authorize": {
            "get": _operation(
                "authorize",
                "Authorization endpoint (OIDC Core 3.1.2)",
                _redirects(),
                parameters=_query(requests.AUTHORIZE),
            ),
            "post": _operation(
                "authorize_by_post",
                "Authorization endpoint, parameters in the body",
                _redirects(),
                body=requests.form(requests.AUTHORIZE),
            ),
        },
        **{
            f"/{door}/{{interaction_id}}": {
                "get": _operation(
                    f"{door}_resume",
                    "Back from a page of ours",
                    _redirects(),
                    parameters=_in_path("/{interaction_id}"),
                )
            }
            for door in ("authorize", "device")
        },
        "/userinfo": {
            method: _operation(
                f"userinfo_by_{method}",
                "UserInfo endpoint (OIDC Core 5.3)",
                {"200": _userinfo(), **_errors("400", "401", "403", "503")},
                security=[{"bearer": []}],
            )
            for method in ("get", "post")
        },
        "/logout": {
            "get": _operation(
                "logout", "RP-Initiated Logout 1.0", _redirects(), parameters=_query(_LOGOUT)
            ),
            "post": _operation(
                "logout_by_post",
                "RP-Initiated Logout 1.0",
                _redirects(),
                body=requests.form(_LOGOUT),
            ),
        },
        "/logout/confirm": {
            "get": _operation("signed_out", "The page after a sign-out, again", _redirects()),
            "post": _operation("logout_confirm", "The person's answer", _redirects()),
        },
        "/jwks": {"get": _operation("jwks", "Public keys", {"200": _json("JWKS")})},
        "/.well-known/openid-configuration": {
            "get": _operation("discovery", "Metadata (Discovery 4)", {"200": _json("Metadata")})
        },
        "/.well-known/oauth-authorization-server": {
            "get": _operation("oauth_metadata", "Metadata (RFC 8414)", {"200": _json("Metadata")})
        },
        "/healthz": {"get": _operation("alive", "The process answers", {"200": _json("Health")})},
        "/readyz": {
            "get": _operation("ready", "It can serve", {"200": _json("Health"), **_errors("503")})
        },
    }


def _people_paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for path, summary, fields in _PATHS_OF_PEOPLE:
        name = re.sub(r"/({\w+})?", "_", path).strip("_") or "home"
        paths[path] = {
            "get": _operation(f"{name}_page", summary, _redirects(), parameters=_in_path(path))
        }
        if fields:
            schema = {
                "type": "object",
                "properties": {field: {"type": kind} for field, kind in fields.items()},
            }
            paths[path]["post"] = _operation(
                f"{name}_answer", summary, _redirects(), parameters=_in_path(path), body=schema
            )
    return paths


def _operation(
    name: str,
    summary: str,
    responses: dict[str, Any],
    *,
    parameters: list[dict[str, Any]] | None = None,
    body: dict[str, Any] | None = None,
    security: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "responses": responses}
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": body}},
        }
    if security is not None:
        operation["security"] = security
    return operation


def _query(table: tuple[tuple[str, Any, str], ...]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": schema, "description": rule}
        for name, schema, rule in table
    ]


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _json(schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": schema, "content": {"application/json": {"schema": reference}}}


def _userinfo() -> dict[str, Any]:
    """Signed or encrypted where the client registered it (OIDC Core 5.3.2)."""
    plain = _json("UserInfo")
    jwt = {"application/jwt": {"schema": {"type": "string"}}}
    return {**plain, "content": {**plain["content"], **jwt}}


def _errors(*statuses: str) -> dict[str, Any]:
    return dict.fromkeys(statuses, _json("Error"))


def _redirects() -> dict[str, Any]:
    page = {"description": "A page", "content": {"text/html": {"schema": {"type": "string"}}}}
    on = {
        "description": "To the next page, or to the client's redirect URI",
        "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
    }
    return {"200": page, "303": on, **dict.fromkeys(("400", "403", "404", "503"), page)}
