"""The CMS of a seal of ours, and the time-stamp in it (RFC 5652, RFC 3161)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from keys import cms, der, timestamp
from keys.profiles import TIMESTAMP_POLICY
from keys.timestamp import ACCURACY_SECONDS, Asked
from signing.formats import statuses
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.own.certificates import Known, NotOurs, know

_OCTETS: Final = 0x04
_INTEGER: Final = 0x02
_TIME: Final = 0x18
_DIGITS: Final = re.compile(rb"[0-9]{14}Z")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature whose value verifies. `brought`: the certificates beside the signer's;
    `representation`: the SHA-256 of what the value is over, in hex."""

    value: bytes
    signer: Known
    brought: tuple[bytes, ...]
    representation: str

    @property
    def id(self) -> str:
        return statuses.identify(self.value)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time-stamp. `at` is a NumericDate."""

    signed: Signed
    at: int

    @property
    def accuracy(self) -> int:
        """In seconds."""
        return ACCURACY_SECONDS


@dataclass(frozen=True, slots=True)
class _Parts:
    """A SignedData with one signer, taken apart."""

    data: SignedData
    value: bytes
    signer: Known
    brought: tuple[bytes, ...]
    unsigned: tuple[bytes, ...]


def read_seal(encoded: bytes, digest: bytes) -> tuple[Signed, Stamped | None]:
    """A detached signature over content with this SHA-256, without a signing time; raises
    ValueError."""
    parts = _take_apart(encoded)
    token = _token(parts.unsigned)
    attributes = cms.signed_attributes(
        cms.DATA, digest, parts.signer.certificate, parts.signer, signing_time=None
    )
    signed = _signed(encoded, parts, cms.DATA, None, attributes, token)
    return signed, None if token is None else _read_stamp(token, _sha256(signed.value))


def _read_stamp(encoded: bytes, digest: bytes) -> Stamped:
    """A token over something with this SHA-256."""
    parts = _take_apart(encoded)
    info = parts.data.content
    if info is None or parts.unsigned:
        raise NotOurs("no TSTInfo, or something beside it")
    _, _, _, serial, time, _, *rest = der.parts(info)
    asked = Asked("sha256", digest, _natural(rest[0]) if len(rest) > 1 else None)
    utc, authority = _utc(time), parts.signer.certificate
    made = timestamp.encode_info(asked, TIMESTAMP_POLICY, _natural(serial), utc, authority)
    if made != info:
        raise NotOurs("a TSTInfo of another form, or over something else")
    attributes = cms.signed_attributes(cms.TST_INFO, _sha256(info), authority, parts.signer)
    signed = _signed(encoded, parts, cms.TST_INFO, info, attributes, None)
    return Stamped(signed, int(utc.timestamp()))


def _take_apart(encoded: bytes) -> _Parts:
    data = SignedData.parse(encoded)
    [info] = data.signer_infos
    signer_info = SignerInfo.parse(info)
    _, identifier, *_, value = signer_info.fields
    known = [know(one) for one in data.certificates]
    [signer] = [one for one in known if one.certificate.identifier == identifier]
    brought = tuple(one.der for one in known if one is not signer)
    return _Parts(data, _octets(value), signer, brought, signer_info.unsigned)


def _signed(
    encoded: bytes,
    parts: _Parts,
    content_type: str,
    content: bytes | None,
    attributes: bytes,
    token: bytes | None,
) -> Signed:
    """Made again, and its value checked."""
    signer, above = parts.signer, [know(one).certificate for one in parts.brought]
    made = cms.signed_data(
        content_type,
        content,
        attributes,
        parts.value,
        signer,
        signer.certificate,
        above,
        time_stamp=token,
    )
    if made != encoded:
        raise NotOurs("a CMS of another form, or over something else")
    signer.check(parts.value, attributes)
    return Signed(parts.value, signer, parts.brought, _sha256(attributes).hex())


def _token(unsigned: Iterable[bytes]) -> bytes | None:
    """The signature time-stamp, which is all that there may be."""
    attributes = tuple(unsigned)
    if not attributes:
        return None
    [attribute] = attributes
    _, values = der.parts(attribute)
    [token] = der.parts(values)
    return token


def _octets(encoded: bytes) -> bytes:
    if encoded[0] != _OCTETS:
        raise NotOurs("no OCTET STRING")
    return der.content(encoded)


def _natural(encoded: bytes) -> int:
    if encoded[0] != _INTEGER:
        raise NotOurs("no INTEGER")
    return int.from_bytes(der.content(encoded), signed=True)


def _utc(encoded: bytes) -> datetime:
    if encoded[0] != _TIME:
        raise NotOurs("no GeneralizedTime")
    return read_time(der.content(encoded))


def read_time(digits: bytes) -> datetime:
    """`YYYYMMDDHHMMSSZ`; raises ValueError."""
    if not _DIGITS.fullmatch(digits):
        raise NotOurs("no time in UTC")
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
    return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
