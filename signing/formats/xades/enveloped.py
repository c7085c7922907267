"""XAdES B-B in the document that it signs (EN 319 132-1 §6): SignedInfo is ours, the key stays in
the vault."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from keys.certificates import Certificate
from keys.signer import Algorithm, Signer
from signing.formats.xades.canonical import canonical
from signing.formats.xades.parsing import DS, Element

XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"

_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
_ALGORITHMS: Final = {
    Algorithm.ES256: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    Algorithm.RS256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    Algorithm.PS256: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
}
_P256_BYTES: Final = 32


def sign(root: Element, certificate: Certificate, signer: Signer, at: int) -> bytes:
    """The document with a signature as the root's last child; the root has an Id."""
    document_digest = _digest(canonical(root, _EXCLUSIVE))
    signature = _add(root, DS, "Signature", Id="signature")
    info = _add(signature, DS, "SignedInfo")
    _add(info, DS, "CanonicalizationMethod", Algorithm=_EXCLUSIVE)
    _add(info, DS, "SignatureMethod", Algorithm=_ALGORITHMS[signer.algorithm])
    value = _add(signature, DS, "SignatureValue")
    held = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    _add(held, DS, "X509Certificate").text = _base64(certificate.der)
    properties = _properties(_add(signature, DS, "Object"), certificate, at)
    _reference(info, f"#{root.get('Id')}", (_ENVELOPED, _EXCLUSIVE), document_digest)
    digest = _digest(canonical(properties, _EXCLUSIVE))
    _reference(info, "#properties", (_EXCLUSIVE,), digest, _PROPERTIES)
    made = signer.sign(canonical(info, _EXCLUSIVE))
    value.text = _base64(_joined(made) if signer.algorithm is Algorithm.ES256 else made)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _properties(held: Element, certificate: Certificate, at: int) -> Element:
    qualifying = _add(held, XADES, "QualifyingProperties", Target="#signature")
    properties = _add(qualifying, XADES, "SignedProperties", Id="properties")
    of_signature = _add(properties, XADES, "SignedSignatureProperties")
    _add(of_signature, XADES, "SigningTime").text = xml_time(at)
    named = _add(_add(of_signature, XADES, "SigningCertificateV2"), XADES, "Cert")
    digest = _add(named, XADES, "CertDigest")
    _add(digest, DS, "DigestMethod", Algorithm=_SHA256)
    _add(digest, DS, "DigestValue").text = _digest(certificate.der)
    of_objects = _add(properties, XADES, "SignedDataObjectProperties")
    formatted = _add(of_objects, XADES, "DataObjectFormat", ObjectReference="#document")
    _add(formatted, XADES, "MimeType").text = "text/xml"
    return properties


def _reference(
    info: Element, uri: str, transforms: tuple[str, ...], digest: str, kind: str | None = None
) -> None:
    named = {"Id": "document"} if kind is None else {"Type": kind}
    reference = _add(info, DS, "Reference", URI=uri, **named)
    chain = _add(reference, DS, "Transforms")
    for transform in transforms:
        _add(chain, DS, "Transform", Algorithm=transform)
    _add(reference, DS, "DigestMethod", Algorithm=_SHA256)
    _add(reference, DS, "DigestValue").text = digest


def xml_time(at: int) -> str:
    """A NumericDate as xs:dateTime, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: Element, namespace: str, name: str, **attributes: str) -> Element:
    nsmap = {"ds": DS, "xades": XADES}
    return etree.SubElement(parent, f"{{{namespace}}}{name}", attributes, nsmap=nsmap)


def _joined(signature: bytes) -> bytes:
    """r and s, side by side (RFC 4050 §3.3)."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)


def _digest(data: bytes) -> str:
    return _base64(hashlib.sha256(data).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
