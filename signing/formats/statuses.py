"""What CRLs and OCSP answers say of the certificates of a path, as far as it is independent of any
moment: how fresh it is, and whether it can be believed, is for the rules to say.

pyhanko-certvalidator holds each piece against the path by itself (RFC 5280 §6.3, RFC 6960 §3.2).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asn1crypto import core, x509
from asn1crypto.crl import CertificateList
from asn1crypto.keys import PublicKeyInfo
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import RevokedError, ValidationError
from pyhanko_certvalidator.ltv.poe import POEManager
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    FreshnessReqType,
)
from pyhanko_certvalidator.registry import (
    CertificateRegistry,
    SimpleTrustManager,
    TrustManager,
)
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer
from pyhanko_certvalidator.revinfo.manager import RevinfoManager
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from signing.formats import algorithms, answers, certificates, trust
from signing.formats.answers import Question
from signing.formats.cms import WHATEVER
from signing.formats.known import Known
from signing.formats.primitives import Validator
from signing.rules.evidence import CertificateEvidence, Revocation, Source, StatusEvidence

_FAR: Final = datetime(2200, 1, 1, tzinfo=UTC)
_AGES: Final = timedelta(days=365 * 400)
"""Seen from that day, with that tolerance, no certificate is too old and no news too stale."""

_POLICY: Final = CertRevTrustPolicy(
    NO_REVOCATION,
    freshness=_AGES,
    freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
)

_Listed = tuple[tuple[str, ...], int, tuple[bytes, ...]]
_LISTED: Final = Known[_Listed, tuple[Revocation | None, bytes]](1_024)
"""What CRLs said, and by whom (DER): see `Statuses._listed`."""

_EXPIRED_CERTS_ON_CRL: Final = "2.5.29.60"
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_NO_REV_AVAIL: Final = "2.5.29.56"
_SHORT_TERM: Final = "0.4.0.194121.2.1"


@dataclass(frozen=True)
class Trusted:
    """The roots, and every certificate at hand."""

    roots: TrustManager
    certificates: CertificateRegistry

    def context(
        self, crls: Iterable[CRLContainer] = (), ocsps: Iterable[OCSPContainer] = ()
    ) -> ValidationContext:
        """To hold a path, or news of it, against RFC 5280, leaving out time and algorithms."""
        held = RevinfoManager(self.certificates, POEManager(_FAR), list(crls), list(ocsps))
        return ValidationContext(
            trust_manager=self.roots,
            certificate_registry=self.certificates,
            revinfo_manager=held,
            moment=_FAR,
            time_tolerance=_AGES,
            revinfo_policy=_POLICY,
            algorithm_usage_policy=AcceptAllAlgorithms(),
            signature_validator=Validator(),
        )


_AT_ANY_TIME: Final = Trusted(
    SimpleTrustManager.build(trust_roots=[]), CertificateRegistry.build()
).context()
"""By the same clock and policy, and of nobody."""


def identify(encoded: bytes) -> str:
    """What a CRL, an OCSP answer, a certificate or a time-stamp is known by."""
    return hashlib.sha256(encoded).hexdigest()


def ids(knowledge: LocalKnowledge) -> Iterator[str]:
    """Those of all that came together."""
    yield from (identify(one.dump()) for one in knowledge.known_certs)
    yield from (identify(one.crl_data.dump()) for one in knowledge.known_crls)
    yield from (identify(one.ocsp_response_data.dump()) for one in knowledge.known_ocsps)


def is_exempt(certificate: x509.Certificate) -> bool:
    """RFC 6960 §4.2.2.2.1, RFC 9608, EN 319 412-1 §5.2: nobody tells of its revocation. Authorities
    are told of, whatever they say themselves (RFC 9608 §2)."""
    if certificate.ca:
        return False
    held = certificate["tbs_certificate"]["extensions"]
    return certificate.ocsp_no_check_value is not None or any(
        one["extn_id"].dotted in {_NO_REV_AVAIL, _SHORT_TERM}
        for one in (() if isinstance(held, core.Void) else held)
    )


@dataclass(frozen=True)
class Statuses:
    """News of certificates, by what came with a document."""

    trusted: Trusted
    knowledge: LocalKnowledge

    async def of(
        self, path: ValidationPath, issuer: PublicKeyInfo, *, nested: bool = False
    ) -> tuple[StatusEvidence, ...]:
        """Of the last certificate of a path. `issuer`: the key of the one above; `nested`: it is
        asked because that certificate itself brings news."""
        whole, deltas = self._crls(path.last)
        told = [
            *[
                await self._by_ocsp(path, issuer, ocsp, nested=nested)
                for ocsp in self.knowledge.known_ocsps
                if _serial(ocsp) == path.last.serial_number
            ],
            *[await self._by_crls(path, issuer, [crl, *deltas], nested=nested) for crl in whole],
        ]
        if len(whole) > 1 and not any(told):
            # Each for some reasons of revocation alone (RFC 5280 §6.3.3 step l).
            told.append(await self._by_crls(path, issuer, [*whole, *deltas], nested=nested))
        return tuple(one for one in told if one is not None)

    async def _by_ocsp(
        self, path: ValidationPath, issuer: PublicKeyInfo, ocsp: OCSPContainer, *, nested: bool
    ) -> StatusEvidence | None:
        try:
            asked = answers.question(ocsp, path)
            revoked = await self._told(ocsp, path, asked)
            single: Any = ocsp.extract_single_response()
            basic: Any = ocsp.extract_basic_ocsp_response()
            by = asked.responder if asked else _responder(basic, self.trusted.certificates)
            return StatusEvidence(
                identify(ocsp.ocsp_response_data.dump()),
                _date(single["this_update"]),
                _date(single["next_update"]),
                revoked,
                algorithms.of_signature(basic["signature_algorithm"], by.public_key),
                await self._signer(by, path, issuer, nested=nested),
                _archive_cutoff(single),
                Source.OCSP,
            )
        except _Silent:
            return None

    async def _told(
        self, ocsp: OCSPContainer, path: ValidationPath, asked: Question | None
    ) -> Revocation | None:
        """What an answer says; raises what `_Silent` names where it says nothing."""
        if asked is not None and asked.is_good(_AT_ANY_TIME):
            return None
        context = self.trusted.context(ocsps=[ocsp])
        revoked = await _revoked(verify_ocsp_response(path.last, path, context))
        if asked is not None and revoked is None:
            asked.learn()
        return revoked

    async def _by_crls(
        self,
        path: ValidationPath,
        issuer: PublicKeyInfo,
        crls: Sequence[CRLContainer],
        *,
        nested: bool,
    ) -> StatusEvidence | None:
        """Of CRLs that tell something together, the oldest counts."""
        try:
            listed = [one.crl_data for one in crls]
            revoked, by = await self._listed(path, crls)
            bodies = [one["tbs_cert_list"] for one in listed]
            ends = [_date(body["next_update"]) for body in bodies]
            return StatusEvidence(
                identify(b"".join(one.dump() for one in listed)),
                min(_date(body["this_update"]) for body in bodies),
                None if None in ends else min(ends),
                revoked,
                algorithms.of_signature(listed[0]["signature_algorithm"], by.public_key),
                await self._signer(by, path, issuer, nested=nested),
                _expired_certs(bodies[0]),
            )
        except _Silent:
            return None

    async def _listed(
        self, path: ValidationPath, crls: Sequence[CRLContainer]
    ) -> tuple[Revocation | None, x509.Certificate]:
        """What CRLs say of the last certificate of a path, and whose they are. It follows from
        them, from the path, and from those at hand who have the issuer's name."""
        named = [self.trusted.certificates.retrieve_by_name(one.crl_data.issuer) for one in crls]
        held = (*path.iter_certs(include_root=True), *(one for each in named for one in each))
        key = (
            tuple(identify(one.crl_data.dump()) for one in crls),
            path.pkix_len,
            tuple(one.dump() for one in held),
        )
        found = _LISTED.find(key)
        if found is None:
            context = self.trusted.context(crls=crls)
            revoked = await _revoked(verify_crl(path.last, path, context))
            by = context.revinfo_manager.check_crl_issuer(crls[0].crl_data)
            assert by is not None
            found = revoked, by.dump()
            _LISTED.keep(key, found)
        return found[0], certificates.load(found[1])

    async def _signer(
        self, by: x509.Certificate, path: ValidationPath, issuer: PublicKeyInfo, *, nested: bool
    ) -> CertificateEvidence | None:
        """Who brought the news, where it is not the issuer itself."""
        if by.public_key.dump() == issuer.dump():
            return None
        how = algorithms.of_certificate(by, issuer)
        signer = CertificateEvidence(trust.party(by), how, exempt=is_exempt(by))
        if nested or signer.exempt:
            return signer
        own = path.truncate_to_issuer_and_append(by)
        return replace(signer, statuses=await self.of(own, issuer, nested=True))

    def _crls(self, certificate: x509.Certificate) -> tuple[list[CRLContainer], list[CRLContainer]]:
        """Those that may list a certificate: the complete ones, and what came after."""
        whole, deltas = [], []
        for crl in self.knowledge.known_crls:
            of_issuer = crl.crl_data.issuer == certificate.issuer
            if crl.crl_data.delta_crl_indicator_value is None:
                if of_issuer or _is_for_others(crl.crl_data):
                    whole.append(crl)
            elif of_issuer:
                deltas.append(crl)
        return whole, deltas


async def _revoked(verifying: Any) -> Revocation | None:
    """Raises what `_Silent` names where nothing is said."""
    try:
        await verifying
    except RevokedError as error:
        return Revocation(int(error.revocation_dt.timestamp()), error.reason.native)
    return None


def _is_for_others(crl: CertificateList) -> bool:
    """An indirect CRL (RFC 5280 §5.2.5)."""
    told = crl.issuing_distribution_point_value
    return told is not None and bool(told["indirect_crl"].native)


def _serial(ocsp: OCSPContainer) -> int | None:
    single: Any = ocsp.extract_single_response()
    return None if single is None else single["cert_id"]["serial_number"].native


def _responder(basic: Any, known: CertificateRegistry) -> x509.Certificate:
    """RFC 6960 §4.2.2.3; it was found before."""
    named = basic["tbs_response_data"]["responder_id"]
    within = [] if isinstance(basic["certs"], core.Void) else list(basic["certs"])
    if named.name == "by_name":
        candidates = [*within, *known.retrieve_by_name(named.chosen)]
        return next(one for one in candidates if one.subject == named.chosen)
    key = named.native
    more = known.retrieve_by_key_hash(key) or known.retrieve_by_key_identifier(key)
    matching = [one for one in within if key in {one.public_key.sha1, one.key_identifier}]
    return next(iter([*matching, *([more] if more else [])]))


def _date(value: Any) -> Any:
    """A NumericDate, or None."""
    return None if value.native is None else int(value.native.timestamp())


def _archive_cutoff(single: Any) -> int | None:
    """RFC 6960 §4.4.4."""
    return _extension(single["single_extensions"], _ARCHIVE_CUTOFF)


def _expired_certs(body: Any) -> int | None:
    """ExpiredCertsOnCRL (ITU-T X.509 §9.5.2.8)."""
    return _extension(body["crl_extensions"], _EXPIRED_CERTS_ON_CRL)


def _extension(extensions: Any, dotted: str) -> int | None:
    for one in () if isinstance(extensions, core.Void) else extensions:
        if one["extn_id"].dotted == dotted:
            with suppress(ValueError, TypeError):
                return int(_date(core.GeneralizedTime.load(bytes(one["extn_value"]))))
    return None


_Silent: Final = (ValidationError, StopIteration, *WHATEVER)
"""It says nothing of this certificate, or nothing that can be read."""
