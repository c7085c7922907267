"""What the services' OpenAPI descriptions share: how answers, their headers and forms are said."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string"}

HEADERS: Final[dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names this request in our log, and in error answers and pages.",
        "required": True,
        "schema": {"type": "string", "example": "4d7t08hngemfwkbrjd8ndy2r6b"},
    },
    "Cache-Control": {
        "description": "RFC 9111 §5.2.2.",
        "required": True,
        "schema": {"type": "string", "example": "public, max-age=300"},
    },
    "Cache-Control.none": {
        "description": "RFC 9111 §5.2.2.5: kept nowhere.",
        "required": True,
        "schema": {"const": "no-store"},
    },
    "ETag": {"description": "RFC 9110 §8.8.3.", "schema": _TEXT},
    "Last-Modified": {"description": "RFC 9110 §8.8.2.", "schema": _TEXT},
    "Expires": {"description": "RFC 9111 §5.3.", "schema": _TEXT},
    "Pragma": {"description": "RFC 6749 §5.1.", "schema": {"const": "no-cache"}},
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 9110 §11.6.1, RFC 6750 §3).",
        "required": True,
        "schema": _TEXT,
    },
    "WWW-Authenticate.perhaps": {
        "description": "Where it is a token that is wrong (RFC 6750 §3.1).",
        "schema": _TEXT,
    },
    "DPoP-Nonce": {"description": "For the next proof (RFC 9449 §8).", "schema": _TEXT},
    "Location": {
        "description": "Where to go on.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Content-Disposition": {
        "description": "A name to save it under (RFC 6266).",
        "required": True,
        "schema": _TEXT,
    },
    "Content-Disposition.perhaps": {
        "description": "A name to save a file under (RFC 6266).",
        "schema": _TEXT,
    },
    "Set-Cookie": {"description": "RFC 6265 §4.1.", "schema": _TEXT},
    "Retry-After": {
        "description": "Seconds to wait (RFC 9110 §10.2.3).",
        "schema": {"type": "integer", "minimum": 1},
    },
}
"""What answers may carry. Those that are required are always there where they are named; what
follows a dot is no part of a header's name."""


def answer(
    description: str, content: Mapping[str, Any] | None = None, headers: Iterable[str] = ()
) -> dict[str, Any]:
    """An answer with its content by type, and the headers that it has besides its request id."""
    named = ("X-Request-Id", *headers)
    said: dict[str, Any] = {
        "description": description,
        "headers": {
            name.partition(".")[0]: {"$ref": f"#/components/headers/{name}"} for name in named
        },
    }
    if content is not None:
        said["content"] = dict(content)
    return said


def json_of(schema: str) -> dict[str, Any]:
    """Content: JSON of that schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def form(fields: Mapping[str, Any], *, required: bool = True) -> dict[str, Any]:
    """A request body that is a form with those fields."""
    schema = {"type": "object", "properties": dict(fields)}
    return {
        "required": required,
        "content": {"application/x-www-form-urlencoded": {"schema": schema}},
    }
