"""Documents as they arrive: read in memory, never longer than what is accepted."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from core.errors import MALFORMED_BODY, Refusal
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.formats.seal import File
from signing.rules import reasons

_FORM_BYTES: Final = 16 * 1024
"""What a form may have besides its document."""

_JSON_BYTES: Final = 4 * 1024

_DRAINED: Final = 8 * DOCUMENT_BYTES
"""A body that is too long is read on so far, and thrown away, so that its sender hears why."""

_PART_HEADERS: Final = 16
_NAME_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A document and the name that its sender gave it, which is untrusted."""

    document: bytes
    name: str


async def read_file(request: Request) -> File:
    """A body that is a document to be sealed; raises Refusal."""
    document = await _read(request, DOCUMENT_BYTES)
    if not document:
        raise Refusal(reasons.DOCUMENT_MISSING)
    return File("", media_type(request), document)


async def read_json(request: Request) -> object:
    """A small body that is JSON (RFC 8259); raises Refusal."""
    if media_type(request) != "application/json":
        raise Refusal(reasons.NOT_JSON_TYPE, request.headers.get("content-type", "none"))
    try:
        said: object = orjson.loads(await _read(request, _JSON_BYTES))
    except orjson.JSONDecodeError as error:
        raise Refusal(MALFORMED_BODY, "not JSON") from error
    return said


async def read_document(request: Request) -> Uploaded:
    """A document to look at: as the body, or as the field `document` of a form."""
    if media_type(request) != "multipart/form-data":
        body = await _read(request, DOCUMENT_BYTES)
        if not body:
            raise Refusal(reasons.DOCUMENT_MISSING)
        return Uploaded(body, "")
    body = await _read(request, DOCUMENT_BYTES + _FORM_BYTES)
    uploaded = _parse_form(request.headers["content-type"], body)
    if len(uploaded.document) > DOCUMENT_BYTES:
        raise Refusal(reasons.DOCUMENT_TOO_LARGE)
    return uploaded


def media_type(request: Request) -> str:
    """The body's type without parameters, lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(request: Request, limit: int) -> bytes:
    body, drained = bytearray(), 0
    declared = request.headers.get("content-length", "")
    too_long = declared.isdecimal() and int(declared) > limit
    try:
        async for chunk in request.stream():
            if too_long or len(body) + len(chunk) > limit:
                too_long = True
                body.clear()
                drained += len(chunk)
                if drained > _DRAINED:
                    break
            else:
                body += chunk
    except ClientDisconnect as error:
        raise Refusal(MALFORMED_BODY, "the sender went away") from error
    if too_long:
        raise Refusal(reasons.DOCUMENT_TOO_LARGE, f"{declared} bytes declared")
    return bytes(body)


def _parse_form(content_type: str, body: bytes) -> Uploaded:
    """The field `document` of multipart/form-data (RFC 7578)."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise Refusal(MALFORMED_BODY, "no boundary")
    form = _Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise Refusal(MALFORMED_BODY, "not multipart/form-data") from error
    if form.document is None or not form.document:
        raise Refusal(reasons.DOCUMENT_MISSING)
    return Uploaded(bytes(form.document), form.name[:_NAME_LENGTH])


class _Form:
    """Collects the first field called `document`; other fields are passed over."""

    def __init__(self) -> None:
        self.document: bytearray | None = None
        self.name = ""
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._taking = False

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._content,
            "on_header_end": self._end_header,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
        }

    def _begin(self) -> None:
        self._headers, self._taking = {}, False

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if len(self._headers) < _PART_HEADERS:
            self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        if options.get(b"name") == b"document" and self.document is None:
            self.document, self._taking = bytearray(), True
            self.name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._taking and self.document is not None:
            self.document += data[start:end]
