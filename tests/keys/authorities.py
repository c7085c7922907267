"""A little public-key infrastructure in memory, for tests of what it issues."""

from dataclasses import dataclass

from keys.certificates import Certificate, Locations, Named, Subject, issue
from keys.persons import Person
from keys.revocation import Responder
from keys.ring import Purpose
from keys.signer import Algorithm, SoftwareSigner
from keys.timestamp import Authority

PKI = "http://pki.example.com"
ISSUING_CRL = f"{PKI}/crl/issuing-0.crl"
ROOT_CRL = f"{PKI}/crl/root-0.crl"

UNDER_ROOT = Locations(f"{PKI}/certificates/root.cer", ROOT_CRL, None)
UNDER_ISSUING = Locations(f"{PKI}/certificates/issuing.cer", ISSUING_CRL, f"{PKI}/ocsp")


def operator(common_name: str) -> Subject:
    return Subject(common_name, "Test Trust Services", "NTRKH-000001")


MINISTRY = Subject("Ministry of Tests", "ក្រសួងសាកល្បង", "GA:KH-tests", "https://example.com")


CITIZEN = Person("SOK Dara", "សុខ", "ដារ៉ា", "IDCKH-010203040")


@dataclass(frozen=True)
class Issued:
    certificate: Certificate
    signer: SoftwareSigner


class Infrastructure:
    """Root, issuing authority, time-stamp authority, OCSP responder and one agency's seal."""

    seal_subject = MINISTRY

    def __init__(self, now: int, algorithm: Algorithm = Algorithm.ES256) -> None:
        self.algorithm = algorithm
        self.root = self._issue(Purpose.ROOT, operator("Test Root CA"), None, None, now)
        self.issuing = self._issue(
            Purpose.ISSUING, operator("Test Issuing CA"), self.root, UNDER_ROOT, now
        )
        self.timestamp = self.issue(Purpose.TIMESTAMP, operator("Test TSA"), now)
        self.ocsp = self.issue(Purpose.OCSP, operator("Test OCSP"), now)
        self.seal = self.issue(Purpose.SEAL, MINISTRY, now)
        self.signature = self.issue(Purpose.SIGNATURE, CITIZEN, now)
        self.list = self.issue(Purpose.LIST, operator("Test List"), now)
        self.report = self.issue(Purpose.REPORT, operator("Test Reports"), now)

    def issue(self, purpose: Purpose, subject: Named, now: int) -> Issued:
        return self._issue(purpose, subject, self.issuing, UNDER_ISSUING, now)

    @property
    def responder(self) -> Responder:
        return Responder(self.ocsp.certificate, self.ocsp.signer, self.issuing.certificate)

    @property
    def time_authority(self) -> Authority:
        return Authority(
            self.timestamp.certificate, self.timestamp.signer, (self.issuing.certificate,)
        )

    def _issue(
        self,
        purpose: Purpose,
        subject: Named,
        issuer: Issued | None,
        locations: Locations | None,
        now: int,
    ) -> Issued:
        own = SoftwareSigner.generate(self.algorithm)
        above = issuer.certificate if issuer else None
        signer = issuer.signer if issuer else own
        return Issued(issue(purpose, subject, own.public_key, above, signer, locations, now), own)
