"""Everything that can be found out about a file of any kind, as evidence for validation."""

import asyncio
import hashlib
from dataclasses import replace

from signing.formats.asic import reading as asic
from signing.formats.cades import reading as cades
from signing.formats.jades import reading as jades
from signing.formats.kinds import kind
from signing.formats.pades import reading as pades
from signing.formats.plain import reading as plain
from signing.formats.trust import Anchors, Asked, Run
from signing.formats.xades import reading as xades
from signing.rules.evidence import DocumentEvidence, Unreadable
from signing.rules.report import Format


def gather(
    document: bytes,
    anchors: Anchors,
    run: Run = asyncio.run,
    detached: bytes | None = None,
) -> DocumentEvidence:
    """Evidence, whatever the moment to judge by. `run` runs a coroutine to its end; `detached` is
    what was signed, where that is not in the file."""
    asked, found = Asked(anchors, run), kind(document)
    if found is Format.PDF:
        return plain.read(document, asked) or pades.read(document, _nothing(document, found), asked)
    nothing = _nothing(document, found)
    if found is Format.CMS:
        return cades.read(document, nothing, asked, detached)
    if found is Format.JSON:
        return jades.read(document, nothing, asked, detached)
    if found is Format.ZIP:
        return asic.read(document, nothing, asked)
    if found is Format.XML:
        return xades.read(document, nothing, asked, detached)
    return replace(nothing, unreadable=Unreadable.UNSUPPORTED)


def _nothing(document: bytes, found: Format) -> DocumentEvidence:
    return DocumentEvidence(len(document), hashlib.sha256(document).hexdigest(), format=found)
