"""The one form of a CMS seal of ours, and of our time-stamps (EN 319 122-1, RFC 3161): as
`cades.sealing` and `keys.timestamp` write them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from asn1crypto import algos, x509
from cryptography.x509 import load_der_x509_certificate

from keys import cms, der
from keys.profiles import SEAL_POLICY, TIMESTAMP_POLICY
from signing.formats import primitives, profile
from signing.formats.cades.sealing import ARCHIVE_TIME_STAMP_V3, ATS_HASH_INDEX_V3
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.ers.reading import EvidenceRecord
from signing.formats.seal import ValidationData

_DATA: Final = der.oid(cms.DATA)
_TST_INFO: Final = der.oid(cms.TST_INFO)
_SHA256: Final = der.digest_algorithm("sha256")
_TIME_STAMP: Final = der.oid(cms.SIGNATURE_TIME_STAMP)
_ARCHIVE: Final = der.oid(ARCHIVE_TIME_STAMP_V3)
_INDEX: Final = der.oid(ATS_HASH_INDEX_V3)
_GRANTED: Final = der.sequence(der.integer(0))  # PKIStatusInfo
_SET_OF: Final = der.set_of()[:1]
_OTHER: Final = cms.ocsp_choice(b"")[0]  # not a CRL


@dataclass(frozen=True, slots=True)
class _Signer:
    """A SignerInfo, the certificate that it names (DER), and its unsigned attributes by type."""

    encoded: bytes
    info: SignerInfo
    certificate: bytes

    @classmethod
    def find(cls, signed: SignedData, encoded: bytes) -> "_Signer | None":
        info = SignerInfo.parse(encoded)
        for one in signed.certificates:
            if _identifier(one) == info.fields[1]:
                return cls(encoded, info, one)
        return None

    def is_under(self, policy: str) -> bool:
        return profile.is_ours(x509.Certificate.load(self.certificate), policy)

    def stands(self) -> bool:
        """RFC 5652 §5.3, as `cms.signer_info` writes it; the attributes were signed as they are."""
        _, _, _, attributes, algorithm, value = self.info.fields
        again = (
            der.integer(1),
            _identifier(self.certificate),
            _SHA256,
            der.implicit(0, der.set_of(*der.parts(attributes))),
            algorithm,
            der.octet_string(der.content(value)),
        )
        return (
            again == self.info.fields
            and self.info.dump() == self.encoded
            and profile.signed_by(
                self.certificate, algorithm, der.content(value), _SET_OF + attributes[1:]
            )
        )

    def unsigned(self) -> Iterator[tuple[bytes, bytes]]:
        """Each attribute's type and its one value; raises ValueError."""
        for attribute in self.info.unsigned:
            kind, listed = der.parts(attribute)
            [value] = der.parts(listed)
            if attribute != der.sequence(kind, der.set_of(value)):
                raise ValueError("another encoding")
            yield kind, value


def signature_stands(encoded: bytes, number: int, roots: Collection[bytes]) -> bool:
    """Whether a signer's signature, by its number, is in the one form of ours. `roots`: trusted,
    DER."""
    try:
        signed = SignedData.parse(encoded)
        own = _Signer.find(signed, signed.signer_infos[number])
        return own is not None and _seal_stands(own, roots) and _around_stands(signed, encoded)
    except profile.WRONG:
        return False


def rest_stands(encoded: bytes, roots: Collection[bytes]) -> bool:
    """Whether a CMS, all of whose signatures are seals of ours, has besides them what they need."""
    try:
        signed = SignedData.parse(encoded)
        signers = [_Signer.find(signed, one) for one in signed.signer_infos]
        return _rest_stands(signed, [one for one in signers if one is not None], roots)
    except profile.WRONG:
        return False


def token_stands(encoded: bytes, roots: Collection[bytes], *, alone: bool = False) -> bool:
    """Whether a time-stamp is one of ours, in its one form. Where it is `alone` in a file, it may
    be as it was answered (RFC 3161 §2.4.2), and may have archive time-stamps over it."""
    try:
        status, *token = der.parts(encoded)
        if alone and status == _GRANTED and encoded == der.sequence(status, *token):
            [encoded] = token
        signed = SignedData.parse(encoded)
        return _token(signed, encoded, roots, indexed=False) or (
            alone and _lasting(signed, encoded, roots)
        )
    except profile.WRONG:
        return False


def record_stands(record: EvidenceRecord, roots: Collection[bytes]) -> bool:
    """Whether an evidence record is as we write it, and its time-stamps are ours, each in its one
    form. The next one is over what proves the one before."""
    *earlier, last = (one.encoded for chain in record.chains for one in chain)
    try:
        return (
            record.in_order
            and all(_proven(one, roots, covered=True) for one in earlier)
            and _proven(last, roots, covered=False)
        )
    except profile.WRONG:
        return False


def stamped_by(token: bytes) -> bytes:
    """The certificate of who made a time-stamp, DER; raises ValueError where it is not there."""
    signed = SignedData.parse(token)
    by = _Signer.find(signed, signed.signer_infos[0])
    if by is None:
        raise ValueError("a time-stamp without its certificate")
    return by.certificate


def heads(encoded: bytes) -> list[bytes]:
    """Whose certificates (DER) a CMS that is ours needs proofs of: the signer's, and that of who
    time-stamped the signature. Of one by others, none."""
    signed = SignedData.parse(encoded)
    by = _Signer.find(signed, signed.signer_infos[0])
    if by is None or not (by.is_under(SEAL_POLICY) or by.is_under(TIMESTAMP_POLICY)):
        return []
    tokens = (value for kind, value in by.unsigned() if kind == _TIME_STAMP)
    return [by.certificate, *map(stamped_by, tokens)]


def _around_stands(signed: SignedData, encoded: bytes) -> bool:
    content = signed.content
    again = signed.without_content() if content is None else signed.with_content(content)
    known = signed.content_type in {_DATA, _TST_INFO}
    return known and signed.dump() == encoded and again == signed


def _seal_stands(own: _Signer, roots: Collection[bytes]) -> bool:
    """One time-stamp over the signature at most; over it and its proofs, as many as there are."""
    kinds = [kind for kind, _ in own.unsigned()]
    return (
        set(kinds) <= {_TIME_STAMP, _ARCHIVE}
        and kinds.count(_TIME_STAMP) <= 1
        and own.stands()
        and all(
            _token(SignedData.parse(value), value, roots, indexed=kind == _ARCHIVE)
            for kind, value in own.unsigned()
        )
    )


def _token(signed: SignedData, encoded: bytes, roots: Collection[bytes], *, indexed: bool) -> bool:
    by = _stamper(signed, encoded)
    return (
        by is not None
        and [kind for kind, _ in by.unsigned()] == ([_INDEX] if indexed else [])
        and not signed.revocation
        and profile.paths_stand([by.certificate], signed.certificates, roots)
    )


def _proven(encoded: bytes, roots: Collection[bytes], *, covered: bool) -> bool:
    """A time-stamp of ours, with what proves it or without."""
    signed = SignedData.parse(encoded)
    by = _stamper(signed, encoded)
    return (
        by is not None and not [*by.unsigned()] and (covered or _rest_stands(signed, [by], roots))
    )


def _stamper(signed: SignedData, encoded: bytes) -> _Signer | None:
    """Who signed a time-stamp of ours; None where it, or what is around it, is not in our form."""
    [info] = signed.signer_infos
    by = _Signer.find(signed, info)
    stands = (
        by is not None
        and by.is_under(TIMESTAMP_POLICY)
        and by.stands()
        and signed.digest_algorithms == (_SHA256,)
        and _around_stands(signed, encoded)
    )
    return by if stands else None


def _lasting(signed: SignedData, encoded: bytes, roots: Collection[bytes]) -> bool:
    """A time-stamp of ours, and what proves it under archive time-stamps of ours."""
    [info] = signed.signer_infos
    by = _Signer.find(signed, info)
    return (
        by is not None
        and by.is_under(TIMESTAMP_POLICY)
        and {kind for kind, _ in by.unsigned()} == {_ARCHIVE}
        and _seal_stands(by, roots)
        and _around_stands(signed, encoded)
        and _rest_stands(signed, [by], roots)
    )


def _rest_stands(signed: SignedData, signers: Sequence[_Signer], roots: Collection[bytes]) -> bool:
    """Certificates and revocation data: what the signers need. What the index of an archive
    time-stamp names is covered by that, and needs no further account."""
    pieces = (*signed.certificates, *signed.revocation)
    if len(set(signed.signer_infos)) < len(signed.signer_infos):
        return False
    if signed.digest_algorithms != (_SHA256,) or len(set(pieces)) < len(pieces):
        return False
    unsigned = [pair for one in signers for pair in one.unsigned()]
    indexes = [_index(value) for kind, value in unsigned if kind == _ARCHIVE]
    if indexes and all(any(_names(index, one) for index in indexes) for one in pieces):
        return True
    heads = [one.certificate for one in signers]
    if not signed.revocation:
        return profile.paths_stand(heads, signed.certificates, roots)
    tokens = [value for kind, value in unsigned if kind == _TIME_STAMP]
    heads += map(stamped_by, tokens)
    dated = bool(tokens) or all(one.is_under(TIMESTAMP_POLICY) for one in signers)
    return dated and profile.proofs_stand(heads, _data(signed), roots, some=len(signers) > 1)


_Index: TypeAlias = tuple[str, frozenset[bytes]]
"""ATSHashIndexV3: the hash function, and the hashes of what was there (EN 319 122-1 §5.5.2)."""


def _index(token: bytes) -> _Index:
    """Raises ValueError."""
    [encoded] = SignedData.parse(token).signer_infos
    [index] = [
        value
        for kind, listed in map(der.parts, SignerInfo.parse(encoded).unsigned)
        for value in der.parts(listed)
        if kind == _INDEX
    ]
    algorithm, *lists = der.parts(index)
    name = primitives.digest_name(algos.DigestAlgorithm.load(algorithm)) or ""
    hashes = (der.content(one) for listed in lists for one in der.parts(listed))
    return name, frozenset(hashes)


def _names(index: _Index, piece: bytes) -> bool:
    name, hashes = index
    return primitives.digest(name, piece) in hashes


def _data(signed: SignedData) -> ValidationData:
    """Raises ValueError."""
    crls = tuple(one for one in signed.revocation if one[0] != _OTHER)
    answers = tuple(der.parts(one)[1] for one in signed.revocation if one[0] == _OTHER)
    if {*crls, *map(cms.ocsp_choice, answers)} != set(signed.revocation):
        raise ValueError("another encoding")
    return ValidationData(signed.certificates, answers, crls)


def _identifier(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber (RFC 5652 §10.2.4)."""
    loaded = load_der_x509_certificate(certificate)
    return der.sequence(loaded.issuer.public_bytes(), der.integer(loaded.serial_number))
