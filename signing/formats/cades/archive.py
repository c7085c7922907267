"""Archive time-stamps, third version (EN 319 122-1 §5.5.2, §5.5.3): what each has to be over."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

from asn1crypto import cms

from keys import der
from signing.formats import cms as signers
from signing.formats import primitives
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import ARCHIVE_TIME_STAMP_V3, Content
from signing.formats.time_stamps import Stamp

_HASH_INDEX_V3: Final = "0.4.0.19122.1.5"
_SEQUENCE: Final = 0x30


def stamps(
    encoded: bytes, number: int, info: cms.SignerInfo, content: Content | None
) -> tuple[Stamp, ...]:
    """Those of one signer. `encoded`: the ContentInfo; `number`: which of its signers."""
    if content is None:
        return ()
    return tuple(
        Stamp(token, partial(_imprint, encoded, number, token, content))
        for token in signers.tokens(info, ARCHIVE_TIME_STAMP_V3)
    )


def _imprint(
    encoded: bytes, number: int, token: cms.SignedData, content: Content, name: str
) -> bytes:
    """§5.5.3; raises ValueError where the index names what isn't there."""
    signed = SignedData.parse(encoded)
    signer = SignerInfo.parse(signed.signer_infos[number])
    [index] = signers.values(token["signer_infos"][0]["unsigned_attrs"], _HASH_INDEX_V3)
    _check_index(index.dump(), signed, signer)
    return primitives.digest(
        name, signed.content_type, content.digest(name), *signer.fields, index.dump()
    )


def _check_index(index: bytes, signed: SignedData, signer: SignerInfo) -> None:
    """§5.5.2: each hash is that of a certificate, of revocation data, or of an unsigned attribute's
    value, which are there."""
    parts = der.parts(index)
    name: str | None = "sha256"
    if len(parts) == 4:
        algorithm, *parts = parts  # type: ignore[assignment]
        name = primitives.digest_name(cms.DigestAlgorithm.load(algorithm))
    held = (signed.certificates, signed.revocation, tuple(_values(signer)))
    for hashes, values in zip(parts, held, strict=True):
        there = Counter(primitives.digest(name or "", value) for value in values)
        if Counter(map(der.content, der.parts(hashes))) - there:
            raise ValueError("the index names what is not there")


def _values(signer: SignerInfo) -> Iterator[bytes]:
    """Each unsigned attribute's type with each of its values."""
    for attribute in signer.unsigned:
        kind, listed = der.parts(attribute)
        yield from (kind + value for value in der.parts(listed))
