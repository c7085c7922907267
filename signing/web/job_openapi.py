"""What the endpoints for jobs and for what is sealed already take and answer."""

from typing import Any, Final

from core.openapi import answer, json_of
from signing.rules.augmentation import LEVELS
from signing.rules.job import DOCUMENTS, HELD_BYTES, JOB_BYTES, DocumentState, JobState
from signing.rules.seal_format import OFFERS, SealFormat
from signing.web.body import DOCUMENTS as FILES
from signing.web.openapi import NO_STORE, refusals, sealed, wanted

_BINARY: Final = {"type": "string", "format": "binary"}
_AUGMENTED: Final = {
    "type": "object",
    "required": ["document"],
    "properties": {
        "document": _BINARY,
        "content": {"type": "array", "items": _BINARY, "maxItems": FILES},
    },
}
_MEDIA_TYPES: Final = dict.fromkeys(
    (
        *(one.media_type for one in OFFERS.values() if one.media_type != "application/jose"),
        *("application/xml", "text/plain", "message/rfc822", "application/octet-stream"),
    )
)
_TIME: Final = {"type": "integer", "description": "NumericDate"}
_STATES: Final = [one.value for one in DocumentState if one is not DocumentState.ARRIVED]

_DOCUMENT_EXAMPLE: Final = {
    "number": 1,
    "name": "letter-1.pdf",
    "size": 28733,
    "digest": "bc0cc87f8c6c7b6917dd43710af099bf4f3b0865b75fd97db7bc95516d93ae7f",
    "state": "sealed",
    "seal_id": "xwce1vzd639w3xg68p4gk5xv2c",
    "code": None,
    "error_description": None,
}

SCHEMAS: Final[dict[str, Any]] = {
    "Job": {
        "type": "object",
        "required": [
            *("id", "state", "format", "level", "created_at", "expires_at", "counts", "documents")
        ],
        "properties": {
            "id": {"type": "string"},
            "state": {"type": "string", "enum": [one.value for one in JobState]},
            "format": {"type": "string", "enum": [one.value for one in SealFormat]},
            "level": {"type": "string"},
            "created_at": _TIME,
            "expires_at": {**_TIME, "description": "When it is forgotten (NumericDate)"},
            "counts": {
                "type": "object",
                "required": _STATES,
                "properties": {state: {"type": "integer"} for state in _STATES},
            },
            "documents": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/JobDocument"},
            },
        },
        "example": {
            "id": "5045ezb3908bfqa7am2xnr19vc",
            "state": "done",
            "format": "pades",
            "level": "B-LT",
            "created_at": 1776132000,
            "expires_at": 1776218400,
            "counts": {"waiting": 0, "sealing": 0, "sealed": 1, "refused": 0},
            "documents": [_DOCUMENT_EXAMPLE],
        },
    },
    "JobDocument": {
        "type": "object",
        "required": [*_DOCUMENT_EXAMPLE],
        "properties": {
            "number": {"type": "integer", "minimum": 1},
            "name": {"type": "string", "description": "As its sender called it"},
            "size": {"type": "integer"},
            "digest": {"type": "string", "description": "SHA-256 of what was sent, in hex"},
            "state": {"type": "string", "enum": _STATES},
            "seal_id": {"type": ["string", "null"]},
            "code": {"type": ["string", "null"], "description": "Why it was refused"},
            "error_description": {"type": ["string", "null"]},
        },
        "example": _DOCUMENT_EXAMPLE,
    },
}

_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "description": "Send the same documents again with the same key and get the same job, for a "
    "day. A fresh UUID for each job.",
}
_FORM: Final = {
    "type": "object",
    "required": ["document"],
    "properties": {
        "document": {"type": "array", "items": _BINARY, "maxItems": DOCUMENTS},
        "key": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Before a document: the idempotency key of its seal, as for POST /seal.",
        },
    },
}


def paths() -> dict[str, Any]:
    """POST /seals, and what follows from it."""
    told = json_of("Job")
    return {
        "/seals": {
            "post": {
                "operationId": "seals",
                "summary": "Seal many documents: a job that goes on after the answer",
                "security": [{"bearer": []}],
                "parameters": [_KEY, *wanted()],
                "requestBody": {
                    "required": True,
                    "description": f"At most {DOCUMENTS} documents of {JOB_BYTES} bytes together; "
                    f"of one agency {HELD_BYTES} bytes are held at the same time.",
                    "content": {"multipart/form-data": {"schema": _FORM}},
                },
                "responses": {
                    "202": answer(
                        "Taken in: nothing of it is lost from here on",
                        told,
                        (*NO_STORE, "Location", "Retry-After"),
                    ),
                    **refusals("400", "401", "403", "409", "413", "415", "422", "429", "503"),
                },
            }
        },
        "/augment": {
            "post": {
                "operationId": "augment",
                "summary": "Make signatures last: proofs, and a time-stamp over all",
                "security": [{"bearer": []}],
                "parameters": [
                    {
                        "name": "level",
                        "in": "query",
                        "schema": {"type": "string", "enum": list(map(str, LEVELS))},
                        "description": "B-LTA where none is named. A document that is at B-LTA "
                        "gets a further time-stamp, and fresh proofs for the one before.",
                    }
                ],
                "requestBody": {
                    "required": True,
                    "description": "A PDF, a CMS, a JWS, XML, an office document or a container "
                    "with signatures that all pass now, as the body; or a form with it as "
                    "`document`, and as `content` what it signs, where it is a signature alone.",
                    "content": {
                        "application/octet-stream": {"schema": _BINARY},
                        "multipart/form-data": {"schema": _AUGMENTED},
                    },
                },
                "responses": {
                    "200": answer(
                        "The document, and what was added to it, in the encoding and armour that "
                        "it came in; a compact JWS becomes a flattened one. Nothing signed is "
                        "touched",
                        {one: {"schema": _BINARY} for one in _MEDIA_TYPES},
                        NO_STORE,
                    ),
                    **refusals("400", "401", "403", "413", "422", "503"),
                },
            }
        },
        "/seals/{job}": {
            "parameters": [_in_path("job", {"type": "string"})],
            "get": {
                "operationId": "job",
                "summary": "How far a job is",
                "security": [{"bearer": []}],
                "responses": {
                    "200": answer("The job", told, (*NO_STORE, "Retry-After")),
                    **refusals("401", "403", "404", "503"),
                },
            },
            "delete": {
                "operationId": "end_job",
                "summary": "End a job: its documents are forgotten, what waits is not sealed",
                "security": [{"bearer": []}],
                "responses": {
                    "204": answer("Forgotten"),
                    **refusals("401", "403", "404", "503"),
                },
            },
        },
        "/seals/{job}/documents/{number}": {
            "parameters": [
                _in_path("job", {"type": "string"}),
                _in_path("number", {"type": "integer", "minimum": 1}),
            ],
            "get": {
                "operationId": "job_document",
                "summary": "A document of a job, sealed; or why it was refused",
                "security": [{"bearer": []}],
                "responses": {
                    "200": sealed(
                        "As POST /seal answers it",
                        {one.media_type: {"schema": _BINARY} for one in OFFERS.values()},
                    ),
                    **refusals("401", "403", "404", "409", "413", "422", "500", "503"),
                },
            },
        },
    }


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}
