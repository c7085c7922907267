"""Everything that can be found out about a file of any kind, as evidence for validation."""

import asyncio
import hashlib
from dataclasses import replace

from signing.formats.asic import reading as asic
from signing.formats.cades import reading as cades
from signing.formats.jades import reading as jades
from signing.formats.kinds import kind
from signing.formats.pades import reading as pades
from signing.formats.trust import Anchors, Asked, Run
from signing.formats.xades import reading as xades
from signing.rules.evidence import DocumentEvidence, Unreadable
from signing.rules.report import Format


def gather(
    document: bytes,
    anchors: Anchors,
    at: int,
    now: int | None = None,
    run: Run = asyncio.run,
    detached: bytes | None = None,
) -> DocumentEvidence:
    """Evidence for a validation at `at` (NumericDate; `now` where it is not the present). `run`
    runs a coroutine to its end; `detached` is what was signed, where that is not in the file."""
    digest = hashlib.sha256(document).hexdigest()
    nothing = DocumentEvidence(len(document), digest, format=kind(document))
    asked = Asked(anchors, at, at if now is None else now, run)
    if nothing.format is Format.PDF:
        return pades.read(document, nothing, asked)
    if nothing.format is Format.CMS:
        return cades.read(document, nothing, asked, detached)
    if nothing.format is Format.JSON:
        return jades.read(document, nothing, asked, detached)
    if nothing.format is Format.ZIP:
        return asic.read(document, nothing, asked)
    if nothing.format is Format.XML:
        return xades.read(document, nothing, asked, detached)
    return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
