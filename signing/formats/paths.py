"""The chains of a document's certificates, as far as they are independent of any moment.

Paths are built and checked by pyhanko-certvalidator (RFC 5280 §6.1). Whether they stood at a time
is for the rules to say: here no certificate is too old.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import x509
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.registry import CertificateRegistry, SimpleTrustManager
from pyhanko_certvalidator.validate import async_validate_path

from signing.formats import algorithms, trust
from signing.formats.trust import Anchors
from signing.rules.evidence import CertificateEvidence

_LONGEST: Final = 8
"""Paths that are tried for one certificate."""

_SOME_DAY: Final = datetime(2030, 1, 1, tzinfo=UTC)
_AGES: Final = timedelta(days=365 * 1_000)
"""Every validity period begins and ends within these of that day."""


class Paths:
    """Finds chains to pinned roots among the certificates of a document."""

    def __init__(self, anchors: Anchors, certificates: Iterable[x509.Certificate]) -> None:
        known = [x509.Certificate.load(encoded) for encoded in anchors.authorities]
        roots = [x509.Certificate.load(encoded) for encoded in anchors.roots]
        self._context = ValidationContext(
            trust_manager=SimpleTrustManager.build(trust_roots=roots),
            certificate_registry=CertificateRegistry.build([*known, *certificates]),
            moment=_SOME_DAY,
            time_tolerance=_AGES,
            revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
            algorithm_usage_policy=AcceptAllAlgorithms(),
        )

    async def chain(self, signer: x509.Certificate) -> tuple[CertificateEvidence, ...]:
        """The first chain that stands, or the first that there is, the signer's certificate first;
        nothing where none leads to a root."""
        first: ValidationPath | None = None
        tried = 0
        try:
            async for path in self._context.path_builder.async_build_paths_lazy(signer):
                first, tried = first or path, tried + 1
                if await self._stands(path):
                    return _evidence(path)
                if tried == _LONGEST:
                    break
        except PathBuildingError:
            return ()
        return _evidence(first) if first is not None else ()

    async def _stands(self, path: ValidationPath) -> bool:
        try:
            await async_validate_path(self._context, path)
        except PathValidationError:
            return False
        return True


def _evidence(path: ValidationPath) -> tuple[CertificateEvidence, ...]:
    """What stands between the root, left out, and the signer."""
    found = []
    above = path.trust_anchor.authority.public_key
    for certificate in path.iter_certs(include_root=False):
        how = algorithms.of_certificate(certificate, above)
        found.append(CertificateEvidence(trust.party(certificate), how))
        above = certificate.public_key
    return tuple(reversed(found))
