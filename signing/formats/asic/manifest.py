"""What is in an ASiC-E container: the ASiCManifest of a signature with CAdES (EN 319 162-1 §A.4),
and the list of files that goes with one in XAdES (§4.4.3.1)."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from signing.formats.asic import container
from signing.formats.seal import File

_ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
_XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_AROUND: Final = f'<asic:XAdESSignatures xmlns:asic="{_ASIC}">'
_ODF: Final = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    'manifest:version="1.2">'
)


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


def list_files(types: Iterable[tuple[str, str]]) -> bytes:
    """The files by name and media type, as OpenDocument lists them."""
    entries = "".join(
        f"<manifest:file-entry manifest:full-path={quoteattr(path)} "
        f"manifest:media-type={quoteattr(kind)}/>"
        for path, kind in (("/", container.EXTENDED), *types)
    )
    return f"{_ODF}{entries}</manifest:manifest>".encode()


def around(signature: bytes) -> bytes:
    """The file that holds a signature with XAdES (§4.4.3.1): its ds:Signature with what is around
    it."""
    return _AROUND.encode() + signature + b"</asic:XAdESSignatures>"


def _reference(file: File) -> str:
    digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    return (
        f"<asic:DataObjectReference URI={quoteattr(quote(file.name))} "
        f"MimeType={quoteattr(file.media_type)}>"
        f'<ds:DigestMethod Algorithm="{_SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue>'
        "</asic:DataObjectReference>"
    )
