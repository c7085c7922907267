"""multipart/form-data as it arrives (RFC 7578): part after part, none longer than is accepted."""

from dataclasses import dataclass
from typing import Any, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from core.errors import MALFORMED_BODY, Reason, Refusal
from signing.rules.reasons import DOCUMENT_TOO_LARGE

_HEADERS: Final = 16
_HEADER_BYTES: Final = 4_096
_NAME_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a form; `file_name` and `media_type` are its sender's word."""

    name: str
    file_name: str
    media_type: str
    content: bytes


class Parts:
    """Is fed with a body, and hands out each part when it is complete."""

    def __init__(self, content_type: str, limit: int, most: int, too_many: Reason) -> None:
        """`limit` bounds each part, in bytes; after `most` parts the form is refused as `too_many`.
        Raises Refusal."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:
            raise Refusal(MALFORMED_BODY, "no boundary")
        self._limit, self._left, self._too_many = limit, most, too_many
        self._complete: list[Part] = []
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._content = bytearray()
        self._over = False
        self._parser = MultipartParser(boundary, self._callbacks())

    def feed(self, data: bytes) -> list[Part]:
        """The parts that are complete with these bytes; raises Refusal."""
        self._complete = []
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise Refusal(MALFORMED_BODY, "not multipart/form-data") from error
        return self._complete

    def end(self) -> None:
        """The body is over; raises Refusal where it breaks off."""
        if not self._over:
            raise Refusal(MALFORMED_BODY, "the form breaks off")

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._of_header,
            "on_header_value": self._of_value,
            "on_header_end": self._end_header,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if not self._left:
            raise Refusal(self._too_many, "parts")
        self._left -= 1
        self._headers, self._content = {}, bytearray()

    def _of_header(self, data: bytes, start: int, end: int) -> None:
        self._header = self._longer(self._header, data[start:end])

    def _of_value(self, data: bytes, start: int, end: int) -> None:
        self._value = self._longer(self._value, data[start:end])

    @staticmethod
    def _longer(held: bytes, more: bytes) -> bytes:
        if len(held) + len(more) > _HEADER_BYTES:
            raise Refusal(MALFORMED_BODY, "a part's header is too long")
        return held + more

    def _end_header(self) -> None:
        if len(self._headers) < _HEADERS:
            self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if len(self._content) + end - start > self._limit:
            raise Refusal(DOCUMENT_TOO_LARGE)
        self._content += data[start:end]

    def _end_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        kind = self._headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        self._complete.append(
            Part(
                _text(options.get(b"name", b"")),
                _text(options.get(b"filename", b"")),
                _text(kind),
                bytes(self._content),
            )
        )

    def _end(self) -> None:
        self._over = True


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")[:_NAME_LENGTH]
