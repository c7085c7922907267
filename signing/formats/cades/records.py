"""Evidence records within a CMS: unsigned attributes that are over the rest of it (RFC 4998 §A)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from asn1crypto import cms

from keys import der
from signing.formats import evidence_records, statuses, time_stamps
from signing.formats.attributes import values
from signing.formats.cades import proofs
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import EVIDENCE_RECORDS, Content, Pieces
from signing.formats.evidence_records import EvidenceRecord
from signing.formats.time_stamps import Stamp

_, _EXTERNAL = EVIDENCE_RECORDS
_KINDS: Final = frozenset(map(der.oid, EVIDENCE_RECORDS))


def within(info: cms.SignerInfo) -> Iterator[EvidenceRecord]:
    """Those of a signer; raises ValueError."""
    for kind in EVIDENCE_RECORDS:
        for value in values(info["unsigned_attrs"], kind):
            yield evidence_records.parse(value.dump())


def stamps(
    encoded: bytes, signed: cms.SignedData, info: cms.SignerInfo, content: Content | None
) -> Iterator[Stamp]:
    """Their time-stamps. `encoded`: the ContentInfo. Raises ValueError."""
    for kind in EVIDENCE_RECORDS:
        for value in values(info["unsigned_attrs"], kind):
            objects: list[Content] = [Pieces((_without(encoded),))]
            objects += [content] if kind == _EXTERNAL and content is not None else []
            covers = (
                *statuses.ids(proofs.beside(signed, info)),
                *time_stamps.covered(proofs.tokens(info)),
            )
            yield from evidence_records.parse(value.dump()).stamps(objects, covers)


def _without(encoded: bytes) -> bytes:
    """The CMS as it was before records came into it."""
    signed = SignedData.parse(encoded)
    signers_before = tuple(_before(SignerInfo.parse(one)).dump() for one in signed.signer_infos)
    return replace(signed, signer_infos=signers_before).dump()


def _before(signer: SignerInfo) -> SignerInfo:
    kept = tuple(one for one in signer.unsigned if der.parts(one)[0] not in _KINDS)
    return replace(signer, unsigned=kept)
