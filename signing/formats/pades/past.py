"""Past validation (EN 319 102-1 §5.6), with the document's own time-stamps as proof."""

from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pyhanko.sign.validation import EmbeddedPdfSignature, ades
from pyhanko.sign.validation.policy_decl import LocalKnowledge, PdfSignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationDataHandlers
from pyhanko_certvalidator.ltv.ades_past import past_validate
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy

from signing.formats import trust
from signing.formats.trust import Asked

_MOMENT: Final[ContextVar[datetime | None]] = ContextVar("moment", default=None)


async def passes(embedded: EmbeddedPdfSignature, knowledge: LocalKnowledge, asked: Asked) -> bool:
    """Whether the signature passes by its archive, at the moment that is asked for."""
    _MOMENT.set(datetime.fromtimestamp(asked.at, UTC))
    specification = trust.specification(asked.anchors, knowledge, revocation=True)
    result = await ades.ades_lta_validation(
        embedded, PdfSignatureValidationSpec(specification), timing_info=trust.timing(asked)
    )
    return trust.sub_indication(result.ades_subindic) is None


async def _past_validate(
    path: ValidationPath,
    validation_policy_spec: CertValidationPolicySpec,
    validation_data_handlers: ValidationDataHandlers,
    init_control_time: datetime | None = None,
    best_signature_time: datetime | None = None,
) -> datetime:
    """§5.6.2.1. pyHanko begins its slide at this machine's time, whatever moment it was asked
    about; and it slides to when revocation data ends, which data of any age never does."""
    begin = init_control_time or _MOMENT.get()
    checking = validation_policy_spec.revinfo_policy.revocation_checking_policy
    policy = replace(validation_policy_spec, revinfo_policy=CertRevTrustPolicy(checking))
    return await past_validate(path, policy, validation_data_handlers, begin, best_signature_time)


ades.past_validate = _past_validate  # type: ignore[attr-defined]  # its name there, and no other
