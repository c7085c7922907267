"""What tokens are made of (RFC 7515 §2): base64url and JSON, each in one spelling alone."""

import base64
import binascii
import json
import re
from typing import Any, Final

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*\Z")


class JoseError(Exception):
    """The token or key is refused; the text says why, for the log."""


def encode(data: bytes) -> str:
    """base64url without padding."""
    return encode_bytes(data).decode()


def encode_bytes(data: bytes) -> bytes:
    """`encode`, for what is joined before it is sent."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(text: str) -> bytes:
    """Strict base64url: its alphabet alone, no padding, no stray bits."""
    if not _BASE64URL.match(text):
        raise JoseError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise JoseError("not base64url") from error
    if encode(data) != text:
        raise JoseError("not canonical base64url")
    return data


def decode_object(part: str) -> dict[str, Any]:
    """A JSON object in base64url, no member twice; raises JoseError."""
    try:
        text = decode(part).decode()  # RFC 7515 §3: UTF-8, of the encodings that JSON may have
        value = _STRICT.decode(text)
        if "\\u" in text:  # an escape can spell half a character, which nothing can store
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise JoseError("not JSON") from error
    if not isinstance(value, dict):
        raise JoseError("not a JSON object")
    return value


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JoseError("a member stands twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_no_member_twice, parse_constant=_no_constant)
