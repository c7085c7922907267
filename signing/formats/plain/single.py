"""Evidence for the one signature of a plain PDF, whoever wrote it: our own reader says where it
stands. A seal of ours, which pyHanko may have written, is made again and compared; somebody else's
signature is read as it is everywhere.

What `pades.reading` finds in such a document, it finds too. For every other document, and where
there is more than one signature, a time-stamp over it, or an update that is not proven to bring
validation data alone, it finds nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import cms
from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.sign.validation.generic_cms import extract_self_reported_ts
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import certificates, validation_data
from signing.formats.cms import WHATEVER
from signing.formats.digests import Covered, Digests
from signing.formats.own.certificates import NotOurs
from signing.formats.own.evidence import Placed, of_seals
from signing.formats.own.signatures import read_seal
from signing.formats.pades import increment, structure
from signing.formats.pades.signed import DETACHED, SHA1, Document, Standing, weighed
from signing.formats.pades.structure import der_length
from signing.formats.paths import Paths
from signing.formats.plain.document import Plain, read_plain, until
from signing.formats.plain.lexer import NotPlain, Value, octets
from signing.formats.plain.place import Dictionary, signature_names
from signing.formats.plain.sealing import digits, end_of, read_store
from signing.formats.plain.sections import natural, unpack
from signing.formats.plain.updates import only_validation_data_follows
from signing.formats.profile import is_ours
from signing.formats.seal import ValidationData
from signing.formats.trust import Asked, at_once
from signing.formats.validation_data import together
from signing.rules.evidence import Changes, DocumentEvidence, SignatureEvidence
from signing.rules.report import Format

_PADES: Final = b"/ETSI.CAdES.detached"
_FORMS: Final = (_PADES, DETACHED.encode(), SHA1.encode())
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


@dataclass(frozen=True, slots=True)
class _Signature:
    """The one signature: its field and its own dictionary, the number of that, its ranges, and its
    CMS."""

    held: Plain
    name: str
    field: Dictionary
    entries: Dictionary
    number: int
    ranges: list[int]
    encoded: bytes

    @property
    def end(self) -> int:
        """Where what it covers ends."""
        return sum(self.ranges[2:])


def _read(digests: Digests, asked: Asked) -> DocumentEvidence:
    held = read_plain(digests.document)
    catalogue = held.dictionary(held.trailer.get(b"/Root"))
    signature = _find(held, held.dictionary(catalogue.get(b"/AcroForm")))
    signed = cms.ContentInfo.load(signature.encoded, strict=True)["content"]
    if signed["encap_content_info"]["content_type"].native != "data":
        raise NotPlain("a signature over something else than data")
    brought = [certificates.load(one.chosen.dump()) for one in signed["certificates"]]
    if any(map(is_ours, brought)):
        found = _of_ours(digests, signature, asked)
    else:
        found = (_of_another(digests, signature, signed, _knowledge(held, catalogue), asked),)
    return DocumentEvidence(held.end, digests.whole(), found, format=Format.PDF)


def _find(held: Plain, form: Dictionary) -> _Signature:
    """Raises NotPlain where there is anything to say of how it sits in its file."""
    [name] = signature_names(held, form)
    [field] = map(held.dictionary, _items(held.follow(form.get(b"/Fields", b""))))
    number = field[b"/V"]
    assert isinstance(number, int)
    entries = held.dictionary(number)
    ranges = [natural(one) for one in _items(entries.get(b"/ByteRange"))]
    contents = octets(entries.get(b"/Contents", b""))
    length = der_length(contents)
    if entries.get(b"/Type", b"/Sig") != b"/Sig" or entries.get(b"/SubFilter") not in _FORMS:
        raise NotPlain("a signature of another kind")
    if length is None or structure.faults(held.text, ranges, contents):
        raise NotPlain("a signature that sits oddly")
    if ranges[2] - ranges[1] != 2 * len(contents) + 2:
        raise NotPlain("more between its parts than its digits")
    return _Signature(held, name, field, entries, number, ranges, contents[:length])


def _of_another(
    digests: Digests,
    signature: _Signature,
    signed: cms.SignedData,
    knowledge: LocalKnowledge,
    asked: Asked,
) -> SignatureEvidence:
    form = signature.entries[b"/SubFilter"]
    assert isinstance(form, bytes)
    standing = Standing(signature.ranges, form.decode(), signed)
    paths = Paths(asked.anchors, (), together(knowledge, asked.known))
    nothing = SignatureEvidence(signature.name, claimed_at=_claimed(signature, signed))
    around = Document(digests, asked, knowledge, paths)
    found, opened = at_once(weighed(around, standing, nothing))
    if is_ours(opened.signer):
        raise NotPlain("a seal of ours whose certificate is elsewhere")
    return replace(
        found,
        changes=_changes(signature),
        covers_whole_file=signature.end == signature.held.end,
        revision=None if found.faults else signature.end,
    )


def _of_ours(
    digests: Digests, signature: _Signature, asked: Asked
) -> tuple[SignatureEvidence, ...]:
    """Raises where anything is not as we write it: see `signing.formats.pades.own_seal`."""
    held, (_, gap, after, _) = signature.held, signature.ranges
    if signature.entries[b"/SubFilter"] != _PADES or held.text[gap:after] != digits(
        signature.encoded
    ):
        raise NotOurs("a signature of another form")
    covered = Covered(digests, signature.ranges).digest("sha256")
    sealed = read_seal(signature.encoded, covered)
    claimed = _time(signature.entries[b"/M"])
    signed = until(held, signature.end)
    had, has = read_store(signed), read_store(held)
    if any(had.data) or (
        signed is not held
        and increment.append(end_of(signed), had, has.since(had)) != held.text[signed.end :]
    ):
        raise NotOurs("a store of another form")
    end, changed = signature.end, _changes(signature)
    placed = Placed(signature.name, claimed, changed, end, covered, *sealed)
    return of_seals([placed], ValidationData(*has.data), asked)


def _claimed(signature: _Signature, signed: cms.SignedData) -> int | None:
    """The signer's own word for when (signing-time, or /M)."""
    [info] = signed["signer_infos"]
    claimed = extract_self_reported_ts(info)
    if claimed is not None:
        return int(claimed.timestamp())
    return _time(signature.entries[b"/M"]) if b"/M" in signature.entries else None


def _time(value: Value) -> int:
    """A date (ISO 32000-2 §7.9.4), as a NumericDate."""
    told = octets(value)
    if _TIME.fullmatch(told) is None:
        raise NotPlain("an odd time")
    return int(parse_pdf_date(told.decode(), strict=True).timestamp())


def _changes(signature: _Signature) -> Changes:
    """What followed, if it was validation data; raises NotPlain elsewhere."""
    held, field, end = signature.held, signature.field, signature.end
    if end == held.end:
        return Changes.NONE
    for one in _items(signature.entries.get(b"/Reference", [])):
        reference = held.dictionary(one)
        allowed = held.dictionary(reference.get(b"/TransformParams"))
        certifies = reference.get(b"/TransformMethod") == b"/DocMDP"
        if not certifies or allowed.get(b"/P") not in _PERMISSIONS:
            raise NotPlain("other permissions than DocMDP's")
    if b"/Lock" in field or not only_validation_data_follows(held.text, end, signature.number):
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
