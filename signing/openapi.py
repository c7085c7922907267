"""The signing service's OpenAPI description; openapi/signing.yaml is generated from it and
compared in CI."""

from typing import Any, Final

from core.openapi import HEADERS, answer, json_of
from core.pages import LANGUAGES
from signing.rules import reasons
from signing.web import job_openapi as jobs
from signing.web import openapi as seals
from signing.web import verify_openapi as verdicts

_BINARY: Final = {"type": "string", "format": "binary"}
_OF_CACHES: Final = ("Cache-Control", "ETag", "Last-Modified", "Expires")


def document(url: str, version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tra: signing and verification",
            "version": version,
            "summary": "An agency seals a document; anyone verifies it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "paths": {
            **seals.paths(),
            **jobs.paths(),
            **verdicts.paths(),
            **_authority(),
            **_health(),
        },
        "components": {
            "headers": HEADERS,
            "schemas": {**verdicts.schemas(), **_schemas(), **seals.SCHEMAS, **jobs.SCHEMAS},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "at+jwt",
                    "description": "The provider's access token (RFC 9068) with scope `seal`, for "
                    "this service as audience.",
                }
            },
        },
    }


def _authority() -> dict[str, Any]:
    return {
        "/tsa": {
            "post": _exchange(
                "timestamp",
                "Time-stamp authority (RFC 3161)",
                "application/timestamp-query",
                "application/timestamp-reply",
            )
        },
        "/ocsp": {
            "post": _exchange(
                "ocsp",
                "OCSP responder (RFC 6960)",
                "application/ocsp-request",
                "application/ocsp-response",
            )
        },
        "/ocsp/{request}": {"get": _ocsp_by_get()},
        "/certificates/{name}": {
            "get": _download(
                "certificate",
                "A certificate: `root.pem`, `issuing.cer`, or its serial number and `.cer`",
                {
                    "type": "string",
                    "pattern": r"^(root|issuing|timestamp|list|report|[0-9a-f]{40})\.(cer|pem)$",
                },
                "application/pkix-cert",
                "application/x-pem-file",
            )
        },
        "/crl/{name}": {
            "get": _download(
                "crl",
                "A CRL: the issuer's serial number, the shard, `.crl`",
                {"type": "string", "pattern": r"^(root|issuing|[0-9a-f]{40})-\d{1,6}\.crl$"},
                "application/pkix-crl",
            )
        },
        "/trusted-list.xml": {
            "get": _download(
                "trusted_list",
                "Our services as a trusted list (ETSI TS 119 612), signed by `list.cer`",
                None,
                "application/vnd.etsi.tsl+xml",
            )
        },
        "/policies": {
            "get": {
                "operationId": "policies",
                "summary": "The validation policies that `POST /verify?policy=` takes",
                "responses": {
                    "200": answer(
                        "The service's own is the first", json_of("Policies"), ("Cache-Control",)
                    )
                },
            }
        },
        "/policies/{name}": {
            "get": _download(
                "policy",
                "A validation policy as it is: the one that a report names",
                {"type": "string", "examples": ["tra-2"]},
                "application/toml",
            )
        },
    }


def _health() -> dict[str, Any]:
    said = answer("Health", json_of("Health"))
    return {
        "/healthz": {
            "get": {
                "operationId": "alive",
                "summary": "The process answers",
                "responses": {"200": said},
            }
        },
        "/readyz": {
            "get": {
                "operationId": "ready",
                "summary": "It can serve",
                "responses": {"200": said, **seals.refusals("503", pages=False)},
            }
        },
    }


def _schemas() -> dict[str, Any]:
    refusal = {
        "type": "object",
        "description": "A refusal. `code` is stable, and explained under /errors of the provider.",
        "required": ["error", "error_description", "code", "request_id"],
        "properties": {
            "error": {"type": "string", "example": "invalid_document"},
            "error_description": {"type": "string", "example": reasons.PDF_JAVASCRIPT.hint},
            "code": {"type": "string", "example": reasons.PDF_JAVASCRIPT.code},
            "request_id": {"type": "string", "example": "4d7t08hngemfwkbrjd8ndy2r6b"},
        },
    }
    health = {
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": {"type": "string", "enum": ["alive", "ready"]},
            "clock": {"type": "string", "enum": ["right", "unknown", "unwatched"]},
        },
    }
    return {"Refusal": refusal, "Health": health, "Policies": _policies()}


def _policies() -> dict[str, Any]:
    text = {"type": "string"}
    policy = {
        "type": "object",
        "required": ["name", "title", "digest", "url", "used"],
        "properties": {
            "name": text,
            "title": {
                "type": "object",
                "required": list(LANGUAGES),
                "properties": dict.fromkeys(LANGUAGES, text),
            },
            "digest": {"type": "string", "description": "SHA-256 of its text, in hex"},
            "url": {"type": "string", "format": "uri"},
            "used": {"type": "boolean", "description": "Verdicts are by it where none is named"},
        },
    }
    return {
        "type": "object",
        "required": ["policies"],
        "properties": {"policies": {"type": "array", "items": policy}},
    }


def _ocsp_by_get() -> dict[str, Any]:
    """Caches keep the answer for a moment, and then ask whether it is still the same."""
    described = _download(
        "ocsp_by_get",
        "OCSP responder, the request in base64 (RFC 5019 §5)",
        {"type": "string"},
        "application/ocsp-response",
    )
    tag = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    described["parameters"].append(tag)
    described["responses"]["304"] = answer("Still what has that ETag", headers=_OF_CACHES)
    return described


def _exchange(name: str, summary: str, asked: str, answered: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": {asked: {"schema": _BINARY}}},
        "responses": {
            "200": answer("DER", {answered: {"schema": _BINARY}}),
            **seals.refusals("413", "415", "503", pages=False),
        },
    }


def _download(
    name: str, summary: str, schema: dict[str, Any] | None, *answered: str
) -> dict[str, Any]:
    named = {"ocsp_by_get": "request"}.get(name, "name")
    parameter = {"name": named, "in": "path", "required": True, "schema": schema}
    content = {kind: {"schema": _BINARY} for kind in answered}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [] if schema is None else [parameter],
        "responses": {
            "200": answer(summary, content, _OF_CACHES),
            **seals.refusals("404", "503"),
        },
    }
