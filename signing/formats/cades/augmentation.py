"""Time-stamps and proofs for CMS signatures that are there already (EN 319 122-1 §6.3).

Of what came in BER, and in whatever armour, the outermost lengths are written anew and nothing
else: each certificate, signer and attribute stays as it was encoded.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import cms as asn1

from keys import cms, der
from signing.formats import protection
from signing.formats.cades import proofs, records, sealing
from signing.formats.cades.ber import definite
from signing.formats.cades.encodings import Decoded, decode
from signing.formats.cades.signed_data import SignedData, SignerInfo, parts
from signing.formats.cms import (
    ARCHIVE_TIME_STAMP_V1,
    ARCHIVE_TIME_STAMP_V2,
    ARCHIVE_TIME_STAMP_V3,
    TIME_STAMPS,
    Pieces,
    encapsulated,
    tokens,
)
from signing.formats.ers import augmentation as of_records
from signing.formats.ers import renewal
from signing.formats.protection import Protection, stamped_at
from signing.formats.seal import TimeStamper, ValidationData

Step = Callable[[SignedData, SignerInfo], SignerInfo]

_OLD: Final = frozenset(map(der.oid, (ARCHIVE_TIME_STAMP_V1, ARCHIVE_TIME_STAMP_V2)))
"""Those that are over all that the CMS has."""

_ARCHIVES: Final = _OLD | {der.oid(ARCHIVE_TIME_STAMP_V3)}
_TIME_STAMPS: Final = frozenset(map(der.oid, TIME_STAMPS))
_SEQUENCE: Final = 0x30


@dataclass(frozen=True, slots=True)
class OfCms:
    """A CMS, in whatever encoding; `detached` is its content, where that is elsewhere. A time-stamp
    by itself is one, too, with or without the answer around it (RFC 3161 §2.4.2)."""

    document: bytes
    detached: bytes | None = None

    @property
    def media_type(self) -> str:
        if self._came.is_message:
            return "message/rfc822"
        if self._came.line is not None:
            return "text/plain"
        return f"application/pkcs7-{'signature' if self.detached is not None else 'mime'}"

    def certificates(self) -> frozenset[bytes]:
        signed = self._read()
        stamps = (token for info in signed["signer_infos"] for token in proofs.tokens(info))
        of_records = (token for one in records.within(signed) for token in one.tokens)
        held = (signed, *stamps, *of_records)
        return frozenset(one for each in held for one in protection.certificates(each))

    def protection(self) -> Protection:
        """Evidence records are over all of it."""
        held = records.encoded(self._read())
        if held:
            return protection.soonest(map(of_records.of_record, held))
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
        if self._is_recorded:
            return self

        def with_stamp(_: SignedData, signer: SignerInfo) -> SignerInfo:
            if der.oid(cms.SIGNATURE_TIME_STAMP) in _kinds(signer):
                return signer
            token = stamp(hashlib.sha256(signer.value).digest())
            return signer.with_unsigned(cms.attribute(cms.SIGNATURE_TIME_STAMP, token))

        return self._each(with_stamp)

    def with_proofs(self, data: ValidationData) -> "OfCms":
        """Beside an older archive time-stamp, which is over all that there is, they go into the
        newest one (TS 101 733 §6.4.1), beside an evidence record into that one's. Raises
        ValueError where a signature has none."""
        if self._is_recorded:
            return self._each_record(lambda _, record: renewal.with_proofs(record, data))
        signed = self._signed
        each = [_kinds(SignerInfo.parse(one)) for one in signed.signer_infos]
        if any(_OLD & kinds for kinds in each):
            return self._each(lambda _, signer: _in_newest(signer, data))
        return self._with(sealing.with_validation_data(signed, data))

    def archived(self, stamp: TimeStamper) -> "OfCms":
        """An evidence record is renewed; it is over all that there is."""
        content = encapsulated(self._read()) or self._beside()
        if content is None:
            raise ValueError("its content is elsewhere")
        if self._is_recorded:
            whole, _ = definite(self._info)

            def renewed(kind: str, record: bytes) -> bytes:
                over = records.objects(whole, kind, content)
                return renewal.renewed(record, over, stamp)

            return self._each_record(renewed)
        digest = content.digest("sha256")

        def with_archive(signed: SignedData, signer: SignerInfo) -> SignerInfo:
            return sealing.archived(signed, signer, digest, stamp)

        return self._each(with_archive)

    def dump(self) -> bytes:
        return self.document

    def _beside(self) -> Pieces | None:
        content = self.detached if self._came.content is None else self._came.content
        return Pieces((content,)) if content is not None else None

    def _read(self) -> asn1.SignedData:
        value, _ = definite(self._info)
        return asn1.ContentInfo.load(value, strict=True)["content"]

    @property
    def _came(self) -> Decoded:
        found = decode(self.document)
        if found is None:
            raise ValueError("not a CMS")
        return found

    @property
    def _answer(self) -> tuple[bytes, ...]:
        """The parts of the answer that a time-stamp may be in: the status, and the time-stamp."""
        found = parts(self._came.encoded)
        return found if found and found[0][0] == _SEQUENCE and len(found) == 2 else ()

    @property
    def _info(self) -> bytes:
        """The ContentInfo."""
        return self._answer[1] if self._answer else self._came.encoded

    @property
    def _signed(self) -> SignedData:
        return SignedData.parse(self._info)

    @property
    def _is_recorded(self) -> bool:
        return bool(records.encoded(self._read()))

    def _each_record(self, step: Callable[[str, bytes], bytes]) -> "OfCms":
        return self._each(lambda _, signer: records.with_each(signer, step))

    def _each(self, step: Step) -> "OfCms":
        signed = self._signed
        made = []
        for one in signed.signer_infos:
            signer = SignerInfo.parse(one)
            grown = step(signed, signer)
            made.append(one if grown is signer else grown.dump(as_it_is=not _sorted(signer)))
        return self._with(replace(signed, signer_infos=tuple(made)))

    def _with(self, grown: SignedData) -> "OfCms":
        """With these in the place of what was there, in the same order where that was one of its
        own: it may be time-stamped so."""
        encoded = grown.dump(as_it_is=self._signed.dump() != self._signed.dump(as_it_is=True))
        if self._answer:
            encoded = der.sequence(self._answer[0], encoded)
        return replace(self, document=self._came.with_encoded(encoded))


def _kinds(signer: SignerInfo) -> set[bytes]:
    return {parts(one)[0] for one in signer.unsigned}


def _sorted(signer: SignerInfo) -> bool:
    return list(signer.unsigned) == sorted(signer.unsigned)


def _in_newest(signer: SignerInfo, data: ValidationData) -> SignerInfo:
    """With proofs in the archive time-stamp that none is over yet, or where there is none, in the
    newest other one; raises ValueError."""
    kinds = [parts(one)[0] for one in signer.unsigned]
    archives = [number for number, kind in enumerate(kinds) if kind in _ARCHIVES]
    held = archives or [number for number, kind in enumerate(kinds) if kind in _TIME_STAMPS]
    if not held:
        raise ValueError("another signature's time-stamp is over all that it could be put into")
    newest = max(held, key=lambda number: stamped_at(_token(signer.unsigned[number])))
    kind, listed = parts(signer.unsigned[newest])
    [token] = parts(listed)
    attribute = der.sequence(kind, der.set_of(OfCms(token).with_proofs(data).document))
    unsigned = (*signer.unsigned[:newest], attribute, *signer.unsigned[newest + 1 :])
    return replace(signer, unsigned=unsigned)


def _token(attribute: bytes) -> asn1.SignedData:
    """The one time-stamp in an attribute; raises ValueError."""
    [token] = parts(parts(attribute)[1])
    return asn1.ContentInfo.load(definite(token)[0])["content"]
