"""Documents as they arrive: read in memory, never longer than what is accepted."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.requests import ClientDisconnect, Request

from core.errors import MALFORMED_BODY, Refusal
from signing.formats.detached import NOTHING, Detached
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.formats.seal import File
from signing.rules import reasons
from signing.rules.job import DOCUMENTS as JOB_DOCUMENTS
from signing.rules.job import JOB_TOO_LARGE, JOB_TYPE
from signing.web.multipart import Part, Parts

_FORM_BYTES: Final = 16 * 1024
"""What a form may have besides its document."""

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,96}")

_JSON_BYTES: Final = 4 * 1024

_DRAINED: Final = 8 * DOCUMENT_BYTES
"""A body that is too long is read on so far, and thrown away, so that its sender hears why."""

_TEXT_BYTES: Final = 1_024
_DOCUMENT: Final = "document"
_CONTENT: Final = "content"
_RECORD: Final = "evidence_record"
BESIDE: Final = (_CONTENT, _RECORD)
"""The fields that may come with a document."""

_PARTS: Final = 64
_JOB_PARTS: Final = 4 * JOB_DOCUMENTS
"""Fields of a form, documents or not: reading each takes time."""

DOCUMENTS: Final = 20
"""Documents that one form may bring, and as many files that they are over."""


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
    signature was made over, one file or several; `record`: an evidence record over the document."""

    documents: list[Uploaded] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    empty: bool = False
    content: Detached = NOTHING
    record: bytes | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """The fields that came with the documents."""
        came = {_CONTENT: bool(self.content.files), _RECORD: self.record is not None}
        return tuple(name for name in BESIDE if came[name])


async def read_files(request: Request) -> list[File]:
    """Documents to be sealed: none of them may be missing. Raises Refusal."""
    form = await read_form(request)
    if form.empty:
        raise Refusal(reasons.DOCUMENT_MISSING, "one of several is empty")
    return [File(one.name, _known_type(one.media_type), one.document) for one in form.documents]


def _known_type(said: str) -> str:
    """A media type (RFC 9110 §8.3.1); whatever else was said goes into no manifest."""
    return said if _MEDIA_TYPE.fullmatch(said) else "application/octet-stream"


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
    beside = sum(len(content) for _, content in form.content.files) + len(form.record or b"")
    held = sum(len(one.document) for one in form.documents) + beside
    if held > DOCUMENT_BYTES:
        raise Refusal(reasons.DOCUMENT_TOO_LARGE)
    return form


async def parts(request: Request, limit: int) -> AsyncIterator[Part]:
    """The fields of a form of at most `limit` bytes, each when it is there; raises Refusal."""
    if media_type(request) != "multipart/form-data":
        raise Refusal(JOB_TYPE, request.headers.get("content-type", "none"))
    content_type = request.headers["content-type"]
    arriving = Parts(content_type, DOCUMENT_BYTES, _JOB_PARTS, JOB_TOO_LARGE)
    arrived = 0
    try:
        async for chunk in request.stream():
            arrived += len(chunk)
            if arrived > limit:
                raise Refusal(JOB_TOO_LARGE)
            for part in arriving.feed(chunk):
                yield part
    except ClientDisconnect as error:
        raise Refusal(MALFORMED_BODY, "the sender went away") from error
    arriving.end()


async def drain(request: Request) -> None:
    """Read on what is refused, so that its sender hears why."""
    drained = 0
    with suppress(ClientDisconnect, RuntimeError):  # RuntimeError: it was read to its end
        async for chunk in request.stream():
            drained += len(chunk)
            if drained > _DRAINED:
                break


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
    """The documents of a form that have content, and the first text of each name."""
    parts = Parts(content_type, DOCUMENT_BYTES, _PARTS, reasons.TOO_MANY_DOCUMENTS)
    arrived = parts.feed(body)
    parts.end()
    sent = [one for one in arrived if one.name == _DOCUMENT]
    held = [Uploaded(one.content, one.file_name, one.media_type) for one in sent if one.content]
    over = [
        (one.file_name, one.content)
        for one in arrived
        if one.name == _CONTENT and (one.content or one.file_name)
    ]
    records = (one.content for one in arrived if one.name == _RECORD and one.content)
    form = Form(
        held,
        empty=len(held) < len(sent),
        content=Detached(tuple(dict.fromkeys(over))),
        record=next(records, None),
    )
    for one in arrived:
        if one.name not in {_DOCUMENT, _CONTENT, _RECORD} and len(one.content) <= _TEXT_BYTES:
            form.texts.setdefault(one.name, one.content.decode("utf-8", "replace"))
    if not form.documents:
        raise Refusal(reasons.DOCUMENT_MISSING)
    if max(len(form.documents), len(over)) > DOCUMENTS:
        raise Refusal(reasons.TOO_MANY_DOCUMENTS, f"{len(form.documents)}, {len(over)}")
    return form
