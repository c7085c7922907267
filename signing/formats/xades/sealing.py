"""XAdES signatures of ours (ETSI EN 319 132-1), over files or over the document around them: B-B or
B-T, then B-LT, then B-LTA.

The XML is written here, as the key stays in the vault; canonical forms are lxml's.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from keys.jws import to_raw
from keys.signer import Algorithm
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.xades import unsigned
from signing.formats.xades.canonical import EXCLUSIVE, canonical
from signing.formats.xades.writing import XADES, xml_time

_DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_SHA256: Final = '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
_METHODS: Final = {
    Algorithm.ES256: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    Algorithm.RS256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    Algorithm.PS256: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
}
_END: Final = "</xades:UnsignedSignatureProperties>"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a signature is over: where it is (a URI reference), what its digest is taken of after
    `transforms` (their URIs), and its media type."""

    uri: str
    octets: bytes
    media_type: str
    transforms: tuple[str, ...] = ()


def sign(over: Sequence[Reference], by: Identity, stamp: TimeStamper | None, at: int) -> Signed:
    """A ds:Signature. `at` is the signing time (NumericDate)."""
    properties = _signed_properties(over, by, at)
    info = _signed_info(over, by, _digest(_canonical(properties)))
    value = to_raw(by.signer.sign(_canonical(info)), by.signer)
    held = f'<ds:SignatureValue Id="seal-value">{_text(value)}</ds:SignatureValue>'
    stamped = "" if stamp is None else _time_stamp(held, stamp)
    certificates = "".join(
        f"<ds:X509Certificate>{_text(one.der)}</ds:X509Certificate>"
        for one in (by.certificate, *by.chain)
    )
    part = (
        f'<ds:Signature xmlns:ds="{_DS}" Id="seal">{info}{held}'
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#seal">'
        f"{properties}{stamped}</xades:QualifyingProperties></ds:Object></ds:Signature>"
    )
    return Signed(part.encode(), hashlib.sha256(value).digest())


def add_validation_data(part: bytes, data: ValidationData) -> bytes:
    """B-LT (§5.4.1, §5.4.2)."""
    return part.decode().replace(_END, unsigned.values(data) + _END).encode()


def archive(part: bytes, signed: Sequence[Reference], stamp: TimeStamper) -> bytes:
    """B-LTA: a time-stamp over what is signed, the signature and all its proofs (§5.5.2.2)."""
    signature = etree.fromstring(part)
    [properties] = signature.iter(f"{{{XADES}}}SignedProperties")
    info, value, key_info, _ = signature
    [before] = signature.iter(f"{{{XADES}}}UnsignedSignatureProperties")
    over = hashlib.sha256()
    for one in signed:
        over.update(one.octets)
    for element in (properties, info, value, key_info, *before):
        over.update(canonical(element, EXCLUSIVE))
    made = unsigned.archive_time_stamp(stamp(over.digest()))
    return part.decode().replace(_END, made + _END).encode()


def _signed_properties(over: Sequence[Reference], by: Identity, at: int) -> str:
    """§5.2: when, by whose certificate, and what each thing is."""
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#seal-file-{number}">'
        f"<xades:MimeType>{escape(one.media_type)}</xades:MimeType></xades:DataObjectFormat>"
        for number, one in enumerate(over, start=1)
    )
    return (
        '<xades:SignedProperties Id="seal-properties"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{xml_time(at)}</xades:SigningTime><xades:SigningCertificateV2>"
        f"<xades:Cert><xades:CertDigest>{_digest(by.certificate.der)}</xades:CertDigest>"
        "</xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
        f"<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties>"
        "</xades:SignedProperties>"
    )


def _signed_info(over: Sequence[Reference], by: Identity, properties: str) -> str:
    references = "".join(
        f'<ds:Reference Id="seal-file-{number}" URI={quoteattr(one.uri)}>'
        f"{_transforms(one.transforms)}{_digest(one.octets)}</ds:Reference>"
        for number, one in enumerate(over, start=1)
    )
    return (
        f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{_METHODS[by.signer.algorithm]}"/>{references}'
        '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#seal-properties">'
        f"{_transforms((EXCLUSIVE,))}{properties}</ds:Reference></ds:SignedInfo>"
    )


def _transforms(done: Sequence[str]) -> str:
    if not done:
        return ""
    each = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in done)
    return f"<ds:Transforms>{each}</ds:Transforms>"


def _time_stamp(value: str, stamp: TimeStamper) -> str:
    """SignatureTimeStamp: over the canonical ds:SignatureValue (§5.3)."""
    token = stamp(hashlib.sha256(_canonical(value)).digest())
    return (
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
        f"{unsigned.signature_time_stamp(token)}{_END}</xades:UnsignedProperties>"
    )


def _canonical(element: str) -> bytes:
    """Exclusive Canonical XML of an element whose prefixes are ours."""
    around = f'<a xmlns:ds="{_DS}" xmlns:xades="{XADES}">{element}</a>'
    return canonical(etree.fromstring(around.encode())[0], EXCLUSIVE)


def _digest(content: bytes) -> str:
    digest = _text(hashlib.sha256(content).digest())
    return f"{_SHA256}<ds:DigestValue>{digest}</ds:DigestValue>"


def _text(encoded: bytes) -> str:
    return base64.b64encode(encoded).decode()
