"""The ways in which a CMS comes: DER or BER, PEM, base64 alone, S/MIME (RFC 8551 §3)."""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from typing import Final

_LABELS: Final = rb"PKCS7|PKCS #7 SIGNED DATA|CMS|SIGNED MESSAGE|TIMESTAMP RESPONSE"
_ARMOUR: Final = re.compile(rb"-----BEGIN (" + _LABELS + rb")-----")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+(?:=\s*){0,2}")
_HEADER_BYTES: Final = 16 * 1024
_BOUNDARY: Final = re.compile(
    rb'boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)
_ENVELOPE: Final = re.compile(rb"\AFrom [^\r\n]*\r?\n")  # RFC 4155
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_FIELD: Final = re.compile(rb"[!-9;-~]{1,64}:")  # RFC 5322 §2.2
_EMPTY_LINE: Final = re.compile(rb"\r?\n\r?\n")
_CONTENT: Final = re.compile(
    rb"^content-type:\s*(?:multipart/signed|application/(?:x-)?pkcs7-)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNED: Final = re.compile(rb"^content-type:\s*multipart/signed\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Decoded:
    """A CMS in BER, and its content where the message around it has that. `before`, `after`: what
    else is in the file; `line`: how long lines of base64 are, where it is in base64 (0: one line),
    and `ends`: what is at their end."""

    encoded: bytes
    content: bytes | None = None
    before: bytes = b""
    after: bytes = b""
    line: int | None = None
    ends: bytes = b"\n"
    is_message: bool = False

    def with_encoded(self, encoded: bytes) -> bytes:
        """The file with another CMS in the place of this one: nothing around it is touched."""
        if self.line is not None:
            text = base64.b64encode(encoded)
            step = self.line or len(text)
            encoded = self.ends.join(text[at : at + step] for at in range(0, len(text), step))
        return self.before + encoded + self.after


def decode(document: bytes) -> Decoded | None:
    """None where it is none of these."""
    if document[:1] == b"\x30":
        return Decoded(document)
    start = len(document) - len(document.lstrip(_BLANK))
    begins = _ARMOUR.search(document, start)
    if begins is not None:
        end = document.find(b"-----END %s-----" % begins[1], begins.end())
        return _of_base64(document, begins.end(), end) if end >= 0 else None
    if is_message(document):
        envelope = _ENVELOPE.match(document[start:])
        return _of_message(document, start + (envelope.end() if envelope else 0))
    return _of_base64(document, start, len(document))


def is_base64(text: bytes) -> bool:
    """Whether it begins as the base64 of a SEQUENCE does, and goes on so."""
    return text.startswith(b"MI") and _BASE64.fullmatch(text) is not None


def is_armoured(text: bytes) -> bool:
    """Whether it begins as the PEM of a CMS does."""
    return _ARMOUR.match(text) is not None


def is_message(document: bytes) -> bool:
    """Whether it begins as a MIME message with a signature does, with whatever header."""
    start = _ENVELOPE.sub(b"", document[:_HEADER_BYTES].lstrip())
    return _FIELD.match(start) is not None and _CONTENT.search(_header(start, 0)[0]) is not None


def _of_base64(document: bytes, start: int, end: int) -> Decoded | None:
    text = document[start:end]
    held = text.strip()
    if not _BASE64.fullmatch(held):
        return None
    try:
        encoded = base64.b64decode(b"".join(held.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if encoded[:1] != b"\x30":
        return None
    start += len(text) - len(text.lstrip())
    first = held.splitlines()[0]
    return Decoded(
        encoded,
        before=document[:start],
        after=document[start + len(held) :],
        line=len(first) if len(first) < len(held) else 0,
        ends=b"\r\n" if b"\r\n" in held else b"\n",
    )


def _of_message(document: bytes, start: int) -> Decoded | None:
    head, body = _header(document, start)
    if not _SIGNED.search(head):
        if document[body : body + 1] == b"\x30":
            return Decoded(document[body:], before=document[:body], is_message=True)
        return _within_message(_of_base64(document, body, len(document)))
    found = _BOUNDARY.search(head)
    if found is None:
        return None
    parts = _parts(document, body, found[1] or found[2])
    if len(parts) != 2:
        return None
    (first, end), (second, last) = parts
    _, within = _header(document[:last], second)
    signature = _of_base64(document, within, last)
    return _within_message(signature, _with_crlf(document[first:end]))


def _within_message(found: Decoded | None, content: bytes | None = None) -> Decoded | None:
    return replace(found, content=content, is_message=True) if found is not None else None


def _parts(document: bytes, body: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where each begins and ends that stands between boundaries (RFC 2046 §5.1.1): the line end
    before one is its own, and what follows the last is no part."""
    line = rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=(\r?\n)|\Z)"
    text, spans, start = document[body:], [], -1
    for found in re.finditer(line, text):
        if start >= 0 and text[start : found.start()].strip():
            spans.append((body + start, body + found.start()))
        if found[1]:
            return spans
        start = found.end() + len(found[2] or b"")
    if start >= 0 and text[start:].strip():
        spans.append((body + start, len(document)))
    return spans


def _with_crlf(text: bytes) -> bytes:
    """RFC 8551 §3.1.1: what is signed has its canonical line ends."""
    return re.sub(rb"\r?\n", b"\r\n", text)


def _header(message: bytes, start: int) -> tuple[bytes, int]:
    """The header that begins there, folded lines joined, and where the body does."""
    found = _EMPTY_LINE.search(message, start)
    end, body = found.span() if found is not None else (len(message), len(message))
    return re.sub(rb"\r?\n[ \t]+", b" ", message[start:end]), body
