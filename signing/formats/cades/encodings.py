"""The ways in which a CMS comes: DER or BER, PEM, base64 alone, S/MIME (RFC 8551 §3)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

_LABELS: Final = rb"PKCS7|PKCS #7 SIGNED DATA|CMS|SIGNED MESSAGE|TIMESTAMP RESPONSE"
_PEM: Final = re.compile(rb"-----BEGIN (" + _LABELS + rb")-----(.*?)-----END \1-----", re.DOTALL)
_ARMOUR: Final = re.compile(rb"-----BEGIN (?:" + _LABELS + rb")-----")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+=?\s*=?\s*")
_HEADER_BYTES: Final = 16 * 1024
_BOUNDARY: Final = re.compile(
    rb'boundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)
_ENVELOPE: Final = re.compile(rb"\AFrom [^\r\n]*\r?\n")  # RFC 4155
_FIELD: Final = re.compile(rb"[!-9;-~]{1,64}:")  # RFC 5322 §2.2
_CONTENT: Final = re.compile(
    rb"^content-type:\s*(?:multipart/signed|application/(?:x-)?pkcs7-)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNED: Final = re.compile(rb"^content-type:\s*multipart/signed\b", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Decoded:
    """A CMS in BER, and its content where the message around it has that."""

    encoded: bytes
    content: bytes | None = None


def decode(document: bytes) -> Decoded | None:
    """None where it is none of these."""
    if document[:1] == b"\x30":
        return Decoded(document)
    text = document.lstrip(b"\xef\xbb\xbf \t\r\n")
    armoured = _PEM.search(text)
    if armoured:
        return _of_base64(armoured[2])
    if is_message(document):
        return _of_message(_ENVELOPE.sub(b"", text))
    return _of_base64(text) if _BASE64.fullmatch(text) else None


def is_base64(text: bytes) -> bool:
    """Whether it begins as the base64 of a SEQUENCE does, and goes on so."""
    return text.startswith(b"MI") and _BASE64.fullmatch(text) is not None


def is_armoured(text: bytes) -> bool:
    """Whether it begins as the PEM of a CMS does."""
    return _ARMOUR.match(text) is not None


def is_message(document: bytes) -> bool:
    """Whether it begins as a MIME message with a signature does, with whatever header."""
    start = _ENVELOPE.sub(b"", document[:_HEADER_BYTES].lstrip())
    return _FIELD.match(start) is not None and _CONTENT.search(_split(start)[0]) is not None


def _of_base64(text: bytes) -> Decoded | None:
    try:
        encoded = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Decoded(encoded) if encoded[:1] == b"\x30" else None


def _of_message(message: bytes) -> Decoded | None:
    head, body = _split(message)
    if not _SIGNED.search(head):
        return Decoded(body) if body[:1] == b"\x30" else _of_base64(body)
    found = _BOUNDARY.search(head)
    if found is None:
        return None
    parts = _parts(body, found[1] or found[2])
    if len(parts) != 2:
        return None
    signature = _of_base64(_split(parts[1])[1])
    return Decoded(signature.encoded, _with_crlf(parts[0])) if signature else None


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the boundaries (RFC 2046 §5.1.1): the line end before one is its own."""
    pieces = re.split(
        rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?=\r?\n|\Z)", body
    )
    return [re.sub(rb"\A\r?\n", b"", piece) for piece in pieces[1:] if piece.strip()]


def _with_crlf(text: bytes) -> bytes:
    """RFC 8551 §3.1.1: what is signed has its canonical line ends."""
    return re.sub(rb"\r?\n", b"\r\n", text)


def _split(message: bytes) -> tuple[bytes, bytes]:
    """Header and body, folded lines joined."""
    found = re.search(rb"\r?\n\r?\n", message)
    if found is None:
        return message, b""
    head = re.sub(rb"\r?\n[ \t]+", b" ", message[: found.start()])
    return head, message[found.end() :]
