"""Everything that can be found out about a file of any kind, as evidence for validation."""

import asyncio
import hashlib
from dataclasses import replace

from signing.formats import evidence_records
from signing.formats.asic import reading as asic
from signing.formats.cades import reading as cades
from signing.formats.cms import WHATEVER, Pieces
from signing.formats.evidence_records import is_record
from signing.formats.jades import reading as jades
from signing.formats.kinds import kind
from signing.formats.pades import reading as pades
from signing.formats.plain import reading as plain
from signing.formats.signature import beside_it
from signing.formats.trust import Anchors, Asked, Run
from signing.formats.xades import reading as xades
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Format


def gather(
    document: bytes,
    anchors: Anchors,
    run: Run = asyncio.run,
    detached: bytes | None = None,
    record: bytes | None = None,
) -> DocumentEvidence:
    """Evidence, whatever the moment to judge by. `run` runs a coroutine to its end; `detached` is
    what was signed, where that is not in the file; `record` an evidence record over it."""
    if record is None:
        return _read(document, Asked(anchors, run), detached)
    try:
        said = evidence_records.parse(record)
        asked = beside_it(Asked(anchors, run), said.stamps([Pieces((document,))]))
        found = _read(document, asked, detached)
        if not found.signatures:
            stamps = cades.of_record(said, [Pieces((document,))], replace(asked, over=()))
            found = replace(found, signatures=stamps, unreadable=None)
    except WHATEVER:
        found = _nothing(document, kind(document))
        return replace(found, signatures=(SignatureEvidence("", (Fault.UNREADABLE,)),))
    return found


def _read(document: bytes, asked: Asked, detached: bytes | None) -> DocumentEvidence:
    found = kind(document)
    if found is Format.PDF:
        ours = plain.read(document, asked) if not asked.over else None
        return ours or pades.read(document, _nothing(document, found), asked)
    nothing = _nothing(document, found)
    readers = {Format.CMS: cades.read, Format.JSON: jades.read, Format.XML: xades.read}
    if found in readers:
        read = _of_record if is_record(document) else readers[found]
        return read(document, nothing, asked, detached)
    if found is Format.ZIP:
        return asic.read(document, nothing, asked)
    return replace(nothing, unreadable=Unreadable.UNSUPPORTED)


def _of_record(
    document: bytes, nothing: DocumentEvidence, asked: Asked, detached: bytes | None
) -> DocumentEvidence:
    """A record by itself; `detached` is what it is over."""
    nothing = replace(nothing, format=Format.EVIDENCE_RECORD)
    objects = [Pieces((detached,))] if detached is not None else None
    try:
        said = evidence_records.parse(document)
        return replace(nothing, signatures=cades.of_record(said, objects, asked))
    except WHATEVER:
        return replace(nothing, unreadable=Unreadable.DAMAGED)


def _nothing(document: bytes, found: Format) -> DocumentEvidence:
    return DocumentEvidence(len(document), hashlib.sha256(document).hexdigest(), format=found)
