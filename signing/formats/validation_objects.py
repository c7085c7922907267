"""Signature validation objects (ETSI TS 119 102-2): what a validation rests on, each by its digest,
with the time since which it is known to exist."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain as joined
from typing import Final
from urllib.parse import quote

from signing.formats.xades.algorithms import DIGESTS
from signing.formats.xades.parsing import DS, Element
from signing.formats.xades.writing import SHA256, add, base64_of, xml_time
from signing.rules.evidence import (
    CertificateEvidence,
    ChainEvidence,
    SignatureEvidence,
    Source,
    TimeStampEvidence,
)
from signing.rules.proofs import witnesses
from signing.rules.report import Indication, Party, SignatureFormat, SubIndication, TimeStampReport
from signing.rules.shown import shown
from signing.rules.validation import Checked

VR: Final = "http://uri.etsi.org/19102/v1.4.1#"
URI: Final = "urn:etsi:019102:"
NAME_MOST: Final = 1_000
"""Characters of a name that are shown."""

OUR_ALGORITHM: Final = "urn:x-tra:algorithm"
_URIS: Final = {name: uri for uri, name in DIGESTS.items()}


@dataclass
class Objects:
    """Signature validation objects: each stands once, and is referred to by its XML id."""

    checked: Checked
    element: Element
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.proofs = witnesses(self.checked.evidence, self.checked.report)

    def refer(self, parent: Element, name: str, *ids: str, namespace: str = VR) -> Element:
        """A VOReference to objects by the ids of the evidence."""
        named = " ".join(self.known[one] for one in ids)
        return add(parent, namespace, name, VOReference=named)

    def put(self, name: str, kind: str, hashed_by: str = "sha256") -> Element | None:
        """One more object by its digest in hex: None where it is there already."""
        if name in self.known:
            return None
        self.known[name] = f"object-{len(self.known) + 1}"
        made = add(self.element, VR, "ValidationObject", id=self.known[name])
        add(made, VR, "ObjectType", f"{URI}validationObject:{kind}")
        digest(add(made, VR, "ValidationObjectRepresentation"), name, hashed_by)
        return made

    def prove(self, made: Element, name: str) -> None:
        """Since when it is known to exist: by a time-stamp, else by this check."""
        by = self.proofs.get(name)
        self.time(add(made, VR, "POE"), by.at if by else None, by)

    def time(self, poe: Element, at: int | None, by: TimeStampEvidence | None) -> None:
        add(poe, VR, "POETime", xml_time(self.checked.report.checked_at if at is None else at))
        add(poe, VR, "TypeOfProof", f"{URI}poetype:validation")
        if by is not None and by.id in self.known:
            self.refer(poe, "POEObject", by.id)


def gather(objects: Objects) -> None:
    """Every object, then what vouches for it: time-stamps are objects too. The first is the file
    that was checked, which may be more than what was signed."""
    checked = objects.checked
    stamps = []
    all_of_it = {one.value for found in checked.evidence.signatures for one in found.objects}
    whole = checked.report.digest
    file = objects.put(whole, "signedData" if whole in all_of_it else "other")
    assert file is not None
    signed = [
        (made, found)
        for found in checked.evidence.signatures
        for one in found.objects
        if (made := objects.put(one.value, "signedData", one.hashed_by)) is not None
    ]
    for found, said in zip(checked.evidence.signatures, checked.report.signatures, strict=True):
        for stamp, told in zip(found.time_stamps, said.time_stamps, strict=True):
            if (made := objects.put(stamp.id, "timestamp")) is not None:
                stamps.append((made, stamp, told))
    objects.prove(file, whole)
    for made, found in signed:
        objects.prove(made, found.id if found.digest_matches and found.signature_verifies else "")
    for found in checked.evidence.signatures:
        _certificates(_named_certificates(found), objects)
    for made, stamp, told in stamps:
        _time_stamp(made, stamp, told, objects)


def _named_certificates(found: SignatureEvidence) -> Iterator[CertificateEvidence | Party]:
    """All that play a part in a signature: the signer first, whether or not a path was found."""
    if found.signer is not None:
        yield found.signer
    for chain in joined(found.chains, *(stamp.chains for stamp in found.time_stamps)):
        yield from chain.certificates
        if chain.root is not None:
            yield chain.root
    yield from (stamp.authority for stamp in found.time_stamps if stamp.authority is not None)


def _certificates(held: Iterable[CertificateEvidence | Party], objects: Objects) -> None:
    for one in held:
        fingerprint = one.fingerprint if isinstance(one, Party) else one.party.fingerprint
        if (made := objects.put(fingerprint, "certificate")) is not None:
            objects.prove(made, fingerprint)
        if isinstance(one, Party):
            continue
        for status in one.statuses:
            if status.source is Source.REGISTER:
                continue
            kind = "OCSPResponse" if status.source is Source.OCSP else "CRL"
            if (made := objects.put(status.id, kind)) is not None:
                objects.prove(made, status.id)
            if status.signer is not None:
                _certificates([status.signer], objects)


def _time_stamp(
    made: Element, stamp: TimeStampEvidence, told: TimeStampReport, objects: Objects
) -> None:
    """What it proves, and how its own validation ended."""
    objects.prove(made, stamp.id)
    if told.indication is Indication.TOTAL_PASSED:
        proves = add(made, VR, "POEProvisioning")
        add(proves, VR, "POETime", xml_time(stamp.at))
        for name in stamp.covers:
            if name in objects.known:
                objects.refer(proves, "ValidationObject", name)
        signatures = (one for one in objects.checked.evidence.signatures if one.id in stamp.covers)
        for signature in signatures:
            _refer_to_signature(proves, signature)
    report = add(made, VR, "ValidationReport")
    if stamp.authority is not None:
        information = add(report, VR, "SignerInformation")
        objects.refer(information, "SignerCertificate", stamp.authority.fingerprint)
        add(information, VR, "Signer", name_of(stamp.authority))
    status = add(report, VR, "SignatureValidationStatus")
    indicate(status, of_part(told.indication), told.sub_indication)
    if stamp.chains:
        add_path(add(status, VR, "AssociatedValidationReportData"), stamp.chains[0], objects)


def add_path(data: Element, chain: ChainEvidence, objects: Objects) -> None:
    """The certificates from the signer's to the root, which is the trust anchor."""
    own, *above = (one.party.fingerprint for one in chain.certificates)
    anchors = [] if chain.root is None else [chain.root.fingerprint]
    for anchor in anchors:
        objects.refer(data, "TrustAnchor", anchor)
    path = add(data, VR, "CertificateChain")
    objects.refer(path, "SigningCertificate", own)
    for certificate in above:
        objects.refer(path, "IntermediateCertificate", certificate)
    for anchor in anchors:
        objects.refer(path, "TrustAnchor", anchor)


def _refer_to_signature(held: Element, signature: SignatureEvidence) -> None:
    """A PDF's by its field, another by the digest of its value."""
    reference = add(held, VR, "SignatureReference")
    if signature.format is SignatureFormat.PADES:
        add(reference, VR, "PAdESFieldName", shown(signature.name, NAME_MOST))
        return
    add(reference, VR, "DigestMethod", SHA256)
    add(reference, VR, "DigestValue", base64_of(bytes.fromhex(signature.id)))


def indicate(status: Element, main: Indication | str, why: SubIndication | None) -> None:
    """Indications by their URIs."""
    name = main if not isinstance(main, Indication) else main.value.lower().replace("_", "-")
    add(status, VR, "MainIndication", f"{URI}mainindication:{name}")
    if why is not None:
        add(status, VR, "SubIndication", f"{URI}subindication:{why}")


def of_part(indication: Indication) -> str:
    """What is no signature of a document doesn't pass in total."""
    return indication.lower().removeprefix("total_")


def name_of(who: Party) -> str:
    """Whom a certificate names, as it can be shown."""
    names = dict.fromkeys(filter(None, (who.organization, who.common_name)))
    return shown(" – ".join(names), NAME_MOST)


def digest(held: Element, value: str, hashed_by: str = "sha256") -> None:
    """As `digest_of`, with the element around."""
    digest_of(add(held, VR, "DigestAlgAndValue"), value, hashed_by)


def digest_of(held: Element, value: str, hashed_by: str = "sha256") -> None:
    """A digest in hex, as XML signatures write it."""
    add(held, DS, "DigestMethod", Algorithm=digest_uri(hashed_by))
    add(held, DS, "DigestValue", base64_of(bytes.fromhex(value)))


def digest_uri(name: str) -> str:
    """A hash function as XML signatures name it (RFC 9231), or else by a name of ours."""
    return _URIS.get(name, f"{OUR_ALGORITHM}:{quote(name, errors='replace')}")
