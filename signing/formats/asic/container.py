"""A container is written in one way only: the same parts make the same bytes (EN 319 162-1 A.1).

Nothing is compressed: what a compressor writes depends on its version, and what is sealed is mostly
compressed already.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

SIMPLE: Final = "application/vnd.etsi.asic-s+zip"
EXTENDED: Final = "application/vnd.etsi.asic-e+zip"
META: Final = "META-INF/"
MIMETYPE: Final = "mimetype"

SIMPLE_SIGNATURE: Final = f"{META}signature.p7s"
LISTED_FILES: Final = f"{META}manifest.xml"
XML_SIGNATURES: Final = f"{META}signatures001.xml"
"""The signature with XAdES, and the files by name and media type (§4.4.3.1)."""

_UNIX: Final = 3
_MODE: Final = 0o644 << 16


def write(media_type: str, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """A container of that type, its parts by name, in this order."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as container:
        for name, content in ((MIMETYPE, media_type.encode()), *parts):
            entry = ZipInfo(name)  # of 1980: a container has no time of its own
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            container.writestr(entry, content)
    return out.getvalue()


def simple(name: str, content: bytes, signature: bytes) -> bytes:
    """ASiC-S with CAdES: one file, and the signature over it (§4.3.3.2)."""
    return write(SIMPLE, ((name, content), (SIMPLE_SIGNATURE, signature)))


def names(number: int) -> tuple[str, str]:
    """The names of an ASiC-E container's signature with CAdES, and of its manifest (§4.4.3.2)."""
    return f"{META}signature{number:03}.p7s", f"{META}ASiCManifest{number:03}.xml"
