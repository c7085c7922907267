"""Evidence for somebody else's signature in a plain PDF: our own reader says where it stands, and
the signature itself is read as it is everywhere.

What `pades.reading` finds in such a document, it finds too. For every other document, and where
there is more than one signature, one of ours, a time-stamp over it, or an update that is not proven
to bring validation data alone, it finds nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from asn1crypto import cms
from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.sign.validation.generic_cms import extract_self_reported_ts
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import certificates, validation_data
from signing.formats.cms import WHATEVER
from signing.formats.digests import Digests
from signing.formats.pades import structure
from signing.formats.pades.signed import DETACHED, SHA1, Document, Standing, weighed
from signing.formats.pades.structure import der_length
from signing.formats.paths import Paths
from signing.formats.plain.document import Plain, read_plain
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.place import Dictionary, signature_names
from signing.formats.plain.sealing import octets
from signing.formats.plain.sections import natural, unpack
from signing.formats.plain.updates import only_validation_data_follows
from signing.formats.profile import is_ours
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import together
from signing.rules.evidence import Changes, DocumentEvidence, SignatureEvidence
from signing.rules.report import Format

_FORMS: Final = ("/ETSI.CAdES.detached", DETACHED, SHA1)
_PERMISSIONS: Final = (b"1", b"2", b"3")
_KINDS: Final = ((b"/Certs", b"/Cert"), (b"/CRLs", b"/CRL"), (b"/OCSPs", b"/OCSP"))
_MOST: Final = 256  # pieces of each kind
_PIECE_BYTES: Final = 512 * 1024  # unpacked; pyHanko allows more
_TIME: Final = re.compile(rb"D:[0-9]{14}(?:Z|[+-][0-9]{2}'[0-9]{2}'?)")


def read(digests: Digests, asked: Asked) -> DocumentEvidence | None:
    """None where it is not the one signature of a plain document."""
    try:
        return _read(digests, asked)
    except WHATEVER:  # whatever our reader stumbles over, others read
        return None


def _read(digests: Digests, asked: Asked) -> DocumentEvidence:
    document = digests.document
    held = read_plain(document)
    catalogue = held.dictionary(held.trailer.get(b"/Root"))
    form = held.dictionary(catalogue.get(b"/AcroForm"))
    [name] = signature_names(held, form)
    [field] = map(held.dictionary, _items(form.get(b"/Fields")))
    number = field[b"/V"]
    signature = held.dictionary(number)
    assert isinstance(number, int)
    knowledge = _knowledge(held, catalogue)
    paths = Paths(asked.anchors, (), together(knowledge, asked.known))
    standing = _standing(document, signature)
    around = Document(digests, asked, knowledge, paths)
    nothing = SignatureEvidence(name, claimed_at=_claimed(signature, standing))
    found, opened = at_once(weighed(around, standing, nothing))
    if is_ours(opened.signer):
        raise NotPlain("a seal of ours, or by its word")
    end = sum(standing.ranges[2:])
    whole = end == len(document)
    found = replace(
        found,
        changes=Changes.NONE if whole else _changes(held, field, signature, number, end),
        covers_whole_file=whole,
        revision=None if found.faults else end,
    )
    return DocumentEvidence(len(document), digests.whole(), (found,), format=Format.PDF)


def _standing(document: bytes, signature: Dictionary) -> Standing:
    """Raises NotPlain where there is anything to say of how it sits in its file."""
    kind, form = signature.get(b"/Type", b"/Sig"), signature.get(b"/SubFilter")
    sub_filter = form.decode() if isinstance(form, bytes) else ""
    if kind != b"/Sig" or sub_filter not in _FORMS:
        raise NotPlain("a signature of another kind")
    ranges = [natural(one) for one in _items(signature.get(b"/ByteRange"))]
    contents = octets(signature.get(b"/Contents", b""))
    length = der_length(contents)
    if length is None or structure.faults(document, ranges, contents):
        raise NotPlain("a signature that sits oddly")
    if ranges[2] - ranges[1] != 2 * len(contents) + 2:
        raise NotPlain("more between its parts than its digits")
    signed = cms.ContentInfo.load(contents[:length], strict=True)["content"]
    if signed["encap_content_info"]["content_type"].native != "data":
        raise NotPlain("a signature over something else than data")
    if any(is_ours(certificates.load(one.chosen.dump())) for one in signed["certificates"]):
        raise NotPlain("a seal of ours, or by its word")
    return Standing(ranges, sub_filter, signed)


def _claimed(signature: Dictionary, standing: Standing) -> int | None:
    """The signer's own word for when (signing-time, or /M)."""
    [info] = standing.signed["signer_infos"]
    claimed = extract_self_reported_ts(info)
    if claimed is None and b"/M" in signature:
        told = octets(signature[b"/M"])
        if _TIME.fullmatch(told) is None:
            raise NotPlain("an odd time")
        claimed = parse_pdf_date(told.decode(), strict=True)
    return int(claimed.timestamp()) if claimed is not None else None


def _changes(
    held: Plain, field: Dictionary, signature: Dictionary, number: int, end: int
) -> Changes:
    """What followed, where that was validation data; raises NotPlain elsewhere."""
    for one in _items(signature.get(b"/Reference", [])):
        reference = held.dictionary(one)
        allowed = held.dictionary(reference.get(b"/TransformParams"))
        certifies = reference.get(b"/TransformMethod") == b"/DocMDP"
        if not certifies or allowed.get(b"/P") not in _PERMISSIONS:
            raise NotPlain("other permissions than DocMDP's")
    if b"/Lock" in field or not only_validation_data_follows(held.text, end, number):
        raise NotPlain("something else than validation data")
    return Changes.VALIDATION_DATA


def _knowledge(held: Plain, catalogue: Dictionary) -> LocalKnowledge:
    """The document's store (EN 319 142-1 §5.4.2); raises NotPlain where it is odd."""
    store = held.dictionary(catalogue.get(b"/DSS", {}))
    of_signatures = held.dictionary(store.get(b"/VRI", {}))
    within = [held.dictionary(one) for one in list(of_signatures.values())[: _MOST + 1]]
    found = []
    for in_store, in_signature in _KINDS:
        listed = [store.get(in_store, []), *(one.get(in_signature, []) for one in within)]
        numbers = dict.fromkeys(one for each in listed for one in _items(held.follow(each)))
        if max(len(numbers), len(within)) > _MOST:
            raise NotPlain("more than is looked at here")
        found.append(list(_pieces(held, numbers)))
    return validation_data.known(*found)


def _pieces(held: Plain, numbers: Iterable[Value]) -> Iterator[bytes]:
    for number in numbers:
        piece = held.read(number) if isinstance(number, int) else None
        if piece is None or piece.stream is None or not isinstance(piece.value, dict):
            raise NotPlain("no stream")
        start, length = piece.stream
        yield unpack(held.text[start : start + length], piece.value, _PIECE_BYTES)


def _items(value: Value | None) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value
