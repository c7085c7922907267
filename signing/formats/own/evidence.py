"""The evidence for seals of ours, once it is known where they stand in their document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from keys.profiles import SEAL_POLICY, TIMESTAMP_POLICY
from signing.formats.own.certificates import NotOurs
from signing.formats.own.proofs import Proofs
from signing.formats.own.signatures import Signed, Stamped
from signing.formats.seal import ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import Changes, Digest, SignatureEvidence, TimeStampEvidence
from signing.rules.report import Level, StampKind

_TIME_STAMPING: Final = frozenset({"1.3.6.1.5.5.7.3.8"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A seal, which verifies, in a document that is as we write it: its field's name, the time that
    it claims (NumericDate), what came after it, where what it covers ends, and the SHA-256 of what
    it covers."""

    name: str
    claimed_at: int
    changes: Changes
    end: int
    digest: bytes
    signed: Signed
    stamp: Stamped | None


def of_seals(
    seals: Sequence[Placed], data: ValidationData, asked: Asked
) -> tuple[SignatureEvidence, ...]:
    """Of the seals of a document, and the validation data that came after them. Raises ValueError
    where anything is not ours."""
    signed = [one for seal in seals for one in _signatures(seal)]
    brought = [encoded for one in signed for encoded in (one.signer.der, *one.brought)]
    proofs = Proofs(asked, brought, data)
    proven = bool(data.certificates or data.ocsps or data.crls)
    followed = any(seal.changes is Changes.VALIDATION_DATA for seal in seals)
    proofs.check_brought(signed, needed=proven or followed)
    return tuple(_evidence(seal, proofs, proven=proven) for seal in seals)


def _signatures(seal: Placed) -> Iterator[Signed]:
    yield seal.signed
    if seal.stamp is not None:
        yield seal.stamp.signed


def _evidence(seal: Placed, proofs: Proofs, *, proven: bool) -> SignatureEvidence:
    signed, stamp, signer = seal.signed, seal.stamp, seal.signed.signer
    if SEAL_POLICY not in signer.policies:
        raise NotOurs("by somebody else")
    return SignatureEvidence(
        seal.name,
        digest_matches=True,
        signature_verifies=True,
        changes=seal.changes,
        covers_whole_file=seal.changes is Changes.NONE,
        signer=signer.party,
        claimed_at=seal.claimed_at,
        names_its_certificate=True,
        profiled=True,
        level=Level.B if stamp is None else Level.LT if proven else Level.T,
        revision=seal.end,
        id=signed.id,
        value=signed.value.hex(),
        algorithm=signer.signs,
        hashes=("sha256",),
        representation=Digest("sha256", signed.representation),
        objects=(Digest("sha256", seal.digest.hex()),),
        chains=proofs.chains(signer),
        key_usage=signer.key_usage,
        time_stamps=() if stamp is None else (_stamp(stamp, signed, proofs),),
    )


def _stamp(stamp: Stamped, over: Signed, proofs: Proofs) -> TimeStampEvidence:
    authority = stamp.signed.signer
    if authority.purposes != _TIME_STAMPING:
        raise NotOurs("no authority of ours")
    return TimeStampEvidence(
        stamp.signed.id,
        StampKind.SIGNATURE,
        stamp.at,
        authority.party,
        policy=TIMESTAMP_POLICY,
        accuracy=stamp.accuracy,
        algorithm=authority.signs,
        hashes=("sha256", "sha256"),
        chains=proofs.chains(authority),
        covers=(over.id, over.signer.party.fingerprint),
    )
