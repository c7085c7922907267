"""XAdES signatures of ours (ETSI EN 319 132-1), over files or over the document around them: B-B or
B-T, then B-LT, then B-LTA.

The XML is written here, as the key stays in the vault; canonical forms are lxml's.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
_BEGIN: Final = "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
_END: Final = "</xades:UnsignedSignatureProperties>"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a signature is over: where it is (a URI reference), what its digest is taken of after
    `transforms` (their URIs), and its media type."""

    uri: str
    octets: bytes
    media_type: str
    transforms: tuple[str, ...] = ()

    @property
    def covered(self) -> "Covered":
        digest = hashlib.sha256(self.octets).digest()
        return Covered(self.uri, digest, self.media_type, self.transforms)


@dataclass(frozen=True, slots=True)
class Covered:
    """The same by its SHA-256, as a ds:Reference says it."""

    uri: str
    digest: bytes
    media_type: str
    transforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seal:
    """What a ds:Signature of ours says, and the one way to write it. `method` is the URI of the
    signature's algorithm; `at` the signing time (NumericDate); `certificates` the signer's and
    those above it, DER."""

    over: tuple[Covered, ...]
    method: str
    at: int
    certificates: tuple[bytes, ...]
    value: bytes = b""

    @property
    def properties(self) -> str:
        """§5.2: when, by whose certificate, and what each thing is."""
        formats = "".join(
            f'<xades:DataObjectFormat ObjectReference="#seal-file-{number}">'
            f"<xades:MimeType>{escape(one.media_type)}</xades:MimeType></xades:DataObjectFormat>"
            for number, one in enumerate(self.over, start=1)
        )
        signer = _digest(hashlib.sha256(self.certificates[0]).digest())
        return (
            '<xades:SignedProperties Id="seal-properties"><xades:SignedSignatureProperties>'
            f"<xades:SigningTime>{xml_time(self.at)}</xades:SigningTime>"
            f"<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{signer}"
            "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
            "</xades:SignedSignatureProperties>"
            f"<xades:SignedDataObjectProperties>{formats}</xades:SignedDataObjectProperties>"
            "</xades:SignedProperties>"
        )

    @property
    def signed_info(self) -> str:
        references = "".join(
            f'<ds:Reference Id="seal-file-{number}" URI={quoteattr(one.uri)}>'
            f"{_transforms(one.transforms)}{_digest(one.digest)}</ds:Reference>"
            for number, one in enumerate(self.over, start=1)
        )
        properties = _digest(hashlib.sha256(_canonical(self.properties)).digest())
        return (
            f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
            f'<ds:SignatureMethod Algorithm="{self.method}"/>{references}'
            '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties"'
            f' URI="#seal-properties">{_transforms((EXCLUSIVE,))}{properties}'
            "</ds:Reference></ds:SignedInfo>"
        )

    @property
    def signature_value(self) -> str:
        return f'<ds:SignatureValue Id="seal-value">{_text(self.value)}</ds:SignatureValue>'

    def write(self, unsigned: Iterable[str]) -> bytes:
        """The ds:Signature, with its unsigned properties."""
        held = "".join(unsigned)
        around = f"{_BEGIN}{held}{_END}</xades:UnsignedProperties>" if held else ""
        certificates = "".join(
            f"<ds:X509Certificate>{_text(one)}</ds:X509Certificate>" for one in self.certificates
        )
        return (
            f'<ds:Signature xmlns:ds="{_DS}" Id="seal">{self.signed_info}{self.signature_value}'
            f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
            f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#seal">'
            f"{self.properties}{around}</xades:QualifyingProperties></ds:Object></ds:Signature>"
        ).encode()


def sign(over: Sequence[Reference], by: Identity, stamp: TimeStamper | None, at: int) -> Signed:
    """A ds:Signature. `at` is the signing time (NumericDate)."""
    certificates = tuple(one.der for one in (by.certificate, *by.chain))
    covered = tuple(one.covered for one in over)
    seal = Seal(covered, _METHODS[by.signer.algorithm], at, certificates)
    seal = replace(seal, value=to_raw(by.signer.sign(_canonical(seal.signed_info)), by.signer))
    stamped = []
    if stamp is not None:  # over the canonical ds:SignatureValue (§5.3)
        token = stamp(hashlib.sha256(_canonical(seal.signature_value)).digest())
        stamped.append(unsigned.signature_time_stamp(token))
    return Signed(seal.write(stamped), hashlib.sha256(seal.value).digest())


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


def _transforms(done: Sequence[str]) -> str:
    if not done:
        return ""
    each = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in done)
    return f"<ds:Transforms>{each}</ds:Transforms>"


def _canonical(element: str) -> bytes:
    """Exclusive Canonical XML of an element whose prefixes are ours."""
    around = f'<a xmlns:ds="{_DS}" xmlns:xades="{XADES}">{element}</a>'
    return canonical(etree.fromstring(around.encode())[0], EXCLUSIVE)


def _digest(digest: bytes) -> str:
    return f"{_SHA256}<ds:DigestValue>{_text(digest)}</ds:DigestValue>"


def _text(encoded: bytes) -> str:
    return base64.b64encode(encoded).decode()
