"""The chains of a document's certificates, as far as they are independent of any moment.

Paths are built and checked by pyhanko-certvalidator (RFC 5280 §6.1). Whether they stood at a time
is for the rules to say: here no certificate is too old.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from functools import cached_property

from asn1crypto import x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import async_validate_path

from signing.formats import algorithms, certificates, trust
from signing.formats.issuers import Path, Registry, Roots
from signing.formats.known import Known
from signing.formats.primitives import issued
from signing.formats.statuses import Statuses, Trusted, is_exempt
from signing.formats.trust import Anchors
from signing.formats.validation_data import known as known_data
from signing.formats.validation_data import together
from signing.rules.evidence import CertificateEvidence, ChainEvidence
from signing.rules.report import SubIndication

_TRIED = 16
"""Paths that are looked at for one certificate."""

_TOLD = 4
"""Of those, how many are told of."""

_SOUND = Known[tuple[bytes, ...], bool](1_024)
"""Paths in which nothing is wrong, each certificate in DER, root first."""


class Paths:
    """Finds chains to pinned roots among the certificates that came with a document."""

    def __init__(
        self, anchors: Anchors, more: Iterable[x509.Certificate], knowledge: LocalKnowledge
    ) -> None:
        self._anchors, self._knowledge = anchors, knowledge
        roots = [certificates.load(encoded) for encoded in anchors.roots]
        known = [certificates.load(encoded) for encoded in anchors.authorities]
        held = [*roots, *known, *more, *knowledge.known_certs]
        self._trusted = Trusted(Roots.of(roots), Registry.build(held))
        self._context = self._trusted.context()
        news = together(knowledge, known_data(crls=anchors.crls, ocsps=anchors.ocsps))
        self._statuses = Statuses(self._trusted, news)
        self._found: dict[bytes, tuple[ChainEvidence, ...]] = {}

    @cached_property
    def of_stamps(self) -> "Paths":
        """The same for who made a time-stamp, which more roots may vouch for."""
        if not self._anchors.stamping:
            return self
        paths = Paths(self._anchors.of_stamps, (), self._knowledge)
        paths.add(self._trusted.certificates)
        return paths

    @cached_property
    def _beyond(self) -> "Paths | None":
        """The same without the roots of trusted lists, which may stand between there."""
        if not self._anchors.recognised or not self._anchors.at_any_time.roots:
            return None
        paths = Paths(self._anchors.at_any_time, (), self._knowledge)
        paths.add(self._trusted.certificates)
        return paths

    async def chains(self, signer: x509.Certificate) -> tuple[ChainEvidence, ...]:
        """Those in which nothing is wrong, or else the first that there is. A root that is trusted
        at any time is not hidden by what a list says of who stands below it."""
        key = signer.dump()
        if key in self._found:
            return self._found[key]
        told = [*(await self._beyond.chains(signer) if self._beyond is not None else ())]
        told += [await self._evidence(path) async for path in self._paths(signer)]
        good = tuple(one for one in told if one.problem is None)[:_TOLD]
        if good:
            self._found[key] = good
        return good or tuple(told[:1])

    def add(self, certificates: Iterable[x509.Certificate]) -> None:
        """More that may stand between."""
        found = tuple(certificates)
        self._trusted.certificates.register_multiple(found)
        if self._anchors.stamping:
            self.of_stamps.add(found)
        if self._beyond is not None:
            self._beyond.add(found)

    async def _paths(self, signer: x509.Certificate) -> AsyncIterator[ValidationPath]:
        """Paths in which each certificate was signed by the key of the next: an authority that only
        calls itself as another does is none."""
        tried = 0
        try:
            async for path in self._context.path_builder.async_build_paths_lazy(signer):
                tried += 1
                certificates = list(path.iter_certs(include_root=True))
                pairs = zip(certificates[1:], certificates, strict=False)
                if all(issued(one, above) for one, above in pairs):
                    yield path
                if tried == _TRIED:
                    return
        except PathBuildingError:
            return

    async def _evidence(self, path: ValidationPath) -> ChainEvidence:
        certificates = list(path.iter_certs(include_root=True))
        recognised = self._anchors.when.get(certificates[0].dump())
        root = trust.party(certificates[0])
        if path.pkix_len == 0:  # a root that signs by itself, whoever signed it
            key = path.last.public_key
            how = replace(algorithms.of_certificate(path.last, key), hash=None)
            own = CertificateEvidence(root, how, exempt=True)
            return ChainEvidence((own,), None, recognised, root)
        problem = await self._problem(path)
        anchor, below, found = path.trust_anchor, certificates[1:], []
        key = anchor.authority.public_key
        for number, certificate in enumerate(below):
            partial = Path(anchor, below[:number], certificate)
            told = () if problem else await self._statuses.of(partial, key)
            how = algorithms.of_certificate(certificate, key)
            found.append(
                CertificateEvidence(trust.party(certificate), how, told, is_exempt(certificate))
            )
            key = certificate.public_key
        return ChainEvidence(tuple(reversed(found)), problem, recognised, root)

    async def _problem(self, path: ValidationPath) -> SubIndication | None:
        """It follows from the certificates alone, root included."""
        key = tuple(one.dump() for one in path.iter_certs(include_root=True))
        if _SOUND.find(key) is None:
            try:
                await async_validate_path(self._context, path)
            except (PathValidationError, ValueError, NotImplementedError):
                return SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
            _SOUND.keep(key, found=True)
        return None
