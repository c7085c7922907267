"""Archive time-stamps, third version (EN 319 122-1 §5.5.2, §5.5.3): what each has to be over."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

from asn1crypto import cms

from keys import der
from signing.formats import cms as signers
from signing.formats import primitives, statuses, time_stamps
from signing.formats.cades import proofs
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import ARCHIVE_TIME_STAMP_V3, TIME_STAMPS, Content
from signing.formats.time_stamps import Stamp

_HASH_INDEX_V3: Final = "0.4.0.19122.1.5"
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
    """§5.5.3; raises ValueError where the index names what isn't there."""
    signed = SignedData.parse(encoded)
    signer = SignerInfo.parse(signed.signer_infos[number])
    index = _index(token)
    for hashes, there in _indexed(index, signed, signer):
        if Counter(hashes) - Counter(hashed for hashed, _ in there):
            raise ValueError("the index names what is not there")
    return primitives.digest(name, signed.content_type, content.digest(name), *signer.fields, index)


def _covered(encoded: bytes, number: int, token: cms.SignedData) -> Iterator[str]:
    """The ids of what the index names: certificates, revocation data, time-stamps."""
    signed = SignedData.parse(encoded)
    signer = SignerInfo.parse(signed.signer_infos[number])
    try:
        named = [
            [value for hashed, value in there if hashed in set(hashes)]
            for hashes, there in _indexed(_index(token), signed, signer)
        ]
        certificates, revocation, values = named
    except ValueError:
        return
    yield from map(statuses.identify, certificates)
    yield from statuses.ids(proofs.of_choices(revocation))
    for value in values:
        kind, held_value = der.parts(der.sequence(value))
        if kind in _TIME_STAMPS:
            yield from time_stamps.covered([cms.ContentInfo.load(held_value)["content"]])


def _index(token: cms.SignedData) -> bytes:
    """ATSHashIndexV3 (§5.5.2); raises ValueError."""
    [index] = signers.values(token["signer_infos"][0]["unsigned_attrs"], _HASH_INDEX_V3)
    encoded: bytes = index.dump()
    return encoded


def _indexed(
    index: bytes, signed: SignedData, signer: SignerInfo
) -> Iterator[tuple[list[bytes], list[tuple[bytes, bytes]]]]:
    """§5.5.2: hashes of certificates, of revocation data, of unsigned attributes' values; beside
    them, what is there with its hash."""
    parts = der.parts(index)
    name: str | None = "sha256"
    if len(parts) == 4:
        algorithm, *parts = parts  # type: ignore[assignment]
        name = primitives.digest_name(cms.DigestAlgorithm.load(algorithm))
    held = (signed.certificates, signed.revocation, tuple(_values(signer)))
    for hashes, values in zip(parts, held, strict=True):
        there = [(primitives.digest(name or "", value), value) for value in values]
        yield [der.content(one) for one in der.parts(hashes)], there


def _values(signer: SignerInfo) -> Iterator[bytes]:
    """Each unsigned attribute's type with each of its values."""
    for attribute in signer.unsigned:
        kind, listed = der.parts(attribute)
        yield from (kind + value for value in der.parts(listed))
