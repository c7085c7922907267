"""Archive time-stamps, third version (EN 319 122-1 §5.5.2, §5.5.3): what each has to be over. Their
index has versions of its own; the first two (TS 101 733 v2.2.1 §6.4.2) name whole attributes."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

from asn1crypto import cms

from keys import der
from signing.formats import cms as signers
from signing.formats import primitives, statuses, time_stamps
from signing.formats.attributes import values
from signing.formats.cades import proofs
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import ARCHIVE_TIME_STAMP_V3, TIME_STAMPS, Content
from signing.formats.time_stamps import Stamp

_INDEX_V1, _INDEX_V2, _INDEX_V3 = "0.4.0.1733.2.5", "0.4.0.19122.1.4", "0.4.0.19122.1.5"
_SET: Final = 0x31
_WITH_ALGORITHM: Final = 4  # how many fields an index has that says its hash function
_TIME_STAMPS: Final = frozenset(map(der.oid, TIME_STAMPS))


def stamps(
    encoded: bytes, number: int, info: cms.SignerInfo, content: Content | None
) -> tuple[Stamp, ...]:
    """Those of one signer. `encoded`: the ContentInfo; `number`: which of its signers."""
    if content is None:
        return ()
    return tuple(
        Stamp(
            token,
            partial(_imprint, encoded, number, token, content),
            covers=tuple(_covered(encoded, number, token)),
        )
        for token in signers.tokens(info["unsigned_attrs"], ARCHIVE_TIME_STAMP_V3)
    )


def _imprint(
    encoded: bytes, number: int, token: cms.SignedData, content: Content, name: str
) -> bytes:
    """§5.5.3; raises ValueError where the index names what isn't there. Signed attributes that came
    in another order are taken so by some: it is the digest that the token has, where either is."""
    signed = SignedData.parse(encoded)
    signer = SignerInfo.parse(signed.signer_infos[number])
    version, index = _index(token)
    for hashes, there in _indexed(version, index, signed, signer):
        if Counter(hashes) - Counter(hashed for hashed, _ in there):
            raise ValueError("the index names what is not there")
    before = (signed.content_type, content.digest(name))
    digests = [
        primitives.digest(name, *before, *fields, index)
        for fields in (signer.in_der, signer.fields)
    ]
    return time_stamps.imprint_among(token, digests)


def _covered(encoded: bytes, number: int, token: cms.SignedData) -> Iterator[str]:
    """The ids of what the index names: certificates, revocation data, time-stamps, wherever each
    is."""
    signed = SignedData.parse(encoded)
    signer = SignerInfo.parse(signed.signer_infos[number])
    try:
        version, index = _index(token)
        named = [
            [value for hashed, value in there if hashed in set(hashes)]
            for hashes, there in _indexed(version, index, signed, signer)
        ]
        certificates, revocation, attributes = named
    except ValueError:
        return
    yield from map(statuses.identify, certificates)
    yield from statuses.ids(proofs.of_choices(revocation))
    for attribute in attributes:
        whole = version != _INDEX_V3
        kind, *values = _opened(attribute) if whole else der.parts(der.sequence(attribute))
        held = [cms.ContentInfo.load(one)["content"] for one in values if kind in _TIME_STAMPS]
        yield from time_stamps.covered(held)
        again = cms.CMSAttribute.load(der.sequence(kind, der.tlv(_SET, *values)))
        yield from statuses.ids(proofs.in_attributes([again]))


def _index(token: cms.SignedData) -> tuple[str, bytes]:
    """The first index that is there, by its version (§5.5.2); raises ValueError."""
    versions = (_INDEX_V1, _INDEX_V2, _INDEX_V3)
    for attribute in token["signer_infos"][0]["unsigned_attrs"]:
        version = attribute["type"].dotted
        if version in versions:
            [index] = values([attribute], version)
            return version, index.dump()
    raise ValueError("an archive time-stamp without its index")


def _indexed(
    version: str, index: bytes, signed: SignedData, signer: SignerInfo
) -> Iterator[tuple[list[bytes], list[tuple[bytes, bytes]]]]:
    """§5.5.2: hashes of certificates, of revocation data, of unsigned attributes' values; beside
    them, what is there with its hash."""
    parts = der.parts(index)
    name: str | None = "sha256"
    if len(parts) == _WITH_ALGORITHM:
        algorithm, *parts = parts  # type: ignore[assignment]
        name = primitives.digest_name(cms.DigestAlgorithm.load(algorithm))
    elif version != _INDEX_V1:
        raise ValueError("an index by nobody knows which hash function")
    attributes = tuple(_values(signer)) if version == _INDEX_V3 else signer.unsigned
    held = (signed.certificates, signed.revocation, attributes)
    for hashes, pieces in zip(parts, held, strict=True):
        there = [(primitives.digest(name or "", value), value) for value in pieces]
        yield [der.content(one) for one in der.parts(hashes)], there


def _opened(attribute: bytes) -> tuple[bytes, ...]:
    """An attribute's type, and its values."""
    kind, listed = der.parts(attribute)
    return (kind, *der.parts(listed))


def _values(signer: SignerInfo) -> Iterator[bytes]:
    """Each unsigned attribute's type with each of its values."""
    for attribute in signer.unsigned:
        kind, *values = _opened(attribute)
        yield from (kind + value for value in values)
