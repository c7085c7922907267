"""The signing service's OpenAPI description; openapi/signing.yaml is generated from it and
compared in CI. The report's schema comes from the very class that is answered."""

from typing import Any, Final

from pydantic import TypeAdapter

from core.openapi import HEADERS, answer, json_of
from core.pages import LANGUAGES
from signing.rules import reasons
from signing.rules.report import Report
from signing.web import job_openapi as jobs
from signing.web import openapi as seals

_PDF: Final = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
_BINARY: Final = {"type": "string", "format": "binary"}
_LANGUAGE: Final = {
    "name": "lang",
    "in": "query",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
    "description": "Which language the person chose; it is remembered",
}
_SAVED: Final = (*seals.NO_STORE, "Content-Disposition")
_REFERENCE: Final = "#/components/schemas/{model}"

_SIGNATURE_EXAMPLE: Final[dict[str, Any]] = {
    "name": "Seal1",
    "indication": "TOTAL_PASSED",
    "sub_indication": None,
    "step": None,
    "signer": {
        "common_name": "Ministry of Commerce",
        "organization": "ក្រសួងពាណិជ្ជកម្ម",
        "organization_identifier": "GA:KH-moc",
        "country": "KH",
        "issuer": "Tra Issuing CA",
        "serial": "61e49b1565f770ac532d161dee383cb51abfd3d3",
        "fingerprint": "474d3d07c179d07cc299b8e7c0de4e55acacfea76ebf402adf292186dd41c477",
        "not_before": 1776131940,
        "not_after": 1839203939,
    },
    "level": "B-LT",
    "signed_at": 1776132000,
    "claimed_at": 1776132000,
    "time_stamped_by": None,
    "revoked_at": None,
    "covers_whole_file": False,
    "revision": 23817,
    "notes": [],
}
_REPORT_EXAMPLE: Final[dict[str, Any]] = {
    "verdict": "authentic",
    "title": {"km": "ឯកសារនេះពិត", "en": "This document is authentic"},
    "sentence": {"km": "…", "en": "It was sealed by the agency below, and nobody changed it."},
    "next": {"km": "…", "en": "Check that the agency is the one you expect."},
    "indication": "TOTAL_PASSED",
    "sub_indication": None,
    "signatures": [_SIGNATURE_EXAMPLE],
    "size": 28733,
    "digest": "bc0cc87f8c6c7b6917dd43710af099bf4f3b0865b75fd97db7bc95516d93ae7f",
    "unsigned_bytes": 0,
    "checked_at": 1776132060,
    "policy": "tra-2",
    "policy_digest": "1f0e3dad99908345f7439f8ffabdffc4c3cd4f6a5f0ff5e8a3d7a2b9c1e0d4f7",
    "format": "pdf",
    "parts": [],
    "request_id": "4d7t08hngemfwkbrjd8ndy2r6b",
}


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
        "paths": {**_documents(), **_pages(), **_authority(), **_health()},
        "components": {
            "headers": HEADERS,
            "schemas": {**_schemas(), **seals.SCHEMAS, **jobs.SCHEMAS},
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


def _documents() -> dict[str, Any]:
    return {
        **seals.paths(),
        **jobs.paths(),
        "/verify": {
            "post": {
                "operationId": "verify",
                "summary": "Is this document authentic? Nothing is kept",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/octet-stream": {"schema": _BINARY},
                        "multipart/form-data": {"schema": _form()},
                    },
                },
                "responses": {
                    "200": answer(
                        "The report, whatever the bytes are",
                        json_of("Verification"),
                        seals.NO_STORE,
                    ),
                    **seals.refusals("400", "413", "503"),
                },
            }
        },
        "/signed": {
            "post": {
                "operationId": "fetch_signed",
                "summary": "A PDF as it was signed: the revision that a signature covers",
                "parameters": [
                    {
                        "name": "signature",
                        "in": "query",
                        "schema": {"type": "string"},
                        "description": "A signature's `name` in the report; else the first.",
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/octet-stream": {"schema": _BINARY},
                        "multipart/form-data": {"schema": _form()},
                    },
                },
                "responses": {
                    "200": answer("The first `revision` bytes", _PDF, _SAVED),
                    **seals.refusals("400", "413", "422", "503"),
                },
            }
        },
    }


def _pages() -> dict[str, Any]:
    page = answer("A page", seals.HTML, (*seals.NO_STORE, "Set-Cookie"))
    return {
        "/": {
            "get": {
                "operationId": "form",
                "summary": "The page to check a document",
                "parameters": [_LANGUAGE],
                "responses": {"200": page},
            },
            "post": {
                "operationId": "check",
                "summary": "The verdict as a page",
                "parameters": [_LANGUAGE],
                "requestBody": {
                    "required": True,
                    "content": {"multipart/form-data": {"schema": _form()}},
                },
                "responses": {
                    **seals.refusals("400", "413", "503"),
                    "200": page,
                },
            },
        },
        "/compare": {
            "post": {
                "operationId": "compare",
                "summary": "The pages that differ from what was signed, as pictures on a page",
                "requestBody": {
                    "required": True,
                    "content": {"multipart/form-data": {"schema": _form()}},
                },
                "responses": {"200": page, **seals.refusals("400", "413", "422", "503")},
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
        "/ocsp/{request}": {
            "get": _download(
                "ocsp_by_get",
                "OCSP responder, the request in base64 (RFC 5019 §5)",
                {"type": "string"},
                "application/ocsp-response",
            )
        },
        "/certificates/{name}": {
            "get": _download(
                "certificate",
                "A certificate: `root.pem`, `issuing.cer`, or its serial number and `.cer`",
                {
                    "type": "string",
                    "pattern": r"^(root|issuing|timestamp|list|[0-9a-f]{40})\.(cer|pem)$",
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
    report = TypeAdapter(Report).json_schema(ref_template=_REFERENCE, mode="serialization")
    definitions: dict[str, Any] = report.pop("$defs")
    words = {lang: {"type": "string"} for lang in ("km", "en")}
    verification = {
        "type": "object",
        "description": report.pop("description"),
        "required": [*_REPORT_EXAMPLE],
        "properties": {
            **{
                part: {"type": "object", "required": [*words], "properties": words}
                for part in ("title", "sentence", "next")
            },
            **report["properties"],
            "request_id": {"type": "string"},
        },
        "example": _REPORT_EXAMPLE,
    }
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
    return {"Verification": verification, "Refusal": refusal, "Health": health, **definitions}


def _form() -> dict[str, Any]:
    content = {"description": "What was signed, where the document is only a signature."}
    return {
        "type": "object",
        "required": ["document"],
        "properties": {"document": _BINARY, "content": {**_BINARY, **content}},
    }


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
            "200": answer(summary, content, ("Cache-Control", "ETag", "Last-Modified", "Expires")),
            **seals.refusals("404", "503"),
        },
    }
