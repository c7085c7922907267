"""Documents as they arrive: read in memory, never longer than what is accepted."""

from dataclasses import dataclass, field
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
_TEXT_BYTES: Final = 1_024
_DOCUMENT: Final = "document"
_PARTS: Final = 64

DOCUMENTS: Final = 20
"""Documents that one form may bring."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A document and the name that its sender gave it, which is untrusted."""

    document: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: documents, in their order, and texts by the names of their fields."""

    documents: list[Uploaded] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


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
    form = await read_form(request)
    return form.documents[0]


async def read_form(request: Request) -> Form:
    """Documents to look at: one as the body, or the fields `document` of a form, all of them
    together no longer than what one may have."""
    if media_type(request) != "multipart/form-data":
        body = await _read(request, DOCUMENT_BYTES)
        if not body:
            raise Refusal(reasons.DOCUMENT_MISSING)
        return Form([Uploaded(body, "")])
    body = await _read(request, DOCUMENT_BYTES + _FORM_BYTES)
    form = _parse_form(request.headers["content-type"], body)
    if sum(len(one.document) for one in form.documents) > DOCUMENT_BYTES:
        raise Refusal(reasons.DOCUMENT_TOO_LARGE)
    return form


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


def _parse_form(content_type: str, body: bytes) -> Form:
    """The fields of multipart/form-data (RFC 7578) that are ours."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise Refusal(MALFORMED_BODY, "no boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise Refusal(MALFORMED_BODY, "not multipart/form-data") from error
    form = reader.form()
    if not form.documents:
        raise Refusal(reasons.DOCUMENT_MISSING)
    if len(form.documents) > DOCUMENTS:
        raise Refusal(reasons.TOO_MANY_DOCUMENTS, f"{len(form.documents)}")
    return form


class _Reader:
    """Collects the parts of a form."""

    def __init__(self) -> None:
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[tuple[str, str, bytearray]] = []

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._content,
            "on_header_end": self._end_header,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
        }

    def form(self) -> Form:
        """Documents that have content, and the first text of each name."""
        form = Form()
        for name, file_name, content in self._parts:
            if name == _DOCUMENT and content:
                form.documents.append(Uploaded(bytes(content), file_name[:_NAME_LENGTH]))
            elif name != _DOCUMENT and len(content) <= _TEXT_BYTES:
                form.texts.setdefault(name, content.decode("utf-8", "replace"))
        return form

    def _begin(self) -> None:
        self._headers = {}

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
        name, file_name = (
            options.get(key, b"").decode("utf-8", "replace") for key in (b"name", b"filename")
        )
        if len(self._parts) >= _PARTS:
            raise Refusal(reasons.TOO_MANY_DOCUMENTS, "parts")
        self._parts.append((name, file_name, bytearray()))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._parts[-1][2].extend(data[start:end])
