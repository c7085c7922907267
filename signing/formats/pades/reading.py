"""Everything that can be found out about the signatures of a PDF, as evidence for validation.

pyHanko reads; whatever it raises on a strange file is a finding, never an error of ours.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final

from asn1crypto import cms, tsp, x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    generic_cms,
)
from pyhanko.sign.validation.ades import (
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signing.formats.pades import chains, profile, structure, surroundings
from signing.formats.pades.chains import Anchors
from signing.formats.pades.changes import changes
from signing.formats.pades.surroundings import Run, with_fault
from signing.rules.evidence import (
    DocumentEvidence,
    Fault,
    SignatureEvidence,
    TimeStampEvidence,
    Unreadable,
)
from signing.rules.report import Level, SubIndication

_SIGNATURE: Final = "/Sig"
_DOCUMENT_TIME_STAMP: Final = "/DocTimeStamp"
_OCSP: Final = DecodePurpose.OCSP_RESPONSE
_CRL: Final = DecodePurpose.CRL
_NO_INFORMATION: Final = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
_NAMES_CERTIFICATE: Final = frozenset({"signing_certificate", "signing_certificate_v2"})

_OF_REVOCATION: Final = frozenset(
    {
        _NO_INFORMATION,
        SubIndication.REVOKED,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.TRY_LATER,
    }
)


@dataclass(frozen=True)
class _Document:
    """What the signatures of one file have in common."""

    document: bytes
    reader: PdfFileReader
    anchors: Anchors
    at: int
    now: int
    knowledge: LocalKnowledge
    time_stamped: bool  # by a document time-stamp


def gather(
    document: bytes,
    anchors: Anchors,
    at: int,
    now: int | None = None,
    run: Run = asyncio.run,
) -> DocumentEvidence:
    """Evidence for a validation at `at` (NumericDate; `now` where it is not the present). `run`
    runs a coroutine to its end."""
    digest = hashlib.sha256(document).hexdigest()
    nothing = DocumentEvidence(size=len(document), digest=digest)
    if not structure.begins_as_pdf(document):
        return replace(nothing, unreadable=Unreadable.NOT_A_PDF)
    for strict in (True, False):
        try:
            reader = PdfFileReader(BytesIO(document), strict=strict)
            if reader.encrypted:
                return replace(nothing, unreadable=Unreadable.ENCRYPTED)
            signatures = _signatures(document, reader, anchors, at, at if now is None else now, run)
        except _WHATEVER:
            continue
        return replace(
            nothing,
            signatures=signatures,
            repaired=not strict,
            unsigned_bytes=structure.unsigned_suffix(document),
        )
    if structure.range_misfits(document):
        return replace(nothing, signatures=(SignatureEvidence("", (Fault.BYTE_RANGE,)),))
    if structure.digest_differs(document):
        return replace(nothing, signatures=(SignatureEvidence(""),))
    return replace(nothing, unreadable=Unreadable.DAMAGED)


def _signatures(
    document: bytes, reader: PdfFileReader, anchors: Anchors, at: int, now: int, run: Run
) -> tuple[SignatureEvidence, ...]:
    fields = list(enumerate_sig_fields(reader, filled_status=True))
    if not fields and structure.mentions_signature(document) and not reader.strict:
        # Signed bytes that the repaired file has no field for.
        return (SignatureEvidence("", (Fault.UNREADABLE,)),)
    held = _Document(
        document,
        reader,
        anchors,
        at,
        now,
        _knowledge(reader),
        any(_type(value) == _DOCUMENT_TIME_STAMP for _, value, _ in fields),
    )
    found = tuple(
        _signature(held, name, field, run)
        for name, value, field in fields
        if _type(value) != _DOCUMENT_TIME_STAMP
    )
    stamps = [field for _, value, field in fields if _type(value) == _DOCUMENT_TIME_STAMP]
    if not all(surroundings.stamp_fits(reader, document, field, run) for field in stamps):
        found = tuple(with_fault(one, Fault.TIME_STAMP) for one in found)
    return tuple(surroundings.weigh(found, fields, held.reader, document, anchors))


def _knowledge(reader: PdfFileReader) -> LocalKnowledge:
    """The validation data that the document carries; a store that can't be read is none."""
    try:
        held = DocumentSecurityStore.read_dss(reader)
        ocsps = [OCSPResponse.load(_data(stream, _OCSP)) for stream in held.ocsps]
        crls = [CertificateList.load(_data(stream, _CRL)) for stream in held.crls]
        return LocalKnowledge(
            known_ocsps=[one for ocsp in ocsps for one in OCSPContainer.load_multi(ocsp)],
            known_crls=[CRLContainer(crl) for crl in crls],
            known_certs=list(held.load_certs()),
        )
    except _WHATEVER:
        return LocalKnowledge()


def _data(stream: Any, purpose: DecodePurpose) -> bytes:
    return bytes(stream.get_object().read_data(purpose))


def _type(value: Any) -> str:
    signature = value.get_object()
    return str(signature["/Type"]) if "/Type" in signature else _SIGNATURE


def _signature(held: _Document, name: str, field: Any, run: Run) -> SignatureEvidence:
    """One signature; one that cannot be read is still a signature."""
    try:
        embedded = EmbeddedPdfSignature(held.reader, field, name)
        contents = embedded.pkcs7_content
        found = SignatureEvidence(
            name, structure.faults(held.document, list(embedded.byte_range), contents)
        )
        length = structure.der_length(contents)
        signed = cms.ContentInfo.load(contents[:length], strict=True)["content"]
        if len(signed["signer_infos"]) != 1:
            return replace(found, faults=(*found.faults, Fault.SIGNER_INFOS))
        validated: SignatureEvidence = run(_validated(held, embedded, found))
    except _WHATEVER:
        return SignatureEvidence(name, (Fault.UNREADABLE,))
    return validated


async def _validated(
    held: _Document, embedded: EmbeddedPdfSignature, found: SignatureEvidence
) -> SignatureEvidence:
    embedded.compute_integrity_info()
    time_stamp = _time_stamp(embedded)
    knowledge = chains.usable(
        held.knowledge,
        embedded.signer_cert,
        time_stamp.at if time_stamp else held.at,
        proven=time_stamp is not None,
    )
    result = await _ades(held, embedded, knowledge, revocation=True)
    problem = chains.sub_indication(result.ades_subindic)
    revocation = None
    details = result.api_status.revocation_details if result.api_status else None
    if problem in _OF_REVOCATION:
        unrevoked = await _ades(held, embedded, knowledge, revocation=False)
        if chains.sub_indication(unrevoked.ades_subindic) is None:
            revocation, problem, result = problem, None, unrevoked
            if revocation is _NO_INFORMATION and _left_out(held.knowledge, knowledge):
                revocation = SubIndication.TRY_LATER
    if problem is _NO_INFORMATION and not chains.leads_to_root(
        embedded.signer_cert, embedded.other_embedded_certs, held.anchors
    ):
        problem = SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    status = result.api_status
    if status is None and problem is SubIndication.FORMAT_FAILURE:
        return replace(found, faults=(*found.faults, Fault.UNREADABLE))
    intact, valid = (status.intact, status.valid) if status else (True, True)
    # Where the signer's own path has no problem, the time-stamp has it.
    of_time_stamp = status is not None and status.trust_problem_indic is None
    if time_stamp is not None:
        passed = status is not None and _trusted(status.timestamp_validity)
        time_stamp = replace(
            time_stamp, problem=None if passed else problem or SubIndication.NO_POE
        )
    profiled = problem is not SubIndication.NO_CERTIFICATE_CHAIN_FOUND and profile.is_ours(
        embedded.signer_cert
    )
    if profiled and not profile.signature_stands(held.document, embedded, held.anchors.all):
        found = with_fault(found, Fault.ENCODING)
    archived = held.time_stamped and (problem or revocation) is not None and intact and valid
    return replace(
        found,
        digest_matches=intact,
        signature_verifies=valid,
        changes=changes(embedded),
        covers_whole_file=embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        signer=chains.party(embedded.signer_cert),
        claimed_at=_claimed(embedded),
        time_stamp=time_stamp,
        path=None if of_time_stamp and time_stamp is not None else problem,
        revocation=revocation,
        revoked=chains.revoked(details, authority=False),
        authority_revoked=chains.revoked(details, authority=True),
        names_its_certificate=_names_certificate(embedded),
        archived=archived and await _passes_by_archive(held, embedded),
        level=_level(held, time_stamped=time_stamp is not None),
        profiled=profiled,
    )


async def _ades(
    held: _Document, embedded: EmbeddedPdfSignature, knowledge: LocalKnowledge, *, revocation: bool
) -> Any:
    """EN 319 102-1 §5.5 where there is a time-stamp, §5.3 where there is none."""
    validation = ades_with_time_validation if _tokens(embedded) else ades_basic_validation
    return await validation(
        embedded.signed_data,
        chains.specification(held.anchors, knowledge, revocation=revocation),
        timing_info=chains.timing(held.at, held.now),
        raw_digest=embedded.compute_digest(),
    )


async def _passes_by_archive(held: _Document, embedded: EmbeddedPdfSignature) -> bool:
    """EN 319 102-1 §5.6: past validation, with the document's own time-stamps as proof."""
    specification = chains.specification(held.anchors, held.knowledge, revocation=True)
    result = await ades_lta_validation(
        embedded,
        PdfSignatureValidationSpec(specification),
        timing_info=chains.timing(held.at, held.now),
    )
    return chains.sub_indication(result.ades_subindic) is None


def _tokens(embedded: EmbeddedPdfSignature) -> list[cms.SignedData]:
    return list(generic_cms.extract_tst_data_iter(embedded.signer_info, signed=False))


def _time_stamp(embedded: EmbeddedPdfSignature) -> TimeStampEvidence | None:
    """What the first time-stamp says, not checked yet."""
    for token in _tokens(embedded):
        info: tsp.TSTInfo = token["encap_content_info"]["content"].parsed
        return TimeStampEvidence(
            int(info["gen_time"].native.timestamp()), _authority(token), SubIndication.GENERIC
        )
    return None


def _authority(token: cms.SignedData) -> Any:
    signer = token["signer_infos"][0]["sid"].chosen
    for choice in token["certificates"]:
        certificate: x509.Certificate = choice.chosen
        if (
            certificate.issuer.dump() == signer["issuer"].dump()
            and certificate.serial_number == signer["serial_number"].native
        ):
            return chains.party(certificate)
    return None


def _trusted(stamped: Any) -> bool:
    return stamped is not None and stamped.intact and stamped.valid and stamped.trusted


def _left_out(had: LocalKnowledge, kept: LocalKnowledge) -> bool:
    """Whether there was revocation data that was too old to vouch."""
    return len(had.known_ocsps) + len(had.known_crls) > len(kept.known_ocsps) + len(kept.known_crls)


def _claimed(embedded: EmbeddedPdfSignature) -> int | None:
    """The signer's own word for when (signing-time, or /M)."""
    try:
        claimed = embedded.self_reported_timestamp
    except _WHATEVER:
        return None
    return int(claimed.timestamp()) if claimed else None


def _names_certificate(embedded: EmbeddedPdfSignature) -> bool:
    if str(embedded.sig_object["/SubFilter"]) == "/adbe.pkcs7.detached":
        return True  # ISO 32000-2 §12.8.3.3 does not ask for it
    signed = embedded.signer_info["signed_attrs"]
    return any(attribute["type"].native in _NAMES_CERTIFICATE for attribute in signed)


def _level(held: _Document, *, time_stamped: bool) -> Level:
    if not time_stamped:
        return Level.B
    if not (held.knowledge.known_ocsps or held.knowledge.known_crls):
        return Level.T
    return Level.LTA if held.time_stamped else Level.LT


_WHATEVER: Final = (Exception, RecursionError, MemoryError)
"""Leaked KeyError, AssertionError, AttributeError and ValueError of the readers included."""
