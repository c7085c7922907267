"""pkilint, called as its commands call it: findings of weight WARNING or worse."""

from pkilint import etsi, finding_filter, loader, pkix
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate, crl, extension, name, ocsp
from pkilint.validation import ValidationFindingSeverity


def certificate_findings(encoded: bytes) -> list[str]:
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(encoded)
    validator = certificate.create_pkix_certificate_validator_container(
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
    return _errors(validator.validate(document.root))


def legal_person_findings(encoded: bytes) -> list[str]:
    """ETSI EN 319 412-3, policy NCP."""
    kind = CertificateType.NCP_LEGAL_PERSON_CERTIFICATE
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(encoded)
    validator = certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )
    results, _ = finding_filter.filter_results(
        etsi.create_etsi_finding_filters(kind), validator.validate(document.root)
    )
    return _errors(results)


def crl_findings(encoded: bytes, kind: str) -> list[str]:
    """`kind` is CRL, or ARL for a list of authorities."""
    document = loader.RFC5280CertificateListDocumentLoader().load_der_document(encoded)
    assert kind in crl.CertificateRevocationListType.__members__
    validator = crl.create_pkix_crl_validator_container(
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
    return _errors(validator.validate(document.root))


def ocsp_findings(encoded: bytes) -> list[str]:
    document = loader.RFC6960OCSPResponseDocumentLoader().load_der_document(encoded)
    validator = ocsp.create_pkix_ocsp_response_validator_container(
        [
            ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )
    return _errors(validator.validate(document.root))


def _errors(results: object) -> list[str]:
    return [
        f"{described.finding.code} {described.message or ''}".strip()
        for result in results
        for described in result.finding_descriptions
        if described.finding.severity <= ValidationFindingSeverity.WARNING
    ]
