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
_CONTENT: Final = "content"
_PARTS: Final = 64

DOCUMENTS: Final = 20
"""Documents that one form may bring."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A document, and the name and type that its sender gave it, which are untrusted."""

    document: bytes
    name: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: documents, in their order, and texts by the names of their fields. `empty`:
    a document without content was among them; `content`: what a document that is only a
    signature was made over."""

    documents: list[Uploaded] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    empty: bool = False
    content: bytes | None = None


async def read_files(request: Request) -> list[File]:
    """Documents to be sealed: none of them may be missing. Raises Refusal."""
    form = await read_form(request)
    if form.empty:
        raise Refusal(reasons.DOCUMENT_MISSING, "one of several is empty")
    return [File(one.name, one.media_type, one.document) for one in form.documents]


async def read_json(request: Request) -> object:
    """A small body that is JSON (RFC 8259); raises Refusal."""
    if media_type(request) != "application/json":
        raise Refusal(reasons.NOT_JSON_TYPE, request.headers.get("content-type", "none"))
    try:
        said: object = orjson.loads(await _read(request, _JSON_BYTES))
    except orjson.JSONDecodeError as error:
        raise Refusal(MALFORMED_BODY, "not JSON") from error
    return said


async def read_form(request: Request) -> Form:
    """Documents to look at: one as the body, or the fields `document` of a form, all of them
    together no longer than what one may have."""
    if media_type(request) != "multipart/form-data":
        body = await _read(request, DOCUMENT_BYTES)
        if not body:
            raise Refusal(reasons.DOCUMENT_MISSING)
        return Form([Uploaded(body, "", media_type(request))])
    body = await _read(request, DOCUMENT_BYTES + _FORM_BYTES)
    form = _parse_form(request.headers["content-type"], body)
    held = sum(len(one.document) for one in form.documents) + len(form.content or b"")
    if held > DOCUMENT_BYTES:
        raise Refusal(reasons.DOCUMENT_TOO_LARGE)
    return form


def media_type(request: Request) -> str:
    """The body's type without parameters, lower case."""
    return _bare_type(request.headers.get("content-type", ""))


def _bare_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


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
        self._parts: list[tuple[str, str, str, bytearray]] = []

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
        sent = [part for part in self._parts if part[0] == _DOCUMENT]
        documents = [
            Uploaded(bytes(content), file_name[:_NAME_LENGTH], kind)
            for _, file_name, kind, content in sent
            if content
        ]
        beside = next((bytes(part[3]) for part in self._parts if part[0] == _CONTENT), b"")
        form = Form(documents, empty=len(documents) < len(sent), content=beside or None)
        for name, _, _, content in self._parts:
            if name not in {_DOCUMENT, _CONTENT} and len(content) <= _TEXT_BYTES:
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
        kind = self._headers.get(b"content-type", b"").decode("latin-1")
        self._parts.append((name, file_name, _bare_type(kind), bytearray()))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._parts[-1][-1].extend(data[start:end])
