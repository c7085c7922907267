"""Signature validation objects (ETSI TS 119 102-2 §4.4): what a validation rests on, each by its
SHA-256, with the time since which it is known to exist."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain as joined
from typing import Final

from signing.formats.xades.parsing import DS, Element
from signing.formats.xades.writing import SHA256, add, base64_of, xml_time
from signing.rules.evidence import (
    CertificateEvidence,
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

_OF_OBJECTS: Final = {Indication.TOTAL_PASSED: "passed", Indication.TOTAL_FAILED: "failed"}
"""What is no signature of a document doesn't pass in total (TS 119 102-2 §4.4.8)."""


@dataclass
class Objects:
    """Signature validation objects (§4.4): each stands once, and is referred to by its XML id."""

    checked: Checked
    element: Element
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.proofs = witnesses(self.checked.evidence, self.checked.report)

    def refer(self, parent: Element, name: str, *ids: str) -> Element:
        """A VOReference to objects by the ids of the evidence."""
        named = " ".join(self.known[one] for one in ids)
        return add(parent, VR, name, VOReference=named)

    def put(self, name: str, kind: str) -> Element | None:
        """One more object by its SHA-256 in hex: None where it is there already."""
        if name in self.known:
            return None
        self.known[name] = f"object-{len(self.known) + 1}"
        made = add(self.element, VR, "ValidationObject", id=self.known[name])
        add(made, VR, "ObjectType", f"{URI}validationObject:{kind}")
        digest(add(made, VR, "ValidationObjectRepresentation"), name)
        return made

    def prove(self, made: Element, name: str) -> None:
        """§4.4.6: since when it is known to exist: by a time-stamp, else by this check."""
        by = self.proofs.get(name)
        self.time(add(made, VR, "POE"), by.at if by else None, by)

    def time(self, poe: Element, at: int | None, by: TimeStampEvidence | None) -> None:
        add(poe, VR, "POETime", xml_time(self.checked.report.checked_at if at is None else at))
        add(poe, VR, "TypeOfProof", f"{URI}poetype:validation")
        if by is not None and by.id in self.known:
            self.refer(poe, "POEObject", by.id)


def gather(objects: Objects) -> None:
    """Every object, then what vouches for it: time-stamps are objects too."""
    checked = objects.checked
    made = objects.put(checked.report.digest, "signedData")
    assert made is not None
    stamps = []
    for found, said in zip(checked.evidence.signatures, checked.report.signatures, strict=True):
        for stamp, told in zip(found.time_stamps, said.time_stamps, strict=True):
            if (made := objects.put(stamp.id, "timestamp")) is not None:
                stamps.append((made, stamp, told))
    objects.prove(objects.element[0], checked.report.digest)
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
    """§4.4.7, §4.4.8: what it proves, and how its own validation ended."""
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
    main = _OF_OBJECTS.get(told.indication, "indeterminate")
    indicate(status, main, told.sub_indication)


def _refer_to_signature(held: Element, signature: SignatureEvidence) -> None:
    """§4.4.7: a PDF's by its field, another by the digest of its value."""
    reference = add(held, VR, "SignatureReference")
    if signature.format is SignatureFormat.PADES:
        add(reference, VR, "PAdESFieldName", shown(signature.name, NAME_MOST))
        return
    add(reference, VR, "DigestMethod", SHA256)
    add(reference, VR, "DigestValue", base64_of(bytes.fromhex(signature.id)))


def indicate(status: Element, main: Indication | str, why: SubIndication | None) -> None:
    """§4.3.4: indications by their URIs."""
    name = main if not isinstance(main, Indication) else main.value.lower().replace("_", "-")
    add(status, VR, "MainIndication", f"{URI}mainindication:{name}")
    if why is not None:
        add(status, VR, "SubIndication", f"{URI}subindication:{why}")


def name_of(who: Party) -> str:
    """Whom a certificate names, as it can be shown."""
    names = dict.fromkeys(filter(None, (who.organization, who.common_name)))
    return shown(" – ".join(names), NAME_MOST)


def digest(held: Element, name: str) -> None:
    """As `digest_of`, with the element around."""
    digest_of(add(held, VR, "DigestAlgAndValue"), name)


def digest_of(held: Element, name: str) -> None:
    """A SHA-256 in hex, as XML signatures write digests."""
    add(held, DS, "DigestMethod", Algorithm=SHA256)
    add(held, DS, "DigestValue", base64_of(bytes.fromhex(name)))
