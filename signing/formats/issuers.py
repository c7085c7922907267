"""Who may have issued a certificate: whoever has its issuer's name, and whose key signed it.

The authority key identifier only helps to look for issuers (RFC 5280 §4.2.1.1); where it is of
another certificate of the same authority, or of none, the path is as good (§6.1).
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from asn1crypto import x509
from pyhanko_certvalidator.authority import Authority, TrustAnchor
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import (
    CertificateRegistry,
    SimpleTrustManager,
    TrustManager,
)

from signing.formats.primitives import issued


class Roots(SimpleTrustManager):
    """Those that are trusted."""

    @classmethod
    def of(cls, certificates: Iterable[x509.Certificate]) -> "Roots":
        found = cls()
        for one in certificates:
            found._register_root(one)
        return found

    def find_potential_issuers(self, cert: x509.Certificate) -> Iterator[TrustAnchor]:
        for root in self._root_subject_map[cert.issuer.hashable]:
            if issued(cert, root.authority.certificate):
                yield root


class Registry(CertificateRegistry):
    """Every certificate at hand: one that has the issuer and the number of another hides none."""

    def register(self, cert: x509.Certificate) -> bool:
        known = self.certs.get(cert.issuer_serial)
        if known is None or known.dump() == cert.dump():
            return bool(super().register(cert))
        same = self._subject_map[cert.subject.hashable]
        if any(one.dump() == cert.dump() for one in same):
            return False
        first = self.certs.pop(cert.issuer_serial)
        super().register(cert)
        self.certs[cert.issuer_serial] = first
        self._others.append(cert)
        return True

    @cached_property
    def _others(self) -> list[x509.Certificate]:
        return []

    def __iter__(self) -> Iterator[x509.Certificate]:
        return iter((*self.certs.values(), *self._others))

    def find_potential_issuers(
        self, cert: x509.Certificate, trust_manager: TrustManager
    ) -> Iterator[TrustAnchor | x509.Certificate]:
        yield from trust_manager.find_potential_issuers(cert)
        for issuer in self._subject_map[cert.issuer.hashable]:
            if not trust_manager.is_root(issuer) and issued(cert, issuer):
                yield issuer


class Path(ValidationPath):
    """From a root to a certificate."""

    def find_issuing_authority(self, cert: x509.Certificate) -> Authority:
        try:
            found: Authority = super().find_issuing_authority(cert)
        except LookupError:
            named = [one for one in self.iter_authorities() if one.name == cert.issuer]
            if not named:
                raise
            found = named[0]
        return found
