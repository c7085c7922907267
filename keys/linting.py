"""pkilint in front of the vault's door: what it finds fault with is not signed.

The findings that count are warnings and worse. Imported at the first issue, not before: it takes
half a second and 40 MB.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from pkilint import etsi, finding_filter, loader, pkix
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate, crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity

from keys.ring import Purpose
from keys.signer import LintFailed

_ETSI: Final = {
    Purpose.SIGNATURE: CertificateType.NCP_NATURAL_PERSON_CERTIFICATE,  # EN 319 412-2
    Purpose.SHORT_SIGNATURE: CertificateType.NCP_NATURAL_PERSON_CERTIFICATE,
    Purpose.SEAL: CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,  # EN 319 412-3
    Purpose.TIMESTAMP: CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,
    Purpose.OCSP: CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,
    Purpose.LIST: CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,
    Purpose.REPORT: CertificateType.NCP_LEGAL_PERSON_CERTIFICATE,
}
"""The profiles that ETSI has for what we issue; authorities are linted after RFC 5280 alone."""

_NO_STATUS: Final = (
    "etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing",
    "etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent",
)
_OVERRULED: Final = {
    # RFC 3161 §2.3 demands what EN 319 412-2 §4.3.10 advises against.
    Purpose.TIMESTAMP: ("etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical",),
    # RFC 6960 §4.2.2.2.1: with id-pkix-ocsp-nocheck nobody asks for its status.
    Purpose.OCSP: _NO_STATUS,
    # RFC 9608 §3: with noRevAvail no place may be named where its status would be.
    Purpose.SHORT_SIGNATURE: _NO_STATUS,
}

_LOOPBACK: Final = re.compile(
    r'Invalid URI syntax: "https?://localhost[:/"]'
    r'|Internal domain name: "(localhost|127\.0\.0\.1)"'
)
"""The findings that are overruled: a demonstration's addresses are no domain names, and lead
nowhere from elsewhere. In production the settings refuse them."""


def check_certificate(encoded: bytes, purpose: Purpose) -> None:
    """Lint a certificate after RFC 5280 and ETSI EN 319 412; raises LintFailed."""
    _check(certificate_findings(encoded, purpose))


def check_crl(encoded: bytes) -> None:
    """Lint a CRL after RFC 5280 §5; raises LintFailed."""
    _check(crl_findings(encoded))


def check_ocsp(encoded: bytes) -> None:
    """Lint an OCSPResponse after RFC 6960; raises LintFailed."""
    _check(ocsp_findings(encoded))


def certificate_findings(encoded: bytes, purpose: Purpose) -> list[str]:
    """What is wrong with a certificate."""
    root = loader.RFC5280CertificateDocumentLoader().load_der_document(encoded).root
    found = _described(_rfc_5280().validate(root))
    if purpose in _ETSI:
        # A document keeps what was decoded of it: each linter gets its own.
        root = loader.RFC5280CertificateDocumentLoader().load_der_document(encoded).root
        validator, filters = _etsi(_ETSI[purpose])
        results, _ = finding_filter.filter_results(filters, validator.validate(root))
        found += _described(results)
    overruled = _OVERRULED.get(purpose, ())
    return [one for one in found if not one.startswith(overruled)]


def crl_findings(encoded: bytes) -> list[str]:
    """What is wrong with a CRL."""
    root = loader.RFC5280CertificateListDocumentLoader().load_der_document(encoded).root
    return _described(_crl().validate(root))


def ocsp_findings(encoded: bytes) -> list[str]:
    """What is wrong with an OCSP answer."""
    root = loader.RFC6960OCSPResponseDocumentLoader().load_der_document(encoded).root
    return _described(_ocsp().validate(root))


@cache
def _rfc_5280() -> Any:
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(
            name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS
        ),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


@cache
def _etsi(kind: CertificateType) -> tuple[Any, Any]:
    """What validates, and what then filters the findings that ETSI overrules."""
    validator = certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )
    return validator, etsi.create_etsi_finding_filters(kind)


@cache
def _crl() -> Any:
    return crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


@cache
def _ocsp() -> Any:
    return ocsp.create_pkix_ocsp_response_validator_container(
        [
            ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )


def _described(results: Iterable[Any]) -> list[str]:
    return [
        f"{described.finding.code} {described.message or ''}".strip()
        for result in results
        for described in result.finding_descriptions
        if described.finding.severity <= ValidationFindingSeverity.WARNING
        and not _LOOPBACK.match(described.message or "")
    ]


def _check(findings: list[str]) -> None:
    if findings:
        raise LintFailed("\n".join(findings))
