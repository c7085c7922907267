"""Everything that can be found out about a file of any kind, as evidence for validation."""

import asyncio
import hashlib
from dataclasses import replace

from signing.formats.kinds import kind
from signing.formats.pades import reading as pades
from signing.formats.trust import Anchors, Asked, Run
from signing.rules.evidence import DocumentEvidence, Unreadable
from signing.rules.report import Format


def gather(
    document: bytes,
    anchors: Anchors,
    at: int,
    now: int | None = None,
    run: Run = asyncio.run,
) -> DocumentEvidence:
    """Evidence for a validation at `at` (NumericDate; `now` where it is not the present). `run`
    runs a coroutine to its end."""
    digest = hashlib.sha256(document).hexdigest()
    nothing = DocumentEvidence(len(document), digest, format=kind(document))
    asked = Asked(anchors, at, at if now is None else now, run)
    if nothing.format is Format.PDF:
        return pades.read(document, nothing, asked)
    return replace(nothing, unreadable=Unreadable.UNSUPPORTED)
