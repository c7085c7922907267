"""A validation report as XML (ETSI TS 119 102-2 v1.4.1), from the evidence and our own report.

What the standard has no place for (the verdict on the file as a whole, notes, what is signed by
nobody) stands in OtherInformation, under a namespace of ours.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from keys.certificates import Certificate
from signing.formats import weak
from signing.formats.trusted_list import describe
from signing.formats.validation_objects import (
    NAME_MOST,
    URI,
    VR,
    Objects,
    add_path,
    digest,
    digest_of,
    gather,
    indicate,
    name_of,
    of_part,
)
from signing.formats.xades.parsing import DS, Element
from signing.formats.xades.writing import TSL, XADES, add, base64_of, xml_time
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import (
    ChainEvidence,
    Digest,
    SignatureEvidence,
    Source,
    StatusEvidence,
    TimeStampEvidence,
)
from signing.rules.policy import Policy
from signing.rules.report import (
    PartState,
    SignatureFormat,
    SignatureReport,
    StampKind,
    Step,
    SubIndication,
)
from signing.rules.shown import shown
from signing.rules.signature import answers
from signing.rules.trusted_list import Operator
from signing.rules.validation import Checked, indicated

OURS: Final = "urn:x-tra:verdict"

STEP: Final = "urn:x-tra:step"
"""Before the name of a step of `signing.rules.validation`."""

_OF_CMS: Final = (SignatureFormat.PADES, SignatureFormat.CADES)
_OF_PARTS: Final = {
    PartState.CHANGED: "NotWhatWasSigned",
    PartState.SIGNED_BY_NOBODY: "SignedByNobody",
}
_OF_ALGORITHMS: Final = (
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
)


@dataclass(frozen=True, slots=True)
class Validator:
    """The policy, and where it is published (URL); who checked, and the certificate that the report
    is sealed with, where somebody seals it."""

    policy: Policy
    policy_url: str
    operator: Operator | None = None
    certificate: Certificate | None = None


def write(checked: Checked, validator: Validator) -> Element:
    """The report's root, unsigned."""
    spaces = {"vr": VR, "ds": DS, "xades": XADES, "tsl": TSL, "tra": OURS}
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap=spaces)
    objects = Objects(checked, etree.Element(f"{{{VR}}}SignatureValidationObjects", nsmap=spaces))
    gather(objects)
    pairs = list(zip(checked.evidence.signatures, checked.report.signatures, strict=True))
    for number, (found, said) in enumerate(pairs, start=1):
        held = add(root, VR, "SignatureValidationReport")
        _signature(held, found, said, number, objects, validator)
    if not pairs:
        _nothing_signed(add(root, VR, "SignatureValidationReport"), objects, validator)
    root.append(objects.element)
    if validator.certificate is not None and validator.operator is not None:
        held = add(root, VR, "SignatureValidator")
        encoded = base64_of(validator.certificate.der)
        add(add(held, VR, "DigitalId"), TSL, "X509Certificate", encoded)
        describe(add(held, VR, "TSPInformation"), validator.operator)
    return root


def _signature(
    held: Element,
    found: SignatureEvidence,
    said: SignatureReport,
    number: int,
    objects: Objects,
    validator: Validator,
) -> None:
    """In the order of the schema."""
    checked = objects.checked
    identifier = add(held, VR, "SignatureIdentifier", id=f"signature-{number}")
    if (over := found.representation) is not None:
        digest(identifier, over.value, over.hashed_by)
    if found.value:
        add(identifier, DS, "SignatureValue", base64_of(bytes.fromhex(found.value)))
    add(identifier, VR, "HashOnly", "false")
    add(identifier, VR, "DocHashOnly", "false")
    add(identifier, VR, "DAIdentifier", shown(found.name, NAME_MOST))
    constraints = _policy(held, checked, validator)
    for step, wrong in answers(found, said.step, said.sub_indication):
        _constraint(constraints, step, wrong)
    times = add(held, VR, "ValidationTimeInfo")
    add(times, VR, "ValidationTime", xml_time(checked.report.checked_at))
    by = objects.proofs.get(found.id) if said.signed_at is not None else None
    objects.time(add(times, VR, "BestSignatureTime"), said.signed_at, by)
    _document(held, objects, found.objects)
    _attributes(held, found, objects)
    if found.signer is not None:
        information = add(held, VR, "SignerInformation")
        objects.refer(information, "SignerCertificate", found.signer.fingerprint)
        add(information, VR, "Signer", name_of(found.signer))
    _process(held)
    status = add(held, VR, "SignatureValidationStatus")
    indicate(status, said.indication, said.sub_indication)
    _grounds(status, found, said, objects)
    if said.sub_indication in _OF_ALGORITHMS:
        used = _used(found, identifier.get("id"), objects)
        weak.tell(status, used, validator.policy.suites, checked.report.checked_at)
    _ours(held, objects, found, said)


def _nothing_signed(held: Element, objects: Objects, validator: Validator) -> None:
    """A report has at least one of these; a file without signatures fills it with the file."""
    report = objects.checked.report
    _policy(held, objects.checked, validator)
    times = add(held, VR, "ValidationTimeInfo")
    add(times, VR, "ValidationTime", xml_time(report.checked_at))
    objects.time(add(times, VR, "BestSignatureTime"), None, None)
    _document(held, objects, ())
    _process(held)
    status = add(held, VR, "SignatureValidationStatus")
    indicate(status, report.indication, report.sub_indication)
    _ours(held, objects)


def _policy(held: Element, checked: Checked, validator: Validator) -> Element:
    """§4.3.5.3: the policy by its address and digest; what its constraints answered follows."""
    constraints = add(held, VR, "ValidationConstraintsEvaluationReport")
    policy = add(constraints, VR, "SignatureValidationPolicy")
    named = add(add(policy, VR, "SignaturePolicyIdentifier"), XADES, "SignaturePolicyId")
    add(add(named, XADES, "SigPolicyId"), XADES, "Identifier", validator.policy_url)
    digest_of(add(named, XADES, "SigPolicyHash"), checked.report.policy_digest)
    add(policy, VR, "PolicyName", checked.report.policy)
    add(policy, VR, "FormalPolicyURI", validator.policy_url)
    return constraints


def _constraint(held: Element, step: Step, wrong: SubIndication | None) -> None:
    """§4.3.5.4: a step of ours that was taken, and what it answered."""
    made = add(held, VR, "ValidationConstraint")
    add(made, VR, "ValidationConstraintIdentifier", f"{STEP}:{step}")
    add(add(made, VR, "ConstraintStatus"), VR, "Status", f"{URI}constraintStatus:applied")
    indicate(add(made, VR, "ValidationStatus"), of_part(indicated(wrong)), wrong)


def _document(held: Element, objects: Objects, signed: Sequence[Digest]) -> None:
    """What was signed; of a signature that could not be read, and where nothing was, the file."""
    document = add(held, VR, "SignersDocument")
    values = dict.fromkeys(one.value for one in signed) or [objects.checked.report.digest]
    if len(values) == 1:
        digest(document, *values, *(one.hashed_by for one in signed[:1]))
    objects.refer(document, "SignersDocumentRepresentation", *values)


def _attributes(held: Element, found: SignatureEvidence, objects: Objects) -> None:
    """Annex A."""
    made = etree.Element(f"{{{VR}}}SignatureAttributes")
    if found.claimed_at is not None:
        at = add(made, VR, "SigningTime", Signed="true")
        add(at, VR, "Time", xml_time(found.claimed_at))
    if found.names_its_certificate and found.signer is not None:
        named = add(made, VR, "SigningCertificate", Signed="true")
        objects.refer(named, "AttributeObject", found.signer.fingerprint)
        digest_of(add(named, VR, "CertID"), found.signer.fingerprint)
    if found.format in _OF_CMS and found.objects[:1] not in ((), (found.representation,)):
        said = add(made, VR, "MessageDigest", Signed="true")
        add(said, VR, "Digest", base64_of(bytes.fromhex(found.objects[0].value)))
    for commitment in found.commitments:
        said = add(made, VR, "CommitmentTypeIndication", Signed="true")
        add(said, VR, "CommitmentTypeIdentifier", f"urn:oid:{commitment}")
    for stamp in found.time_stamps:
        before = str(stamp.kind is StampKind.CONTENT).lower()
        at = add(made, VR, _stamp_name(found, stamp), Signed=before)
        objects.refer(at, "AttributeObject", stamp.id)
        add(at, VR, "TimeStampValue", xml_time(stamp.at))
    if len(made):
        held.append(made)


def _stamp_name(found: SignatureEvidence, stamp: TimeStampEvidence) -> str:
    if stamp.kind is StampKind.CONTENT:
        return "AllDataObjectsTimeStamp"
    if stamp.kind is StampKind.SIGNATURE:
        return "SignatureTimeStamp"
    if stamp.kind is StampKind.VALIDATION_DATA:
        return "SigAndRefsTimeStamp" if found.id in stamp.covers else "RefsOnlyTimeStamp"
    return "DocTimeStamp" if found.format is SignatureFormat.PADES else "ArchiveTimeStamp"


def _process(held: Element) -> None:
    """EN 319 102-1 §5.6.3, which has the others within."""
    process = add(held, VR, "SignatureValidationProcess")
    add(process, VR, "SignatureValidationProcessID", f"{URI}validationprocess:LTA")


def _grounds(
    status: Element, found: SignatureEvidence, said: SignatureReport, objects: Objects
) -> None:
    """The path, and the revocation that was found."""
    if not found.chains:
        return
    data = add(status, VR, "AssociatedValidationReportData")
    add_path(data, found.chains[0], objects)
    if said.revoked_at is None:
        return
    revoked = add(data, VR, "RevocationStatusInformation")
    own = found.chains[0].certificates[0].party.fingerprint
    objects.refer(revoked, "ValidationObjectId", own)
    add(revoked, VR, "RevocationTime", xml_time(said.revoked_at))
    for status_of in _statuses(found.chains):
        told = status_of.revoked
        if told is not None and told.at == said.revoked_at:
            if told.reason is not None:
                add(revoked, VR, "RevocationReason", _reason(told.reason))
            objects.refer(revoked, "RevocationObject", status_of.id)
            break


def _used(
    found: SignatureEvidence, signature: str, objects: Objects
) -> Iterator[tuple[str, Algorithm | str]]:
    """What a signature rests on: XML ids of what was signed by an algorithm, or digested."""
    if found.algorithm is not None:
        yield signature, found.algorithm
    yield from ((signature, name) for name in found.hashes)
    for certificate in found.chains[0].certificates if found.chains else ():
        yield objects.known[certificate.party.fingerprint], certificate.algorithm


def _reason(name: str) -> str:
    """`key_compromise` as RFC 5280 writes it."""
    first, *rest = name.split("_")
    first = f"{first[0]}{first[1:].upper()}" if first in {"ca", "aa"} else first
    spelled = first + "".join("CRL" if one == "crl" else one.capitalize() for one in rest)
    return f"{URI}revocationReason:{spelled}"


def _statuses(chains: Iterable[ChainEvidence]) -> Iterator[StatusEvidence]:
    for chain in chains:
        told = chain.certificates[0].statuses
        yield from (one for one in told if one.source is not Source.REGISTER)


def _ours(
    held: Element,
    objects: Objects,
    found: SignatureEvidence | None = None,
    said: SignatureReport | None = None,
) -> None:
    """What the standard has no place for."""
    checked = objects.checked
    report = checked.report
    other = add(held, VR, "OtherInformation")
    document = add(other, OURS, "Document", verdict=report.verdict, format=report.format)
    digest_of(document, report.digest)
    add(document, OURS, "Name", shown(checked.name, NAME_MOST))
    add(document, OURS, "Size", str(report.size))
    add(document, OURS, "UnsignedBytes", str(report.unsigned_bytes))
    for part in report.parts:
        if part.state in _OF_PARTS:
            add(document, OURS, _OF_PARTS[part.state], shown(part.name, NAME_MOST))
    if said is None:
        return
    signature = add(other, OURS, "Signature", format=said.format)
    for one in found.objects if found is not None else ():
        if one.name:
            signed = objects.refer(signature, "Signed", one.value, namespace=OURS)
            signed.set("name", shown(one.name, NAME_MOST))
    if said.level is not None:
        signature.set("level", said.level)
    if said.step is not None:
        signature.set("step", said.step)
    for note in said.notes:
        add(signature, OURS, "Note", note)
    for name in said.missing:
        add(signature, OURS, "Missing", shown(name, NAME_MOST))
