"""Evidence records within a CMS: unsigned attributes that are over the rest of it (RFC 4998 §A).
Once there is one, nothing but records may grow (TS 119 122-3)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from asn1crypto import cms

from keys import der
from signing.formats import statuses, time_stamps
from signing.formats.attributes import values
from signing.formats.cades import proofs
from signing.formats.cades.ber import definite
from signing.formats.cades.signed_data import SignedData, SignerInfo, parts
from signing.formats.cms import EVIDENCE_RECORDS, Content, Pieces
from signing.formats.ers import reading as evidence_records
from signing.formats.ers.reading import EvidenceRecord
from signing.formats.time_stamps import Stamp

_, _EXTERNAL = EVIDENCE_RECORDS
_KINDS: Final = {der.oid(one): one for one in EVIDENCE_RECORDS}


def within(signed: cms.SignedData) -> Iterator[EvidenceRecord]:
    """Those of all signers; raises ValueError."""
    for _, value in _values(signed):
        yield evidence_records.parse(value.dump())


def encoded(signed: cms.SignedData) -> list[bytes]:
    """The same, as they are encoded."""
    return [value.dump() for _, value in _values(signed)]


def stamps(
    encoded: bytes, signed: cms.SignedData, info: cms.SignerInfo, content: Content | None
) -> Iterator[Stamp]:
    """Their time-stamps, each of which is over every signer. `encoded`: the ContentInfo. Raises
    ValueError."""
    for kind, value in _values(signed):
        covers = (
            *statuses.ids(proofs.beside(signed, info)),
            *time_stamps.covered(proofs.tokens(info)),
        )
        over = objects(encoded, kind, content)
        yield from evidence_records.parse(value.dump()).stamps(over, covers)


def objects(encoded: bytes, kind: str, content: Content | None) -> list[Content]:
    """What a record of this kind is over, in a ContentInfo. Raises ValueError."""
    found: list[Content] = [Pieces((_without(encoded),))]
    return [*found, content] if kind == _EXTERNAL and content is not None else found


def with_each(signer: SignerInfo, step: Callable[[str, bytes], bytes]) -> SignerInfo:
    """With what a step makes of each record of a signer, by its kind."""
    return replace(signer, unsigned=tuple(_stepped(one, step) for one in signer.unsigned))


def _stepped(attribute: bytes, step: Callable[[str, bytes], bytes]) -> bytes:
    kind, listed = parts(attribute)
    if kind not in _KINDS:
        return attribute
    made = (step(_KINDS[kind], definite(one)[0]) for one in parts(listed))
    return der.sequence(kind, der.set_of(*made))


def _values(signed: cms.SignedData) -> Iterator[tuple[str, Any]]:
    for info in signed["signer_infos"]:
        for kind in EVIDENCE_RECORDS:
            for value in values(info["unsigned_attrs"], kind):
                yield kind, value


def _without(encoded: bytes) -> bytes:
    """The CMS as it was before records came into it."""
    signed = SignedData.parse(encoded)
    signers_before = tuple(_before(SignerInfo.parse(one)).dump() for one in signed.signer_infos)
    return replace(signed, signer_infos=signers_before).dump()


def _before(signer: SignerInfo) -> SignerInfo:
    kept = tuple(one for one in signer.unsigned if der.parts(one)[0] not in _KINDS)
    return replace(signer, unsigned=kept)
