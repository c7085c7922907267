"""Everything that can be found out about a file of any kind, as evidence for validation."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from signing.formats.asic import reading as asic
from signing.formats.cades import reading as cades
from signing.formats.cms import WHATEVER, Pieces
from signing.formats.detached import NOTHING, Detached
from signing.formats.digests import Digests
from signing.formats.ers import reading as evidence_records
from signing.formats.ers.reading import is_record
from signing.formats.jades import reading as jades
from signing.formats.kinds import kind
from signing.formats.pades import reading as pades
from signing.formats.plain import reading as plain
from signing.formats.plain import single
from signing.formats.signature import beside_it
from signing.formats.trust import Anchors, Asked
from signing.formats.xades import reading as xades
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence, Unreadable
from signing.rules.report import Format, Part


def gather(
    document: bytes,
    anchors: Anchors,
    detached: Detached = NOTHING,
    record: bytes | None = None,
) -> DocumentEvidence:
    """Evidence, whatever the moment to judge by. `detached` is
    what was signed, where that is not in the file; `record` an evidence record over the file."""
    if record is None:
        return _read(document, Asked(anchors), detached)
    try:
        said = evidence_records.parse(record)
        asked = beside_it(Asked(anchors), said.stamps([Pieces((document,))]))
        found = _read(document, asked, detached)
        if not found.signatures:
            stamps = cades.of_record(said, [Pieces((document,))], replace(asked, over=()))
            found = replace(found, signatures=stamps, unreadable=None)
    except WHATEVER:
        found = _nothing(document, kind(document))
        return replace(found, signatures=(SignatureEvidence("", (Fault.UNREADABLE,)),))
    return found


def _read(document: bytes, asked: Asked, detached: Detached) -> DocumentEvidence:
    found = kind(document)
    if found is Format.PDF:
        digests, of_plain = Digests(document), None
        if not asked.over:
            of_plain = plain.read(digests, asked) or single.read(digests, asked)
        return of_plain or pades.read(digests, asked)
    nothing = _nothing(document, found)
    readers = {Format.CMS: cades.read, Format.JSON: jades.read, Format.XML: xades.read}
    if found in readers:
        read = _of_record if is_record(document) else readers[found]
        return _among(detached, partial(read, document, nothing, asked))
    if found is Format.ZIP:
        return asic.read(document, nothing, asked)
    return replace(nothing, unreadable=Unreadable.UNSUPPORTED)


def _among(detached: Detached, read: Callable[[Detached], DocumentEvidence]) -> DocumentEvidence:
    """What is found where all that came is at hand. Of several files, a signature that names none
    is over the one that it fits; those that no signature is over are told as such."""
    found = read(detached)
    if not detached.several:
        return found
    if any(not one.content_found and not one.missing for one in found.signatures):
        for name, content in detached.files:
            tried = read(Detached(((name, content),)))
            if all(map(_is_over, tried.signatures)):
                over = tuple(replace(one, files=(name,)) for one in tried.signatures)
                found = replace(tried, signatures=over)
                break
    return replace(found, parts=(*_parts(detached, found.signatures), *found.parts))


def _is_over(found: SignatureEvidence) -> bool:
    return found.content_found and found.digest_matches and found.signature_verifies


def _parts(detached: Detached, found: tuple[SignatureEvidence, ...]) -> Iterator[Part]:
    for name, content in detached.files:
        digest = hashlib.sha256(content).hexdigest()
        changed = tuple(one.name for one in found if name in one.changed)
        over = (one.name for one in found if name in one.files and name not in one.changed)
        yield Part(name, len(content), digest, tuple(over), changed)


def _of_record(
    document: bytes, nothing: DocumentEvidence, asked: Asked, detached: Detached
) -> DocumentEvidence:
    """A record by itself; `detached` is what it is over, all of it together."""
    nothing = replace(nothing, format=Format.EVIDENCE_RECORD)
    names = tuple(name for name, _ in detached.files)
    objects = [Pieces((content,)) for _, content in detached.files] or None
    try:
        said = evidence_records.parse(document)
        found = (replace(one, files=names) for one in cades.of_record(said, objects, asked))
        signatures = (one if one.digest_matches else replace(one, changed=names) for one in found)
        return replace(nothing, signatures=tuple(signatures))
    except WHATEVER:
        return replace(nothing, unreadable=Unreadable.DAMAGED)


def _nothing(document: bytes, found: Format) -> DocumentEvidence:
    return DocumentEvidence(len(document), hashlib.sha256(document).hexdigest(), format=found)
