"""What pyHanko is told to trust, and its words in ours."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESPassed, AdESStatus, AdESSubIndic
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    CMSAlgorithmUsagePolicy,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import RevocationDetails
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend, Fetchers
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    FreshnessReqType,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from signing.formats.primitives import Validator, issued
from signing.rules.evidence import Revocation
from signing.rules.report import Party, SubIndication

_LIVE_WITHIN: Final = 60
"""Seconds: a validation at a moment further from now looks at the past."""

_LONGEST: Final = 8
"""Certificates in a chain, and chains that are tried."""

_ANY_AGE: Final = timedelta(days=365 * 200)
"""Freshness is weighed before pyHanko sees the data: see `usable`."""

ANY_USAGE: Final = KeyUsageConstraints()
_ANY_ALGORITHM: Final = AcceptAllAlgorithms()
"""The policy weighs key usage and algorithms: signing.rules.policy."""

_USAGES: Final = {
    "digital_signature": "digitalSignature",
    "non_repudiation": "contentCommitment",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
    "encipher_only": "encipherOnly",
    "decipher_only": "decipherOnly",
}
"""asn1crypto's names in X.509's (ITU-T X.509 §9.2.2.3)."""


@dataclass(frozen=True)
class Anchors:
    """The roots that are trusted, and authorities that help to reach them: DER certificates."""

    roots: tuple[bytes, ...]
    authorities: tuple[bytes, ...] = ()

    @property
    def all(self) -> tuple[bytes, ...]:
        return (*self.roots, *self.authorities)

    @cached_property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        return tuple(x509.Certificate.load(encoded) for encoded in self.all)


Run = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine to its end."""


@dataclass(frozen=True)
class Asked:
    """Whom to trust, and the moment to judge by (NumericDate); `now` is the present."""

    anchors: Anchors
    at: int
    now: int
    run: Run


class _Unreachable(FetcherBackend):
    """Nothing is fetched: every address in a file was written by whoever made the file."""

    def get_fetchers(self) -> Fetchers:
        raise RuntimeError("validation asked for something from the network")


def specification(
    anchors: Anchors, knowledge: LocalKnowledge, *, revocation: bool
) -> SignatureValidationSpec:
    """Pinned roots, the document's own validation data, and nothing from the network."""
    roots = [x509.Certificate.load(encoded) for encoded in anchors.roots]
    authorities = [x509.Certificate.load(encoded) for encoded in anchors.authorities]
    return SignatureValidationSpec(
        CertValidationPolicySpec(
            SimpleTrustManager.build(trust_roots=roots),
            CertRevTrustPolicy(
                REQUIRE_REVINFO if revocation else NO_REVOCATION,
                freshness=_ANY_AGE,
                freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
            ),
            algorithm_usage_policy=_ANY_ALGORITHM,
            signature_validator=Validator(),
        ),
        RevocationInfoGatheringSpec(
            RevinfoOnlineFetchingRule.LOCAL_ONLY,
            _Unreachable(),
            CertificateFetchingRule.NEVER_FETCH,
        ),
        local_knowledge=LocalKnowledge(
            known_ocsps=knowledge.known_ocsps,
            known_crls=knowledge.known_crls,
            known_certs=[*knowledge.known_certs, *authorities],
        ),
        key_usage_settings=ANY_USAGE,
        signature_algorithm_policy=CMSAlgorithmUsagePolicy.lift_policy(_ANY_ALGORITHM),
    )


def timing(asked: Asked) -> ValidationTimingInfo:
    """Validation at the moment that was asked for."""
    moment = datetime.fromtimestamp(asked.at, UTC)
    return ValidationTimingInfo(moment, moment, abs(asked.at - asked.now) > _LIVE_WITHIN)


def usable(
    knowledge: LocalKnowledge, signer: x509.Certificate, best_time: int, *, proven: bool
) -> LocalKnowledge:
    """The revocation data that may vouch for a signature at its best time (NumericDate).

    Where a time-stamp proves that time, what vouches for the signer must be younger than it
    (EN 319 102-1 §5.2.5); where none does, it must still be current. What vouches for an
    authority must have been current then.
    """
    moment = datetime.fromtimestamp(best_time, UTC)

    def current(next_update: datetime | None) -> bool:
        return next_update is None or next_update >= moment

    def vouches(this_update: datetime, next_update: datetime | None) -> bool:
        return this_update >= moment if proven else current(next_update)

    def good_ocsp(held: OCSPContainer) -> bool:
        single = held.extract_single_response()
        return single is not None and vouches(
            single["this_update"].native, single["next_update"].native
        )

    def good_crl(held: CRLContainer) -> bool:
        listed = held.crl_data["tbs_cert_list"]
        next_update = listed["next_update"].native
        if listed["issuer"].dump() == signer.issuer.dump():
            return vouches(listed["this_update"].native, next_update)
        return current(next_update)

    return LocalKnowledge(
        known_ocsps=[held for held in knowledge.known_ocsps if good_ocsp(held)],
        known_crls=[held for held in knowledge.known_crls if good_crl(held)],
        known_certs=knowledge.known_certs,
    )


def leads_to_root(
    signer: x509.Certificate, others: Iterable[x509.Certificate], anchors: Anchors
) -> bool:
    """Whether signatures, not names alone, connect the certificate with a trusted root: an
    authority that only calls itself as ours does is one that we don't know."""
    roots = [x509.Certificate.load(encoded) for encoded in anchors.roots]
    known = [*others][:_LONGEST] + [x509.Certificate.load(one) for one in anchors.authorities]
    if signer.dump() in anchors.roots:
        return True
    reached = [signer]
    for _ in range(_LONGEST):
        if any(issued(one, root) for one in reached for root in roots):
            return True
        reached = [above for above in known if any(issued(one, above) for one in reached)]
    return False


def sub_indication(found: AdESSubIndic) -> SubIndication | None:
    """EN 319 102-1's word for pyHanko's; None for a pass."""
    if found is AdESPassed.OK:
        return None
    name = found.standard_name
    if name == "NOT_YET_VALID" and found.status is AdESStatus.INDETERMINATE:
        return SubIndication.NOT_YET_VALID
    return SubIndication(name) if name in SubIndication.__members__ else SubIndication.GENERIC


def party(certificate: x509.Certificate) -> Party:
    """Who a certificate names; nothing of it is trusted here."""
    named = _names(certificate.subject)
    return Party(
        common_name=named.get("common_name") or named.get("organization_name") or "",
        organization=named.get("organization_name"),
        organization_identifier=named.get("organization_identifier"),
        country=named.get("country_name"),
        issuer=_names(certificate.issuer).get("common_name", ""),
        serial=f"{certificate.serial_number:040x}",
        fingerprint=certificate.sha256.hex(),
        not_before=int(certificate.not_valid_before.timestamp()),
        not_after=int(certificate.not_valid_after.timestamp()),
    )


def key_usage(certificate: x509.Certificate) -> tuple[str, ...] | None:
    """What a certificate's key may be used for; None where it doesn't say."""
    said = certificate.key_usage_value
    if said is None:
        return None
    return tuple(sorted(_USAGES[name] for name in said.native))


def revoked(details: RevocationDetails | None, *, authority: bool) -> Revocation | None:
    """The revocation that the document's own data tell of: the signer's, or an authority's."""
    if details is None or details.ca_revoked is not authority:
        return None
    return Revocation(int(details.revocation_date.timestamp()))


def _names(name: x509.Name) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in _attributes(name):
        value = attribute["value"].native
        if isinstance(value, str):
            found.setdefault(attribute["type"].native, value)
    return found


def _attributes(name: x509.Name) -> Iterable[x509.NameTypeAndValue]:
    return (attribute for group in name.chosen for attribute in group)
