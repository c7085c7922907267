"""XML signatures by somebody else, each part of which a test may bend."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.attacks import cms
from tests.attacks.pki import NOW, Holder, sign

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
XADES_111, XADES_122 = (f"http://uri.etsi.org/01903/v{one}#" for one in ("1.1.1", "1.2.2"))
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
DEED = b'<deed xmlns="urn:deed" Id="deed"><who>Somebody</who></deed>'

DIGESTS = {
    "sha224": "http://www.w3.org/2001/04/xmldsig-more#sha224",
    "sha1": f"{DS}sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
_LARGE = etree.XMLParser(huge_tree=True)
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"


@dataclass(frozen=True)
class Reference:
    """A ds:Reference; `octets` is what its digest is of, where it isn't left to lxml."""

    uri: str | None
    transforms: Sequence[str] = ()
    kind: str | None = None
    octets: bytes | None = None
    by: str = "sha256"
    inner: str = ""  # within the first transform


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def digest(by: str, octets: bytes) -> str:
    return (
        f'<ds:DigestMethod Algorithm="{DIGESTS[by]}"/>'
        f"<ds:DigestValue>{b64(hashlib.new(by, octets).digest())}</ds:DigestValue>"
    )


@dataclass
class Made:
    """A ds:Signature that is put into a document and signed there."""

    holder: Holder
    by: str = "sha256"
    at: datetime = NOW
    name: str = "sig1"
    objects: str = ""
    properties: bool = True
    kind: str | None = SIGNED_PROPERTIES
    named: Holder | None = None
    certificates: list[bytes] | None = None
    method: str | None = None
    change: Callable[[Any], None] | None = None
    unsigned: list[str] = field(default_factory=list)
    version: str = XADES

    def within(self, parent: Any, *references: Reference) -> Any:
        """Append the signature to an element and sign; the ds:Signature."""
        signature = etree.fromstring(self._template(references))
        parent.append(signature)
        if self.properties:
            self._refer_to_properties(signature)
        if self.change is not None:
            self.change(signature)
        self.sign(signature)
        return signature

    def sign(self, signature: Any) -> None:
        octets = etree.tostring(signature[0], method="c14n", exclusive=True)
        signature[1].text = b64(value(self.holder, octets, self.by))

    def _template(self, references: Sequence[Reference]) -> str:
        chain = self.holder.chain if self.certificates is None else self.certificates
        certificates = "".join(
            f"<ds:X509Certificate>{b64(one)}</ds:X509Certificate>" for one in chain
        )
        return (
            f'<ds:Signature xmlns:ds="{DS}" Id="{self.name}"><ds:SignedInfo>'
            f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
            f'<ds:SignatureMethod Algorithm="{self.method or _method(self.holder, self.by)}"/>'
            f"{''.join(map(written, references))}</ds:SignedInfo><ds:SignatureValue "
            f'Id="{self.name}-value"/><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data>'
            f"</ds:KeyInfo>{self._qualifying() if self.properties else ''}{self.objects}"
            "</ds:Signature>"
        )

    def _qualifying(self) -> str:
        return self._old() if self.version != XADES else self._current()

    def _old(self) -> str:
        """Of TS 101 903 v1.1.1 and v1.2.2."""
        holder = self.named or self.holder
        named = digest("sha256", holder.certificate)
        if self.version == XADES_111:
            named = named.replace("<ds:Digest", "<x:Digest").replace("</ds:Digest", "</x:Digest")
        parsed = holder.parsed
        serial = (
            f"<ds:X509IssuerName>{parsed.issuer.rfc4514_string()}</ds:X509IssuerName>"
            f"<ds:X509SerialNumber>{parsed.serial_number}</ds:X509SerialNumber>"
        )
        return (
            f'<ds:Object><x:QualifyingProperties xmlns:x="{self.version}" Target="#{self.name}">'
            f'<x:SignedProperties Id="{self.name}-signed"><x:SignedSignatureProperties>'
            f"<x:SigningTime>{self.at:%Y-%m-%dT%H:%M:%SZ}</x:SigningTime>"
            f"<x:SigningCertificate><x:Cert><x:CertDigest>{named}</x:CertDigest>"
            f"<x:IssuerSerial>{serial}</x:IssuerSerial></x:Cert></x:SigningCertificate>"
            "<x:SignaturePolicyIdentifier><x:SignaturePolicyImplied/>"
            "</x:SignaturePolicyIdentifier></x:SignedSignatureProperties></x:SignedProperties>"
            "</x:QualifyingProperties></ds:Object>"
        )

    def _current(self) -> str:
        named = digest("sha256", (self.named or self.holder).certificate)
        return (
            f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{self.name}">'
            f'<xades:SignedProperties Id="{self.name}-signed"><xades:SignedSignatureProperties>'
            f"<xades:SigningTime>{self.at:%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>"
            f"<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{named}"
            "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
            "</xades:SignedSignatureProperties></xades:SignedProperties>"
            "</xades:QualifyingProperties></ds:Object>"
        )

    def _refer_to_properties(self, signature: Any) -> None:
        signed = next(signature.iter(f"{{{self.version}}}SignedProperties"))
        octets = etree.tostring(signed, method="c14n", exclusive=True)
        kind = self.kind if self.version == XADES else f"{self.version}SignedProperties"
        reference = Reference(f"#{self.name}-signed", (EXCLUSIVE,), kind, octets)
        signature[0].append(etree.fromstring(written(reference, declared=True)))


def enveloped(holder: Holder, document: bytes = DEED, uri: str = "", **how: Any) -> bytes:
    """A document with a signature over it in it."""
    root = etree.fromstring(document, _LARGE)
    octets = etree.tostring(root, method="c14n", exclusive=True)
    reference = Reference(uri, (ENVELOPED, EXCLUSIVE), octets=octets)
    Made(holder, **how).within(root, reference)
    return etree.tostring(root)


def enveloping(holder: Holder, inner: str = "<deed>Somebody</deed>", **how: Any) -> bytes:
    """A signature with what it signs in it."""
    held = f'<ds:Object xmlns:ds="{DS}" Id="held">{inner}</ds:Object>'
    octets = etree.tostring(etree.fromstring(held), method="c14n", exclusive=True)
    plain = held.replace(f' xmlns:ds="{DS}"', "")
    root = etree.Element("root")
    signature = Made(holder, objects=plain, **how).within(
        root, Reference("#held", (EXCLUSIVE,), octets=octets)
    )
    root.remove(signature)
    return etree.tostring(signature)


def stamped(document: bytes, clock: Holder, at: datetime = NOW, **how: Any) -> bytes:
    """With a time-stamp over the first signature's value."""
    root = etree.fromstring(document)
    over = etree.tostring(next(root.iter(f"{{{DS}}}SignatureValue")), method="c14n", exclusive=True)
    return with_unsigned(
        document,
        f'<xades:SignatureTimeStamp xmlns:xades="{XADES}" xmlns:ds="{DS}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><xades:EncapsulatedTimeStamp>'
        f"{b64(cms.token(clock, over, at, **how))}</xades:EncapsulatedTimeStamp>"
        "</xades:SignatureTimeStamp>",
    )


def with_proofs(document: bytes, crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()) -> bytes:
    lists = "".join(
        f"<xades:EncapsulatedCRLValue>{b64(one)}</xades:EncapsulatedCRLValue>" for one in crls
    )
    answers = "".join(
        f"<xades:EncapsulatedOCSPValue>{b64(one)}</xades:EncapsulatedOCSPValue>" for one in ocsps
    )
    return with_unsigned(
        document,
        f'<xades:RevocationValues xmlns:xades="{XADES}"><xades:CRLValues>{lists}'
        f"</xades:CRLValues><xades:OCSPValues>{answers}</xades:OCSPValues>"
        "</xades:RevocationValues>",
    )


def with_unsigned(document: bytes, property_: str) -> bytes:
    root = etree.fromstring(document)
    qualifying = next(root.iter(f"{{{XADES}}}QualifyingProperties"))
    if len(qualifying) == 1:
        held = etree.SubElement(qualifying, f"{{{XADES}}}UnsignedProperties")
        etree.SubElement(held, f"{{{XADES}}}UnsignedSignatureProperties")
    qualifying[1][0].append(etree.fromstring(property_))
    return etree.tostring(root)


def value(holder: Holder, data: bytes, by: str = "sha256") -> bytes:
    _, made = sign(holder.key, data, by)
    if not isinstance(holder.key, ec.EllipticCurvePrivateKey):
        return made
    size = (holder.key.key_size + 7) // 8
    return b"".join(number.to_bytes(size) for number in decode_dss_signature(made))


def _method(holder: Holder, by: str) -> str:
    if isinstance(holder.key, ec.EllipticCurvePrivateKey):
        return f"{_MORE}ecdsa-{by}"
    return f"{DS if by == 'sha1' else _MORE}rsa-{by}"


def written(reference: Reference, *, declared: bool = False) -> str:
    uri = "" if reference.uri is None else f' URI="{reference.uri}"'
    kind = "" if reference.kind is None else f' Type="{reference.kind}"'
    listed = "".join(
        f'<ds:Transform Algorithm="{one}">{"" if number else reference.inner}</ds:Transform>'
        for number, one in enumerate(reference.transforms)
    )
    transforms = f"<ds:Transforms>{listed}</ds:Transforms>" if listed else ""
    declaration = f' xmlns:ds="{DS}"' if declared else ""
    octets = reference.octets or b""
    return (
        f"<ds:Reference{declaration}{uri}{kind}>{transforms}{digest(reference.by, octets)}"
        "</ds:Reference>"
    )
