"""CAdES seals (ETSI EN 319 122-1), from a digest alone: the content may stay where it is.

Each step takes a CMS and returns it with more: B-B or B-T, then B-LT, then B-LTA.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from keys import cms, der
from signing.formats.cades.ber import definite
from signing.formats.cades.signed_data import SignedData, SignerInfo, parts
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData

ARCHIVE_TIME_STAMP_V3: Final = "0.4.0.1733.2.4"  # §5.5.3
ATS_HASH_INDEX_V3: Final = "0.4.0.19122.1.5"  # §5.5.2
_SIGNED_ATTRIBUTES: Final = 3  # of a SignerInfo (RFC 5652 §5.3)
_CONTENT_HINTS: Final = der.oid(cms.CONTENT_HINTS)
_SHA256: Final = der.digest_algorithm("sha256")


def sign(
    digest: bytes,
    by: Identity,
    stamp: TimeStamper | None,
    signing_time: int | None,
    name: str | None = None,
) -> Signed:
    """A detached signature over content of which we know the SHA-256: B-B, or B-T with `stamp`.

    Without `signing_time` it is what a PDF holds (EN 319 142-1 §5.3). `name` is the content's,
    signed with it.
    """
    attributes = cms.signed_attributes(
        cms.DATA, digest, by.certificate, by.signer, signing_time=signing_time, description=name
    )
    signature = by.signer.sign(attributes)
    signature_digest = hashlib.sha256(signature).digest()
    made = cms.signed_data(
        cms.DATA,
        None,
        attributes,
        signature,
        by.signer,
        by.certificate,
        by.chain,
        time_stamp=stamp(signature_digest) if stamp is not None else None,
    )
    return Signed(made, signature_digest)


def signed_name(part: bytes) -> str | None:
    """The content's name, where it was signed with it; raises ValueError."""
    [encoded] = SignedData.parse(part).signer_infos
    for attribute in der.parts(SignerInfo.parse(encoded).fields[_SIGNED_ATTRIBUTES]):
        kind, values = der.parts(attribute)
        if kind == _CONTENT_HINTS:
            return der.content(der.parts(der.parts(values)[0])[0]).decode()
    return None


def add_validation_data(part: bytes, data: ValidationData) -> bytes:
    """B-LT: certificates and revocation data in the SignedData itself (§6.3, requirements for
    SignedData.certificates and SignedData.crls)."""
    return with_validation_data(SignedData.parse(part), data).dump()


def with_validation_data(signed: SignedData, data: ValidationData) -> SignedData:
    choices = (*data.crls, *(cms.ocsp_choice(answer) for answer in data.ocsps))
    return signed.with_proofs(data.certificates, choices)


def archive(part: bytes, digest: bytes, stamp: TimeStamper) -> bytes:
    """B-LTA: an archive time-stamp over the signature and all its proofs (§5.5.3). `digest` is
    SHA-256 over the content. There is one signer."""
    signed = SignedData.parse(part)
    [encoded] = signed.signer_infos
    signer = archived(signed, SignerInfo.parse(encoded), digest, stamp)
    return replace(signed, signer_infos=(signer.dump(),)).dump()


def archived(
    signed: SignedData, signer: SignerInfo, digest: bytes, stamp: TimeStamper
) -> SignerInfo:
    """One of the signers with an archive time-stamp."""
    index = _hash_index(signed, signer)
    token = _with_index(stamp(_imprint(signed, signer, digest, index)), index)
    return signer.with_unsigned(cms.attribute(ARCHIVE_TIME_STAMP_V3, token))


def envelop(part: bytes, content: bytes) -> bytes:
    """The same signature with its content within."""
    return SignedData.parse(part).with_content(content).dump()


def add_signer(existing: bytes, part: bytes) -> bytes:
    """A CMS of others, and our signature over the same content beside theirs."""
    return SignedData.parse(existing).joined(SignedData.parse(part)).dump()


def _imprint(signed: SignedData, signer: SignerInfo, digest: bytes, index: bytes) -> bytes:
    """What an archive time-stamp is made over (§5.5.3), in DER."""
    covered = b"".join((signed.content_type, digest, *signer.in_der, index))
    return hashlib.sha256(covered).digest()


def _hash_index(signed: SignedData, signer: SignerInfo) -> bytes:
    """ATSHashIndexV3: what the archive time-stamp covers, piece by piece (§5.5.2)."""
    values = (
        kind + definite(value)[0]
        for kind, listed in map(parts, signer.unsigned)
        for value in parts(listed)
    )
    return der.sequence(_SHA256, *map(_hashes, (signed.certificates, signed.revocation, values)))


def _hashes(pieces: Iterable[bytes]) -> bytes:
    return der.sequence(*(der.octet_string(hashlib.sha256(one).digest()) for one in pieces))


def _with_index(token: bytes, index: bytes) -> bytes:
    """The token with the index that it was made over, as an unsigned attribute of its own."""
    signed = SignedData.parse(token)
    [encoded] = signed.signer_infos
    signer = SignerInfo.parse(encoded).with_unsigned(cms.attribute(ATS_HASH_INDEX_V3, index))
    return replace(signed, signer_infos=(signer.dump(),)).dump()
