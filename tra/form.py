"""Files as a form brings them (multipart/form-data, RFC 7578)."""

from collections.abc import Iterable
from typing import Final

from keys.handles import new_id
from signing.formats.seal import File

_QUOTED: Final = str.maketrans({'"': "%22", "\\": "%5C", "\r": "%0D", "\n": "%0A"})


def encode(files: Iterable[tuple[str, File]]) -> tuple[bytes, str]:
    """Files under the names of their fields, and the type of what holds them."""
    boundary = new_id()
    body = b"".join(_part(name, file, boundary) for name, file in files)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(field: str, file: File, boundary: str) -> bytes:
    """A field (§4.2), its file's name as browsers write it."""
    name = file.name.translate(_QUOTED)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: {file.media_type}\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + file.content + b"\r\n"
