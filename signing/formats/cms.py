"""What can be found out about one CMS signature (RFC 5652, ETSI EN 319 122-1), in a PDF or not.

pyHanko validates; whatever it raises on a strange encoding is a finding, never an error of ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import SignedDataCerts, extract_certificate_info
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.ades import ades_basic_validation, ades_with_time_validation
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats import trust
from signing.formats.trust import Asked
from signing.rules.evidence import Fault, SignatureEvidence, TimeStampEvidence
from signing.rules.report import Level, Party, SubIndication

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
class _Weighed:
    """pyHanko's result, what it finds of the path, and what of the revocation alone."""

    status: Any
    problem: SubIndication | None
    revocation: SubIndication | None
    details: Any


async def evidence(
    signed: cms.SignedData,
    digest: bytes,
    knowledge: LocalKnowledge,
    asked: Asked,
    found: SignatureEvidence,
) -> SignatureEvidence:
    """`found`, and what there is to find of a SignedData with one signer. `digest` is that of the
    content; `knowledge` what was found beside the signature, which adds to what is within."""
    time_stamp = _time_stamp(signed)
    certificates = extract_certificate_info(signed)
    usable = trust.usable(
        knowledge,
        certificates.signer_cert,
        time_stamp.at if time_stamp else asked.at,
        proven=time_stamp is not None,
    )
    weighed = await _weighed(signed, digest, knowledge, usable, asked)
    status, problem = weighed.status, weighed.problem
    if problem is _NO_INFORMATION and not _leads_to_root(certificates, asked):
        problem = SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    if status is None and problem is SubIndication.FORMAT_FAILURE:
        return replace(found, faults=(*found.faults, Fault.UNREADABLE))
    # Where the signer's own path has no problem, the time-stamp has it.
    of_time_stamp = status is not None and status.trust_problem_indic is None
    if time_stamp is not None:
        passed = status is not None and _trusted(status.timestamp_validity)
        time_stamp = replace(
            time_stamp, problem=None if passed else problem or SubIndication.NO_POE
        )
    intact, valid = (status.intact, status.valid) if status else (True, True)
    return replace(
        found,
        digest_matches=intact,
        signature_verifies=valid,
        signer=trust.party(certificates.signer_cert),
        claimed_at=_claimed(signed),
        time_stamp=time_stamp,
        path=None if of_time_stamp and time_stamp is not None else problem,
        revocation=weighed.revocation,
        revoked=trust.revoked(weighed.details, authority=False),
        authority_revoked=trust.revoked(weighed.details, authority=True),
        names_its_certificate=_names_certificate(signed),
        level=_level(knowledge, time_stamped=time_stamp is not None),
    )


async def _weighed(
    signed: cms.SignedData,
    digest: bytes,
    knowledge: LocalKnowledge,
    usable: LocalKnowledge,
    asked: Asked,
) -> _Weighed:
    result = await _ades(signed, digest, usable, asked, revocation=True)
    problem = trust.sub_indication(result.ades_subindic)
    details = result.api_status.revocation_details if result.api_status else None
    if problem in _OF_REVOCATION:
        without = await _ades(signed, digest, usable, asked, revocation=False)
        if trust.sub_indication(without.ades_subindic) is None:
            if problem is _NO_INFORMATION and _left_out(knowledge, usable):
                problem = SubIndication.TRY_LATER
            return _Weighed(without.api_status, None, problem, details)
    return _Weighed(result.api_status, problem, None, details)


async def _ades(
    signed: cms.SignedData,
    digest: bytes,
    knowledge: LocalKnowledge,
    asked: Asked,
    *,
    revocation: bool,
) -> Any:
    """EN 319 102-1 §5.5 where there is a time-stamp, §5.3 where there is none."""
    stamped = next(_tokens(signed), None) is not None
    validation = ades_with_time_validation if stamped else ades_basic_validation
    return await validation(
        signed,
        trust.specification(asked.anchors, knowledge, revocation=revocation),
        timing_info=trust.timing(asked),
        raw_digest=digest,
    )


def _leads_to_root(certificates: SignedDataCerts, asked: Asked) -> bool:
    return trust.leads_to_root(certificates.signer_cert, certificates.other_certs, asked.anchors)


def _tokens(signed: cms.SignedData) -> Iterator[cms.SignedData]:
    return generic_cms.extract_tst_data_iter(signed["signer_infos"][0], signed=False)


def _time_stamp(signed: cms.SignedData) -> TimeStampEvidence | None:
    """What the first time-stamp says, not checked yet."""
    for token in _tokens(signed):
        info: tsp.TSTInfo = token["encap_content_info"]["content"].parsed
        return TimeStampEvidence(
            int(info["gen_time"].native.timestamp()), _authority(token), SubIndication.GENERIC
        )
    return None


def _authority(token: cms.SignedData) -> Party | None:
    signer = token["signer_infos"][0]["sid"].chosen
    for choice in token["certificates"]:
        certificate: x509.Certificate = choice.chosen
        if (
            certificate.issuer.dump() == signer["issuer"].dump()
            and certificate.serial_number == signer["serial_number"].native
        ):
            return trust.party(certificate)
    return None


def _trusted(stamped: Any) -> bool:
    return stamped is not None and stamped.intact and stamped.valid and stamped.trusted


def _left_out(had: LocalKnowledge, kept: LocalKnowledge) -> bool:
    """Whether there was revocation data that was too old to vouch."""
    return len(had.known_ocsps) + len(had.known_crls) > len(kept.known_ocsps) + len(kept.known_crls)


def _claimed(signed: cms.SignedData) -> int | None:
    """The signer's own word for when (signing-time)."""
    try:
        claimed = generic_cms.extract_self_reported_ts(signed["signer_infos"][0])
    except Exception:
        return None
    return int(claimed.timestamp()) if claimed else None


def _names_certificate(signed: cms.SignedData) -> bool:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    return any(one["type"].native in _NAMES_CERTIFICATE for one in attributes)


def _level(knowledge: LocalKnowledge, *, time_stamped: bool) -> Level:
    if not time_stamped:
        return Level.B
    if not (knowledge.known_ocsps or knowledge.known_crls):
        return Level.T
    return Level.LT
