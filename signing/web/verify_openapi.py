"""What the signing service's OpenAPI description says of verdicts. A report's schema comes from the
very class that is answered."""

from typing import Any, Final

from pydantic import TypeAdapter

from core.openapi import answer, json_of
from core.pages import LANGUAGES
from signing.rules.report import Report
from signing.rules.report_format import USUAL, ReportFormat
from signing.web import openapi as seals
from signing.web.body import BESIDE, DOCUMENTS

_PDF: Final = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}
_BINARY: Final = {"type": "string", "format": "binary"}
_XML: Final = {"application/xml": {"schema": {"type": "string", "format": "binary"}}}
_REPORT: Final = {
    "name": "report",
    "in": "query",
    "schema": {"type": "string", "enum": list(ReportFormat), "default": USUAL},
    "description": "`xml`: after ETSI TS 119 102-2; `pdf`: one sheet for a court, in Khmer and "
    "English. Both are under the service's own seal (XAdES, PAdES; B-LT).",
}
_POLICY: Final = {
    "name": "policy",
    "in": "query",
    "schema": {"type": "string", "examples": ["tra-2-next-update"]},
    "description": "Another validation policy than the service's own: a published one, by name.",
}
_LANGUAGE: Final = {
    "name": "lang",
    "in": "query",
    "schema": {"type": "string", "enum": list(LANGUAGES)},
    "description": "Which language the person chose; it is remembered",
}
_WITH: Final = {
    "name": "with",
    "in": "query",
    "schema": {"type": "array", "items": {"type": "string", "enum": list(BESIDE)}},
    "description": "The fields that the form has besides `document`",
}
_SAVED: Final = (*seals.NO_STORE, "Content-Disposition")
_WORDS: Final = {
    "type": "object",
    "required": list(LANGUAGES),
    "properties": {lang: {"type": "string"} for lang in LANGUAGES},
}
_REFERENCE: Final = "#/components/schemas/{model}"

_AUTHORITY_EXAMPLE: Final[dict[str, Any]] = {
    "common_name": "Tra Time-Stamp Authority",
    "organization": "Tra",
    "organization_identifier": "GA:KH-tra",
    "country": "KH",
    "issuer": "Tra Issuing CA",
    "serial": "2f0d3c6ad1b9e06a7f35cbb7a1c2f6d2a05c9c11",
    "fingerprint": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "not_before": 1776131940,
    "not_after": 1965347939,
}
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
    "time_stamped_by": _AUTHORITY_EXAMPLE,
    "revoked_at": None,
    "covers_whole_file": False,
    "revision": 23817,
    "notes": [],
    "format": "PAdES",
    "time_stamps": [
        {
            "kind": "signature",
            "at": 1776132000,
            "authority": _AUTHORITY_EXAMPLE,
            "indication": "TOTAL_PASSED",
            "sub_indication": None,
        }
    ],
    "missing": [],
}
_REPORT_EXAMPLE: Final[dict[str, Any]] = {
    "verdict": "authentic",
    "title": {"km": "ឯកសារនេះពិត", "en": "This document is authentic"},
    "sentence": {"km": "…", "en": "It was sealed by the agency below, and nobody changed it."},
    "next": {"km": "…", "en": "Check that the agency is the one you expect."},
    "indication": "TOTAL_PASSED",
    "sub_indication": None,
    "reasons": {},
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


def paths() -> dict[str, Any]:
    """POST /verify and /signed, and the pages."""
    return {
        "/verify": {
            "post": {
                "operationId": "verify",
                "summary": "Is this document authentic? Nothing is kept",
                "parameters": [_REPORT, _POLICY],
                "requestBody": _document(),
                "responses": {
                    "200": answer(
                        "The report, whatever the bytes are",
                        {**json_of("Verification"), **_XML, **_PDF},
                        (*seals.NO_STORE, "Content-Disposition.perhaps"),
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
                "requestBody": _document(),
                "responses": {
                    "200": answer("The first `revision` bytes", _PDF, _SAVED),
                    **seals.refusals("400", "413", "422", "503"),
                },
            }
        },
        **_pages(),
    }


def _pages() -> dict[str, Any]:
    page = answer("A page", seals.HTML, (*seals.NO_STORE, "Set-Cookie"))
    return {
        "/": {
            "get": {
                "operationId": "form",
                "summary": "The page to check a document",
                "parameters": [_LANGUAGE, _WITH],
                "responses": {"200": page},
            },
            "post": {
                "operationId": "check",
                "summary": "The verdict as a page",
                "parameters": [_LANGUAGE, _WITH],
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


def schemas() -> dict[str, Any]:
    """The report, and what it is made of."""
    report = TypeAdapter(Report).json_schema(ref_template=_REFERENCE, mode="serialization")
    definitions: dict[str, Any] = report.pop("$defs")
    verification = {
        "type": "object",
        "description": report.pop("description"),
        "required": [*_REPORT_EXAMPLE],
        "properties": {
            **dict.fromkeys(("title", "sentence", "next"), _WORDS),
            **report["properties"],
            "reasons": {
                "type": "object",
                "description": "In words: every sub-indication in this report.",
                "additionalProperties": {
                    "type": "object",
                    "required": ["sentence", "next"],
                    "properties": dict.fromkeys(("sentence", "next"), _WORDS),
                },
            },
            "request_id": {"type": "string"},
        },
        "example": _REPORT_EXAMPLE,
    }
    return {"Verification": verification, **definitions}


def _document() -> dict[str, Any]:
    """By itself, or in a form."""
    kinds = {"application/octet-stream": _BINARY, "multipart/form-data": _form()}
    return {"required": True, "content": {kind: {"schema": one} for kind, one in kinds.items()}}


def _form() -> dict[str, Any]:
    content = {
        "description": "What was signed, where the document is only a signature: one file, or each "
        "of several under the name that the signature has for it (XAdES, JAdES).",
        "maxItems": DOCUMENTS,
    }
    record = {"description": "An evidence record over the document (RFC 4998, RFC 6283)."}
    return {
        "type": "object",
        "required": ["document"],
        "properties": {
            "document": _BINARY,
            "content": {"type": "array", "items": _BINARY, **content},
            "evidence_record": {**_BINARY, **record},
        },
    }
