"""The qualifying properties of a XAdES signature (EN 319 132-1 §4, §5): what its signer said of it,
and its proofs."""

from calendar import timegm
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import validation_data
from signing.formats.xades.algorithms import digest_name
from signing.formats.xades.parsing import (
    DS,
    Absent,
    Element,
    Malformed,
    Tree,
    by_id,
    child,
    ids,
    signatures,
    text,
)
from signing.formats.xades.references import chosen
from signing.formats.xades.values import tolerated, value_of
from signing.formats.xades.writing import XADES

_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"
VERSION_1_1_1: Final = "http://uri.etsi.org/01903/v1.1.1#"
VERSION_1_2_2: Final = "http://uri.etsi.org/01903/v1.2.2#"
VERSIONS: Final = {
    XADES: _TYPE,
    VERSION_1_2_2: f"{VERSION_1_2_2}SignedProperties",
    VERSION_1_1_1: f"{VERSION_1_1_1}SignedProperties",
}
"""Namespaces of XAdES, and the type of a reference to signed properties in each."""

LATER: Final = "http://uri.etsi.org/01903/v1.4.1#"
"""The namespace of what was added later, under every version."""

_MOST: Final = 64


@dataclass(frozen=True)
class Properties:
    """What qualifies one signature. `signed`: they were signed with it."""

    element: Element
    namespace: str
    signed: Element | None

    def named(self, *path: str) -> tuple[str, ...]:
        return tuple(f"{{{self.namespace}}}{name}" for name in path)

    @property
    def signature_properties(self) -> Element | None:
        if self.signed is None:
            return None
        return child(self.signed, *self.named("SignedSignatureProperties"))

    @property
    def unsigned(self) -> list[Element]:
        """Unsigned signature properties, in their order."""
        path = self.named("UnsignedProperties", "UnsignedSignatureProperties")
        found = child(self.element, *path)
        return list(found.iterchildren("{*}*")) if found is not None else []


def find(signature: Element, tree: Tree) -> Properties | None:
    """§4.4: the QualifyingProperties of a signature, and its SignedProperties where the one
    reference of the right type is to them; raises Malformed."""
    for namespace, kind in VERSIONS.items():
        held = signature.findall(f"{{{DS}}}Object/{{{namespace}}}QualifyingProperties")
        if not held:
            continue
        [element] = held if len(held) == 1 else [None]
        if element is None or _is_of_another(element, signature, tree):
            raise Malformed("qualifying properties of another signature")
        signed = child(element, f"{{{namespace}}}SignedProperties")
        path = f"{{{DS}}}SignedInfo/{{{DS}}}Reference"
        typed = [one for one in signature.findall(path) if one.get("Type") == kind]
        if signed is None or not typed:
            return Properties(element, namespace, None)
        try:
            target = chosen(typed[0], tree)
            if target is None:
                target = by_id(tree, typed[0].get("URI", "")[1:])
        except Absent:
            return Properties(element, namespace, None)
        if len(typed) > 1 or target is not signed:
            raise Malformed("signed properties that are not these")
        return Properties(element, namespace, signed)
    return None


def _is_of_another(element: Element, signature: Element, tree: Tree) -> bool:
    """Whether they say themselves that they qualify another signature of the document."""
    target = element.get("Target", "").removeprefix("#")
    others = (one for one in signatures(tree) if one is not signature)
    return target not in ids(signature) and any(target in ids(one) for one in others)


def certificate_digests(found: Properties | None) -> list[tuple[str, bytes]]:
    """§5.2.2: the signing certificate's digest, by its hash function."""
    held = found.signature_properties if found is not None else None
    if found is None or held is None:
        return []
    digests: list[tuple[str, bytes]] = []
    for name in ("SigningCertificateV2", "SigningCertificate"):
        for listed in held.findall(found.named(name)[0]):
            first = listed.find(found.named("Cert")[0])
            digest = child(first, *found.named("CertDigest")) if first is not None else None
            if digest is not None and len(digest):
                digests.append(digest_of(digest))
    return digests


def digest_of(element: Element) -> tuple[str, bytes]:
    """A DigestAlgAndValueType: the hash function, and the digest; raises Malformed. XAdES 1.1.1 has
    both in its own namespace."""
    method = child(element, "{*}DigestMethod")
    algorithm = digest_name(method.get("Algorithm") if method is not None else None)
    return algorithm, value_of(child(element, "{*}DigestValue"))


def claimed(found: Properties | None) -> int | None:
    """§5.2.1: the signer's own word for when."""
    held = found.signature_properties if found is not None else None
    said = child(held, *found.named("SigningTime")) if found and held is not None else None
    try:
        moment = datetime.fromisoformat(text(said)) if said is not None else None
    except ValueError:
        return None
    return timegm(moment.utctimetuple()) if moment else None


def commitments(found: Properties | None) -> tuple[str, ...]:
    """§5.2.3: what the signer says to commit to; OIDs without `urn:oid:`."""
    if found is None or found.signed is None:
        return ()
    path = ("SignedDataObjectProperties", "CommitmentTypeIndication", "CommitmentTypeId")
    said = found.signed.findall("/".join((*found.named(*path), *found.named("Identifier"))))
    return tuple(text(one).removeprefix("urn:oid:") for one in said[:_MOST])


def knowledge(signature: Element, found: Properties | None) -> LocalKnowledge:
    """Certificates of KeyInfo; certificates, CRLs and OCSP answers by value (§5.4)."""
    within = child(found.element, *found.named("UnsignedProperties")) if found else None
    return known(signature, found, [within] if within is not None else [])


def known(
    signature: Element, found: Properties | None, within: Iterable[Element]
) -> LocalKnowledge:
    """Certificates of KeyInfo; what is in some unsigned properties by value."""
    held = list(within)
    spaces = dict.fromkeys((found.namespace, XADES)) if found else ()
    values = [
        [
            value
            for each in held
            for one in each.iter(*(f"{{{space}}}{name}" for space in spaces))
            if (value := tolerated(one))
        ]
        for name in ("EncapsulatedX509Certificate", "EncapsulatedCRLValue", "EncapsulatedOCSPValue")
    ]
    certificates, crls, ocsps = values
    return validation_data.known([*key_info(signature), *certificates], crls, ocsps)


def key_info(signature: Element) -> list[bytes]:
    """The certificates of ds:KeyInfo, in their order."""
    path = f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate"
    return [value for one in signature.findall(path) if (value := tolerated(one))]
