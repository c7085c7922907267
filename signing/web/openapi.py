"""What the sealing endpoints take and answer, for signing.openapi."""

from typing import Any, Final

from core.openapi import answer, json_of
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.rules import reasons
from signing.rules.seal_format import OF_DIGESTS, OFFERS, Offer, SealFormat

HTML: Final = {"text/html": {"schema": {"type": "string"}}}
NO_STORE: Final = ("Cache-Control.none",)

_BINARY: Final = {"type": "string", "format": "binary"}
_FORM: Final = {
    "type": "object",
    "required": ["document"],
    "properties": {"document": {"type": "array", "items": _BINARY}},
}
_BASE64: Final = {"type": "string", "contentEncoding": "base64"}

_OF_DOCUMENTS: Final = sorted(
    reason.code for reason in vars(reasons).values() if getattr(reason, "status", 0) == 422
)

_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "description": "Send the same request again with the same key and get the same bytes, "
    "for a day. A fresh UUID for each seal.",
}
_LEVEL_TEXT: Final = (
    "How long the seal can be proven. B-B: signed. B-T: and time-stamped. B-LT: with the proofs "
    "that the certificates stood. B-LTA: with a time-stamp over those."
)


def _of(offer: Offer) -> str:
    return f"`{offer.media_type}`; levels {', '.join(offer.levels)}"


def _listed() -> str:
    return " ".join(f"`{name}`: {OFFERS[name].what}: {_of(OFFERS[name])}." for name in OFFERS)


_LEVELS: Final = ["B-B", "B-T", "B-LT", "B-LTA"]

SCHEMAS: Final[dict[str, Any]] = {
    "Digest": {
        "type": "object",
        "description": "What is sealed without being sent.",
        "required": ["hash", "digest"],
        "properties": {
            "hash": {"type": "string", "enum": ["sha256"]},
            "digest": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "Of the file; for `pades`, of the bytes in the ByteRange.",
            },
            "format": {
                "type": "string",
                "enum": sorted(one.value for one in OF_DIGESTS),
                "default": "cades",
            },
            "level": {
                "type": "string",
                "enum": _LEVELS,
                "default": "B-LT",
                "description": f"{_LEVEL_TEXT} For `pades` up to B-LT.",
            },
        },
        "example": {
            "hash": "sha256",
            "digest": "bc0cc87f8c6c7b6917dd43710af099bf4f3b0865b75fd97db7bc95516d93ae7f",
            "format": "pades",
            "level": "B-LT",
        },
    },
    "SealedDigest": {
        "type": "object",
        "required": ["cms", "validation_data"],
        "properties": {
            "cms": {
                **_BASE64,
                "description": "A detached CMS (DER): CAdES, or what /Contents of a PDF holds.",
            },
            "validation_data": {
                "description": "For `pades` at B-LT: what goes into the PDF's /DSS after it. A "
                "CAdES signature carries its own, and has null here.",
                "oneOf": [
                    {"type": "null"},
                    {
                        "type": "object",
                        "required": ["certificates", "ocsps", "crls"],
                        "properties": {
                            kind: {"type": "array", "items": _BASE64}
                            for kind in ("certificates", "ocsps", "crls")
                        },
                    },
                ],
            },
        },
        "example": {"cms": "MIIQ9QYJKoZIhvcNAQcCoIIQ5jCC…", "validation_data": None},
    },
}


def paths() -> dict[str, Any]:
    """POST /seal and POST /seal/digest."""
    wrong = f"Refused; `code` is one of {', '.join(_OF_DOCUMENTS)}"
    kinds = dict.fromkeys(one.media_type for one in OFFERS.values())
    return {
        "/seal": {
            "post": {
                "operationId": "seal",
                "summary": "Seal a document in the name of the caller's agency",
                "security": [{"bearer": []}],
                "parameters": [_KEY, *wanted()],
                "requestBody": {
                    "required": True,
                    "description": "The document, or a form with several fields `document` whose "
                    f"file names go into the container. At most {DOCUMENT_BYTES} bytes in all. "
                    "What is sealed already, sent as its own media type, gets one more seal.",
                    "content": {
                        "application/pdf": {"schema": _BINARY},
                        "application/octet-stream": {"schema": _BINARY},
                        "multipart/form-data": {"schema": _FORM},
                    },
                },
                "responses": {
                    "200": sealed(
                        "The document under its seal, or for `cades` the seal by itself. A PDF's "
                        "first bytes are the document's, unchanged.",
                        {kind: {"schema": _BINARY} for kind in kinds},
                    ),
                    **refusals("400", "401", "403", "409", "413", "415", "503"),
                    "422": {**refusals("422")["422"], "description": wrong},
                },
            }
        },
        "/seal/digest": {
            "post": {
                "operationId": "seal_digest",
                "summary": "Seal a digest: the file does not leave its agency",
                "security": [{"bearer": []}],
                "parameters": [_KEY],
                "requestBody": {
                    "required": True,
                    "content": json_of("Digest"),
                },
                "responses": {
                    "200": sealed("The seal", json_of("SealedDigest")),
                    **refusals("400", "401", "403", "409", "413", "415", "422", "503"),
                },
            }
        },
    }


def wanted() -> list[dict[str, Any]]:
    """The parameters that say which seal."""
    return [
        {
            "name": "format",
            "in": "query",
            "schema": {"type": "string", "enum": [one.value for one in SealFormat]},
            "description": "Where none is named: `pades` for a PDF, `asic-e` for several "
            f"documents. {_listed()}",
        },
        {
            "name": "level",
            "in": "query",
            "schema": {"type": "string", "enum": _LEVELS, "default": "B-LT"},
            "description": _LEVEL_TEXT,
        },
    ]


def sealed(description: str, content: dict[str, Any]) -> dict[str, Any]:
    """A seal, and its id in a header."""
    said = answer(description, content, NO_STORE)
    said["headers"]["X-Seal-Id"] = {"required": True, "schema": {"type": "string"}}
    return said


def refusals(*statuses: str, pages: bool = True) -> dict[str, Any]:
    """As JSON, and where `pages` as a page for browsers too."""
    content = {**json_of("Refusal"), **(HTML if pages else {})}
    headers = (*NO_STORE, *(("Set-Cookie",) if pages else ()))
    more = {"401": ("WWW-Authenticate",), "403": ("WWW-Authenticate.perhaps",)}
    retry = dict.fromkeys(("409", "429", "503"), ("Retry-After",))
    return {
        status: answer("Refused", content, (*headers, *{**more, **retry}.get(status, ())))
        for status in statuses
    }
