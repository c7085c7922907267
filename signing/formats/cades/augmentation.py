"""Time-stamps and proofs for CMS signatures that are there already (EN 319 122-1 §6.3)."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from asn1crypto import cms as asn1

from keys import cms, der
from signing.formats import protection
from signing.formats.cades import proofs, sealing
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import (
    ARCHIVE_TIME_STAMP_V2,
    ARCHIVE_TIME_STAMP_V3,
    Pieces,
    encapsulated,
    tokens,
)
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData

Step = Callable[[SignedData, SignerInfo], SignerInfo]


@dataclass(frozen=True, slots=True)
class OfCms:
    """A CMS in DER; `detached` is its content, where that is elsewhere. A time-stamp by itself is
    one, too."""

    document: bytes
    detached: bytes | None = None

    @property
    def media_type(self) -> str:
        return f"application/pkcs7-{'signature' if self.detached is not None else 'mime'}"

    def certificates(self) -> frozenset[bytes]:
        signed = self._read()
        stamps = (token for info in signed["signer_infos"] for token in proofs.tokens(info))
        return frozenset(one for each in (signed, *stamps) for one in protection.certificates(each))

    def protection(self) -> Protection:
        return protection.of(self._archives())

    def protection_of_itself(self) -> Protection:
        """Of a time-stamp, with those over it."""
        signed = self._read()
        return protection.of([[signed, *(one for each in self._archives() for one in each)]])

    def _archives(self) -> Iterator[list[asn1.SignedData]]:
        """The archive time-stamps of each signature."""
        for info in self._read()["signer_infos"]:
            held = info["unsigned_attrs"]
            kinds = (ARCHIVE_TIME_STAMP_V2, ARCHIVE_TIME_STAMP_V3)
            yield [one for kind in kinds for one in tokens(held, kind)]

    def stamped(self, stamp: TimeStamper) -> "OfCms":
        def with_stamp(_: SignedData, signer: SignerInfo) -> SignerInfo:
            kinds = {der.parts(one)[0] for one in signer.unsigned}
            if der.oid(cms.SIGNATURE_TIME_STAMP) in kinds:
                return signer
            token = stamp(hashlib.sha256(der.content(signer.fields[-1])).digest())
            return signer.with_unsigned(cms.attribute(cms.SIGNATURE_TIME_STAMP, token))

        return self._each(with_stamp)

    def with_proofs(self, data: ValidationData) -> "OfCms":
        """Raises ValueError beside an archive-time-stamp-v2, which is over all that there is."""
        signed = SignedData.parse(self.document)
        signers = map(SignerInfo.parse, signed.signer_infos)
        kinds = {der.parts(one)[0] for signer in signers for one in signer.unsigned}
        if der.oid(ARCHIVE_TIME_STAMP_V2) in kinds:
            raise ValueError("nothing may be added beside its archive time-stamp")
        return replace(self, document=sealing.add_validation_data(self.document, data))

    def archived(self, stamp: TimeStamper) -> "OfCms":
        beside = Pieces((self.detached,)) if self.detached is not None else None
        content = encapsulated(self._read()) or beside
        if content is None:
            raise ValueError("its content is elsewhere")
        digest = content.digest("sha256")

        def with_archive(signed: SignedData, signer: SignerInfo) -> SignerInfo:
            return sealing.archived(signed, signer, digest, stamp)

        return self._each(with_archive)

    def dump(self) -> bytes:
        return self.document

    def _read(self) -> asn1.SignedData:
        return asn1.ContentInfo.load(self.document, strict=True)["content"]

    def _each(self, step: Step) -> "OfCms":
        signed = SignedData.parse(self.document)
        signers = [step(signed, SignerInfo.parse(one)).dump() for one in signed.signer_infos]
        return replace(self, document=replace(signed, signer_infos=tuple(signers)).dump())
