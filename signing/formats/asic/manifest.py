"""The ASiCManifest: which files a signature in an ASiC-E container is over (EN 319 162-1 A.4)."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from signing.formats.seal import File

_ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
_XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"


def write(
    files: Iterable[File], signature: str, media_type: str = "application/pkcs7-signature"
) -> bytes:
    """The manifest of a signature or a time-stamp, by its name in the container. The same files
    make the same bytes: a retry's are those that were signed."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<asic:ASiCManifest xmlns:asic="{_ASIC}" xmlns:ds="{_XMLDSIG}">',
        f'<asic:SigReference URI="{signature}" MimeType="{media_type}"/>',
        *map(_reference, files),
        "</asic:ASiCManifest>",
    ]
    return "\n".join(lines).encode() + b"\n"


def _reference(file: File) -> str:
    digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    return (
        f"<asic:DataObjectReference URI={quoteattr(quote(file.name))} "
        f"MimeType={quoteattr(file.media_type)}>"
        f'<ds:DigestMethod Algorithm="{_SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue>'
        "</asic:DataObjectReference>"
    )
