"""The provider's OpenAPI description. Hot endpoints stand in front of FastAPI, so it is said here
what they take and answer; openapi/idp.yaml is generated from it and compared in CI."""

from typing import Any, Final

from clients.web import openapi as registration
from core.openapi import HEADERS, answer, form, json_of
from idp.rules.discovery import metadata
from idp.web import openapi as requests
from idp.web import page_openapi as pages

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
            "/authorize": _authorize(),
            "/clients/{client_id}/logo": {"get": _logo()},
            "/userinfo": _userinfo(),
            **_documents(),
            **requests.paths(),
            **registration.paths(),
            **pages.paths(),
        },
        "components": {
            "headers": HEADERS,
            "schemas": {**_SCHEMAS, **requests.SCHEMAS, **registration.SCHEMAS},
            "securitySchemes": {
                "client_secret_basic": {"type": "http", "scheme": "basic"},
                "client_certificate": {"type": "mutualTLS"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
                "dpop": {"type": "http", "scheme": "dpop"},
                **registration.SECURITY_SCHEMES,
            },
        },
    }


def _authorize() -> dict[str, Any]:
    return {
        "get": pages.operation(
            "authorize",
            "Authorization endpoint (OIDC Core 3.1.2)",
            parameters=pages.query(requests.AUTHORIZE),
        ),
        "post": pages.operation(
            "authorize_by_post",
            "Authorization endpoint, parameters in the body",
            parameters=[],
            body=form(requests.fields(requests.AUTHORIZE)),
        ),
    }


def _logo() -> dict[str, Any]:
    """A picture among pages."""
    operation = pages.operation(
        "logo",
        "A client's logo, as its agency registered it (RFC 7591 §2)",
        parameters=[
            {"name": "client_id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
    )
    kinds = {f"image/{kind}": {"schema": {"type": "string"}} for kind in ("png", "jpeg", "gif")}
    said = answer("The picture", kinds, ("Cache-Control", "Content-Disposition"))
    others = {status: operation["responses"][status] for status in ("404", "503")}
    return {**operation, "responses": {"200": said, **others}}


def _userinfo() -> dict[str, Any]:
    """Signed or encrypted where the client registered it (OIDC Core 5.3.2)."""
    told = {**json_of("UserInfo"), "application/jwt": {"schema": {"type": "string"}}}

    challenge = (*registration.NO_STORE, "WWW-Authenticate.perhaps")
    wrong = answer("Error", json_of("Error"), challenge)

    def operation(method: str) -> dict[str, Any]:
        return {
            "operationId": f"userinfo_by_{method}",
            "summary": "UserInfo endpoint (OIDC Core 5.3)",
            "security": [{"bearer": []}, {"dpop": []}],
            "parameters": [requests.DPOP],
            "responses": {
                "200": answer("What may be known of the person", told, ("Cache-Control.none",)),
                **registration.errors("401", "413", "503"),
                **dict.fromkeys(("400", "403"), wrong),
            },
        }

    token = {"access_token": {"type": "string", "description": "RFC 6750 §2.2"}}
    by_post = {
        **operation("post"),
        "security": [{"bearer": []}, {"dpop": []}, {}],  # {}: the token is in the form
        "requestBody": form(token, required=False),
    }
    return {"get": operation("get"), "post": by_post}


def _documents() -> dict[str, Any]:
    """What everyone may read, and machines look at."""

    def read(name: str, summary: str, schema: str, *headers: str) -> dict[str, Any]:
        return {
            "operationId": name,
            "summary": summary,
            "responses": {"200": answer(schema, json_of(schema), headers)},
        }

    ready = read("ready", "It can serve", "Health")
    ready["responses"] |= registration.errors("503")
    return {
        "/jwks": {"get": read("jwks", "Public keys", "JWKS", "Cache-Control")},
        "/.well-known/openid-configuration": {
            "get": read("discovery", "Metadata (Discovery 4)", "Metadata", "Cache-Control")
        },
        "/.well-known/oauth-authorization-server": {
            "get": read("oauth_metadata", "Metadata (RFC 8414)", "Metadata", "Cache-Control")
        },
        "/healthz": {"get": read("alive", "The process answers", "Health")},
        "/readyz": {"get": ready},
    }
