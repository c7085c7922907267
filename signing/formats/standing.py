"""How the holder of a certificate stands (ETSI EN 319 102-1 §5.2.6): the path to a trusted root,
and its revocation, by what is at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation.generic_cms import validate_cert_usage
from pyhanko.sign.validation.policy_decl import LocalKnowledge, bootstrap_validation_data_handlers
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import RevocationDetails

from signing.formats import trust
from signing.formats.cms import WHATEVER
from signing.formats.trust import Asked
from signing.rules.report import SubIndication

_NO_INFORMATION: Final = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE

NOT_KNOWN: Final = frozenset({_NO_INFORMATION, SubIndication.TRY_LATER})
"""Nobody can tell whether it was revoked."""

_OF_REVOCATION: Final = NOT_KNOWN | {
    SubIndication.REVOKED,
    SubIndication.REVOKED_NO_POE,
    SubIndication.REVOKED_CA_NO_POE,
}


_OF_NAMES: Final = frozenset({_NO_INFORMATION, SubIndication.CHAIN_CONSTRAINTS_FAILURE})
"""What is also found of a path that is one by its names alone, or of a certificate alone."""


@dataclass(frozen=True)
class Held:
    """A certificate, others that may lead to a root, and the revocation data that may vouch.
    `left_out`: there was more, too old to vouch."""

    certificate: x509.Certificate
    others: Sequence[x509.Certificate]
    knowledge: LocalKnowledge
    left_out: bool = False


@dataclass(frozen=True)
class Standing:
    """What is wrong with the path, and with the revocation alone; None is a pass."""

    path: SubIndication | None = None
    revocation: SubIndication | None = None
    details: RevocationDetails | None = None


async def stand(held: Held, asked: Asked, usage: KeyUsageConstraints) -> Standing:
    """At the moment that was asked for."""
    found = await _validated(held, asked, usage, revocation=True)
    if found.path not in _OF_REVOCATION:
        return found
    without = await _validated(held, asked, usage, revocation=False)
    if without.path is None:
        lacking = found.path is _NO_INFORMATION and held.left_out
        revocation = SubIndication.TRY_LATER if lacking else found.path
        return Standing(None, revocation, found.details)
    return without


async def _validated(
    held: Held, asked: Asked, usage: KeyUsageConstraints, *, revocation: bool
) -> Standing:
    specification = trust.specification(asked.anchors, held.knowledge, revocation=revocation)
    timing = trust.timing(asked)
    handlers = bootstrap_validation_data_handlers(specification, timing)
    handlers.cert_registry.register_multiple(held.others)
    context = specification.cert_validation_policy.build_validation_context(timing, handlers)
    paths = context.path_builder.async_build_paths_lazy(held.certificate)
    try:
        result = await validate_cert_usage(held.certificate, context, usage, paths)
    except WHATEVER:
        return Standing(_NO_INFORMATION)
    if result.success_result is not None:
        return Standing()
    problem = trust.sub_indication(result.error_subindic or AdESIndeterminate.GENERIC)
    if problem in _OF_NAMES and not trust.leads_to_root(
        held.certificate, held.others, asked.anchors
    ):
        problem = SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    return Standing(problem, details=result.revo_details)
