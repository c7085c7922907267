"""The time-stamps of CAdES signatures of before 2013 (ETSI TS 101 733 v1.8.3 §6.2, §6.3.5, §6.3.6,
§6.4.1; EN 319 122-1 §A.1.5, §A.2): over references to proofs, and archive-time-stamp-v2."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from asn1crypto import algos, cms

from keys import der
from signing.formats import cms as signers
from signing.formats import primitives, statuses, time_stamps, validation_data
from signing.formats.attributes import values
from signing.formats.cades import proofs
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import (
    ARCHIVE_TIME_STAMP_V2,
    ARCHIVE_TIME_STAMP_V3,
    REFERENCES_TIME_STAMPS,
    SIGNATURE_TIME_STAMP,
    Content,
)
from signing.formats.protection import stamped_at
from signing.formats.time_stamps import Stamp
from signing.rules.report import StampKind

_REFERENCES: Final = ("1.2.840.113549.1.9.16.2.21", "1.2.840.113549.1.9.16.2.22")
_ARCHIVES: Final = (ARCHIVE_TIME_STAMP_V2, ARCHIVE_TIME_STAMP_V3)
_SEQUENCE: Final = 0x30
_OCTET_STRING: Final = 0x04
_CONSTRUCTED: Final = 0x20
_DEPTH: Final = 8


@dataclass(frozen=True)
class OldStamps:
    """Those of one signer. `encoded`: the ContentInfo; `number`: which of its signers."""

    signed: cms.SignedData
    info: cms.SignerInfo
    encoded: bytes
    number: int

    def over_references(self) -> Iterator[Stamp]:
        """§6.3.5, §6.3.6: the attributes' types and values, one after the other; with the signature
        and its time-stamps, or without."""
        with_signature, alone = REFERENCES_TIME_STAMPS
        for kind in (with_signature, alone):
            signature = kind == with_signature
            for token in self._tokens(kind):
                over = partial(self._referring, signature=signature)
                covers = [*self._referenced()]
                if signature:
                    covers += time_stamps.covered(self._tokens(SIGNATURE_TIME_STAMP))
                yield Stamp(
                    token, over, StampKind.VALIDATION_DATA, tuple(covers), signature=signature
                )

    def archives(self, content: Content | None) -> Iterator[Stamp]:
        """§6.4.1: over the whole SignedData, without archive time-stamps that came later."""
        if content is None:
            return
        for token in self._tokens(ARCHIVE_TIME_STAMP_V2):
            others = [*REFERENCES_TIME_STAMPS, SIGNATURE_TIME_STAMP]
            before = [
                *(one for kind in others for one in self._tokens(kind)),
                *(one for one in self._archives() if stamped_at(one) < stamped_at(token)),
            ]
            held = statuses.ids(proofs.beside(self.signed, self.info))
            covers = (*held, *time_stamps.covered(before))
            yield Stamp(token, partial(self._archived, token, content), covers=covers)

    def _tokens(self, kind: str) -> list[cms.SignedData]:
        return signers.tokens(self.info["unsigned_attrs"], kind)

    def _archives(self) -> list[cms.SignedData]:
        return [one for kind in _ARCHIVES for one in self._tokens(kind)]

    def _referring(self, name: str, *, signature: bool) -> bytes:
        signer = SignerInfo.parse(SignedData.parse(self.encoded).signer_infos[self.number])
        parts = [der.content(signer.fields[-1])] if signature else []
        for kind in (*((SIGNATURE_TIME_STAMP,) if signature else ()), *_REFERENCES):
            parts += [der.content(one) for one in signer.unsigned if _is_of(one, kind)]
        return primitives.digest(name, *parts)

    def _archived(self, token: cms.SignedData, content: Content, name: str) -> bytes:
        """Annex K: some took the unsigned attributes without tag and length of their set. It is
        the digest that the token has, where either is."""
        signed = SignedData.parse(self.encoded)
        signer = SignerInfo.parse(signed.signer_infos[self.number])
        unsigned = [one for one in signer.unsigned if not _is_later(one, token)]
        fields = [
            der.tlv(tag, *held)
            for tag, held in ((0xA0, signed.certificates), (0xA1, signed.revocation))
            if held
        ]
        outside = [content.whole()] if signed.content is None else []
        before = (signed.encapsulated, *outside, *fields, *signer.fields)
        digests = [
            primitives.digest(name, *before, der.tlv(0xA1, *unsigned)),
            primitives.digest(name, *before, *unsigned),
        ]
        return time_stamps.imprint_among(token, digests)

    def _referenced(self) -> Iterator[str]:
        references = [
            reference
            for kind in _REFERENCES
            for value in values(self.info["unsigned_attrs"], kind)
            for reference in _digests(value.dump(), _DEPTH)
        ]
        known = proofs.knowledge(self.signed, self.info)
        return statuses.ids(validation_data.referenced(known, references))


def _is_of(attribute: bytes, *kinds: str) -> bool:
    return der.parts(attribute)[0] in map(der.oid, kinds)


def _is_later(attribute: bytes, token: cms.SignedData) -> bool:
    """Whether it is an archive time-stamp, and not from before this one."""
    if not _is_of(attribute, *_ARCHIVES):
        return False
    values = der.parts(der.parts(attribute)[1])
    held = [cms.ContentInfo.load(value)["content"] for value in values]
    return any(stamped_at(one) >= stamped_at(token) for one in held)


def _digests(encoded: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Each OtherHashAlgAndValue in a value (§6.2.1, §6.2.2); what is none says nothing."""
    if not depth or not encoded[0] & _CONSTRUCTED:
        return
    try:
        parts = der.parts(encoded)
    except ValueError:
        return
    tags = [one[0] for one in parts]
    if tags == [_SEQUENCE, _OCTET_STRING] and der.content(parts[0])[:1] == b"\x06":
        name = primitives.digest_name(algos.DigestAlgorithm.load(parts[0]))
        yield name or "", der.content(parts[1])
        return
    for one in parts:
        yield from _digests(one, depth - 1)
