"""Everything that can be found out about the signatures of a PDF, as evidence for validation.

pyHanko reads; whatever it raises on a strange file is a finding, never an error of ours.
"""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.formats.cms import WHATEVER
from signing.formats.digests import Covered, Digests
from signing.formats.pades import (
    archives,
    legacy,
    own_seal,
    profile,
    store,
    structure,
    surroundings,
    time_stamped,
)
from signing.formats.pades import fields as fields_of
from signing.formats.pades.archives import Archive
from signing.formats.pades.changes import changes
from signing.formats.pades.embedded import DOCUMENT_TIME_STAMP, Embedded, kind
from signing.formats.pades.encrypted import opens
from signing.formats.pades.opening import reading
from signing.formats.pades.recovery import Rebuilt
from signing.formats.pades.signed import Document, Standing, weighed
from signing.formats.pades.surroundings import with_fault
from signing.formats.paths import Paths
from signing.formats.profile import is_ours
from signing.formats.signature import weigh
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import together
from signing.rules.evidence import (
    DocumentEvidence,
    Fault,
    SignatureEvidence,
    Unreadable,
)
from signing.rules.report import Format

_MOST_FIELDS: Final = 256


@dataclass(frozen=True)
class _Document(Document):
    """What the signatures of one file have in common, and pyHanko's reader of it."""

    reader: PdfFileReader
    archives: tuple[Archive, ...]


def read(digests: Digests, asked: Asked) -> DocumentEvidence:
    """What there is to find in a document."""
    nothing = DocumentEvidence(len(digests.document), "", format=Format.PDF)
    found = _read(digests, nothing, asked)
    return replace(found, digest=digests.whole())


def _read(digests: Digests, nothing: DocumentEvidence, asked: Asked) -> DocumentEvidence:
    """What the strict reader can't make out, the lenient one may."""
    document, found = digests.document, []
    for strict in (True, False):
        try:
            with reading(document, strict=strict) as reader:
                if strict and reader.xrefs.hybrid_xrefs_present:
                    continue  # pyHanko's rules for updates know hybrids in the lenient reader alone
                if not opens(reader):
                    return replace(nothing, unreadable=Unreadable.ENCRYPTED)
                signatures = _signatures(digests, reader, asked)
        except WHATEVER:
            continue
        unsigned = structure.unsigned_suffix(document)
        found.append(
            replace(nothing, signatures=signatures, repaired=not strict, unsigned_bytes=unsigned)
        )
        if not any(Fault.UNREADABLE in one.faults for one in signatures):
            return found[-1]
    return found[0] if found else _recovered(digests, nothing, asked)


def _recovered(digests: Digests, nothing: DocumentEvidence, asked: Asked) -> DocumentEvidence:
    """What is found by looking for objects; without a reader, where that is not all there is."""
    document = digests.document
    try:
        reader = Rebuilt(document)
        opened = opens(reader)
        signatures = _signatures(digests, reader, asked) if opened else ()
        if signatures and all(one.covers_whole_file for one in signatures):
            unsigned = structure.unsigned_suffix(document)
            return replace(nothing, signatures=signatures, repaired=True, unsigned_bytes=unsigned)
        if opened and fields_of.has_none(reader) and not structure.names_a_range(document):
            return replace(nothing, repaired=True)
    except WHATEVER:
        pass
    return _by_bytes(document, nothing)


def _by_bytes(document: bytes, nothing: DocumentEvidence) -> DocumentEvidence:
    """What is found without a reader."""
    if structure.range_misfits(document):
        return replace(nothing, signatures=(SignatureEvidence("", (Fault.BYTE_RANGE,)),))
    if structure.digest_differs(document):
        return replace(nothing, signatures=(SignatureEvidence(""),))
    if not structure.may_be_signed(document):
        return replace(nothing, repaired=True)
    return replace(nothing, unreadable=Unreadable.DAMAGED)


def _signatures(
    digests: Digests, reader: PdfFileReader, asked: Asked
) -> tuple[SignatureEvidence, ...]:
    document = digests.document
    fields = list(islice(fields_of.signed(reader), _MOST_FIELDS + 1))
    if len(fields) > _MOST_FIELDS:
        return (SignatureEvidence("", (Fault.SIGNER_INFOS,)),)
    rights = fields_of.usage_rights(reader) if not fields and not reader.strict else None
    if rights is not None and structure.mentions_signature(document, rights):
        # Signed bytes that the repaired file has no field for.
        return (SignatureEvidence("", (Fault.UNREADABLE,)),)
    ours = own_seal.read(digests, reader, fields, asked) if not asked.over else None
    if ours is not None:
        return ours
    stamps = [field for _, value, field in fields if _is_stamp(value)]
    knowledge = store.read(reader)
    held = _Document(
        digests,
        asked,
        knowledge,
        Paths(asked.anchors, (), together(knowledge, asked.known)),
        reader,
        archives.read(digests, reader, fields) if stamps else (),
    )
    found = tuple(
        _signature(held, name, field) for name, value, field in fields if not _is_stamp(value)
    )
    if stamps and not found:
        known = replace(asked, known=together(knowledge, asked.known))
        found = (time_stamped.read(digests, held.archives, known),)
    found = tuple(map(surroundings.with_stamps, found))
    return tuple(surroundings.weigh(found, fields, reader, document, asked.anchors))


def _is_stamp(value: Any) -> bool:
    return kind(value) == DOCUMENT_TIME_STAMP


def _signature(held: _Document, name: str, field: Any) -> SignatureEvidence:
    """One signature; one that cannot be read is still a signature."""
    try:
        said = field.get_object()["/V"]
        if "/SubFilter" in said and said["/SubFilter"] == legacy.SUB_FILTER:
            return _without_cms(held, name, said)
        embedded = Embedded(held.reader, field, name)
        contents = embedded.pkcs7_content
        found = SignatureEvidence(
            name,
            structure.faults(
                held.document,
                list(embedded.byte_range),
                contents,
                encrypted=held.reader.encrypted,
            ),
        )
        value, _ = structure.encoded(contents)
        signed = cms.ContentInfo.load(value, strict=True)["content"]
        if len(signed["signer_infos"]) != 1:
            return with_fault(found, Fault.SIGNER_INFOS)
        validated: SignatureEvidence = at_once(_validated(held, embedded, signed, found))
    except WHATEVER:
        return SignatureEvidence(name, (Fault.UNREADABLE,))
    return validated


def _without_cms(held: _Document, name: str, value: Any) -> SignatureEvidence:
    ranges = [int(number) for number in value["/ByteRange"]]
    content = Covered(held.digests, ranges)
    signature, found = legacy.read(value, content, held.knowledge, name)
    faults = structure.faults(held.document, ranges, bytes(value["/Contents"]))
    whole = ranges[2] + ranges[3] == len(held.document)
    found = replace(
        found,
        faults=tuple(one for one in faults if one is not Fault.CONTENTS),
        covers_whole_file=whole,
    )
    signature = replace(signature, archives=_after(held, ranges[2] + ranges[3]))
    told: SignatureEvidence = at_once(weigh(signature, found, held.asked))
    return told


def _after(held: _Document, end: int) -> tuple[Stamp, ...]:
    """The document time-stamps over a signature that ends there."""
    return tuple(one.stamp for one in held.archives if one.end > end)


async def _validated(
    held: _Document,
    embedded: Embedded,
    signed: cms.SignedData,
    found: SignatureEvidence,
) -> SignatureEvidence:
    ranges = [int(number) for number in embedded.byte_range]
    end = sum(ranges[2:])
    said = embedded.sig_object
    sub_filter = str(said["/SubFilter"]) if "/SubFilter" in said else None
    standing = Standing(ranges, sub_filter, signed, _after(held, end))
    found = replace(found, claimed_at=_claimed(embedded))
    found, opened = await weighed(held, standing, found)
    profiled = bool(found.chains) and opened.named is not False and is_ours(opened.signer)
    roots = held.asked.anchors.roots
    if profiled and not profile.signature_stands(held.document, embedded, roots):
        found = with_fault(found, Fault.ENCODING)
    return replace(
        found,
        changes=changes(held.document, embedded),
        covers_whole_file=embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        revision=None if found.faults else end,
        profiled=profiled,
    )


def _claimed(embedded: Embedded) -> int | None:
    """The signer's own word for when (signing-time, or /M)."""
    try:
        claimed = embedded.self_reported_timestamp
    except WHATEVER:
        return None
    return int(claimed.timestamp()) if claimed else None
