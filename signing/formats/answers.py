"""OCSP answers by a responder that answered before.

Who may answer is asked of pyhanko-certvalidator once, and follows from certificates alone. What is
then left to find out of an answer (RFC 6960 §3.2) is found here where it says "good"; of any other,
pyhanko-certvalidator tells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from asn1crypto import core, x509
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.archival import OCSPContainer, RevinfoUsabilityRating

from signing.formats import certificates, primitives
from signing.formats.known import Known

_RESPONDERS: Final = Known[tuple[bytes, ...], bool](1_024)


@dataclass(frozen=True)
class Question:
    """An answer, and the path (to the certificate that it may be about) it is held against.
    `responder` is whose it is, where it brings that certificate and no other."""

    answer: OCSPContainer
    path: ValidationPath
    responder: x509.Certificate

    @cached_property
    def _key(self) -> tuple[bytes, ...]:
        """The responder, the issuer, and the path down to that, root first; each in DER."""
        above = list(self.path.iter_certs(include_root=True))[:-1]
        held = (self.responder, self._issuer.certificate, *above)
        return tuple(one.dump() for one in held)

    @cached_property
    def _issuer(self) -> Any:
        return self.path.find_issuing_authority(self.path.last)

    def learn(self) -> None:
        """pyhanko-certvalidator took the answer: this responder may answer."""
        _RESPONDERS.keep(self._key, found=True)

    def is_good(self, context: ValidationContext) -> bool:
        """Whether it is by a responder that may answer, and says that the certificate is good."""
        single: Any = self.answer.extract_single_response()
        return (
            single["cert_status"].name == "good"
            and self.responder.sha256 != self.path.last.sha256  # which nobody may tell of itself
            and self._is_about(single["cert_id"])
            and _RESPONDERS.find(self._key) is not None
            and self._is_usable(context)
            and self._verifies()
        )

    def _is_about(self, named: Any) -> bool:
        """RFC 6960 §4.1.1."""
        hashed, certificate = named["hash_algorithm"]["algorithm"].native, self.path.last
        return bool(
            named["serial_number"].native == certificate.serial_number
            and named["issuer_name_hash"].native == getattr(certificate.issuer, hashed)
            and named["issuer_key_hash"].native == getattr(self._issuer.public_key, hashed)
        )

    def _is_usable(self, context: ValidationContext) -> bool:
        told = self.answer.usable_at(context.revinfo_policy, context.timing_params)
        return told.rating is RevinfoUsabilityRating.OK

    def _verifies(self) -> bool:
        basic: Any = self.answer.extract_basic_ocsp_response()
        value, algorithm = basic["signature"].native, basic["signature_algorithm"]
        signed, key = basic["tbs_response_data"].dump(), self.responder.public_key
        return primitives.verifies(value, signed, key, algorithm)


def question(answer: OCSPContainer, path: ValidationPath) -> Question | None:
    """None where the answer does not bring its responder's certificate alone."""
    basic: Any = answer.extract_basic_ocsp_response()
    brought = basic["certs"]
    if isinstance(brought, core.Void) or len(brought) != 1:
        return None
    by, named = certificates.load(brought[0].dump()), basic["tbs_response_data"]["responder_id"]
    if named.name == "by_name":
        same = by.subject.hashable == named.chosen.hashable
    else:
        same = by.public_key.sha1 == named.native
    return Question(answer, path, by) if same else None
