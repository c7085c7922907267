"""Unsigned properties of XAdES signatures, written (EN 319 132-1 §5.3, §5.4, §5.5)."""

import base64
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import quoteattr

from signing.formats.seal import ValidationData
from signing.formats.xades.canonical import EXCLUSIVE
from signing.formats.xades.properties import VERSION_1_1_1

LATER: Final = "http://uri.etsi.org/01903/v1.4.1#"


def signature_time_stamp(token: bytes) -> str:
    return f"<xades:SignatureTimeStamp>{_token(token)}</xades:SignatureTimeStamp>"


def older(kind: str, token: bytes, over: str, version: str) -> str:
    """A time-stamp by TS 101 903 v1.1.1 or v1.2.2, which both name what it is `over`, by its Id."""
    uri = quoteattr(f"#{over}" if over else "")
    if version == VERSION_1_1_1:
        transforms = f'<xades:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"/></xades:Transforms>'
        how = f"<xades:HashDataInfo uri={uri}>{transforms}</xades:HashDataInfo>"
    else:
        method = f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        how = f"<xades:Include URI={uri}/>{method}"
    return _within(kind, how + encapsulated("TimeStamp", [token]))


def values(data: ValidationData) -> str:
    """§5.4.1, §5.4.2: what proves the certificates of the signature, and of its time-stamps."""
    certificates = encapsulated("X509Certificate", data.certificates)
    crls = _within("CRLValues", encapsulated("CRLValue", data.crls))
    ocsps = _within("OCSPValues", encapsulated("OCSPValue", data.ocsps))
    return _within("CertificateValues", certificates) + _within("RevocationValues", crls + ocsps)


def time_stamp_validation_data(data: ValidationData) -> str:
    """§5.5.1: the same, of a time-stamp that was added later."""
    return (
        f'<xades141:TimeStampValidationData xmlns:xades141="{LATER}">{values(data)}'
        "</xades141:TimeStampValidationData>"
    )


def archive_time_stamp(token: bytes) -> str:
    return (
        f'<xades141:ArchiveTimeStamp xmlns:xades141="{LATER}">{_token(token)}'
        "</xades141:ArchiveTimeStamp>"
    )


def encapsulated(kind: str, held: Iterable[bytes]) -> str:
    """Each once, in the order of their encodings: in one way only."""
    name = f"xades:Encapsulated{kind}"
    values = (base64.b64encode(one).decode() for one in sorted(set(held)))
    return "".join(f"<{name}>{one}</{name}>" for one in values)


def _within(name: str, held: str) -> str:
    """An element around others; the schema has no empty ones."""
    return f"<xades:{name}>{held}</xades:{name}>" if held else ""


def _token(token: bytes) -> str:
    """How what it is over was made canonical, and the token."""
    method = f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
    return method + encapsulated("TimeStamp", [token])
