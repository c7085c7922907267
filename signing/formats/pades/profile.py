"""Seals of ours are written in one way: every byte of theirs is covered by a signature, or follows
from what is.

It is asked where a signer's certificate is under our seal policy, which is itself signed. Other
people's signatures are judged by the standards alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import (
    Certificate,
    load_der_x509_certificate,
    load_der_x509_crl,
)
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response
from pyhanko.sign.validation import EmbeddedPdfSignature

from keys import der
from keys.profiles import SEAL_POLICY
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from signing.formats.seal import ValidationData

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"
_UPPER: Final = frozenset(b"0123456789ABCDEF")
_LOWER: Final = frozenset(b"0123456789abcdef")

_Wrong = (ValueError, TypeError, KeyError, IndexError, AttributeError)


def is_ours(certificate: x509.Certificate, policy: str = SEAL_POLICY) -> bool:
    """Whether a certificate is under a policy of ours, by its own word."""
    policies = certificate.certificate_policies_value or ()
    return any(one["policy_identifier"].dotted == policy for one in policies)


def signature_stands(
    document: bytes, embedded: EmbeddedPdfSignature, trusted: Sequence[bytes]
) -> bool:
    """Whether the signature is the one encoding of its authenticated parts. `trusted`: DER
    certificates that need no further proof."""
    start, before, after, _ = (int(number) for number in embedded.byte_range)
    digits = frozenset(document[start + before + 1 : after - 1])
    contents = embedded.pkcs7_content
    length = der_length(contents)
    if length is None:
        return False
    try:
        encoded = contents[:length]
        info = cms.ContentInfo.load(encoded)
        return digits <= (_UPPER if digits & frozenset(b"ABCDEF") else _LOWER) and (
            _stands(encoded, info, trusted)
        )
    except _Wrong:
        return False


def rest_stands(
    document: bytes, covered: int, certificates: Iterable[bytes], trusted: Sequence[bytes]
) -> bool:
    """Whether what follows the last covered byte is nothing, or one revision of validation data
    that was written by `increment` and that all verifies. `certificates`: those of the
    signatures."""
    if covered == len(document):
        return True
    before, rest = document[:covered], document[covered:]
    if before[-1:] != b"\n" and rest[:1] == b"\n":  # the line of %%EOF ends
        before, rest = before + b"\n", rest[1:]
    if not rest:
        return True
    try:
        data = increment.read_new(before, document)
        if data is None or increment.write(before, data) != rest:
            return False
        known = _Known((*trusted, *certificates), data.certificates)
        return _verify(data, known)
    except _Wrong:
        return False


class _Known:
    """Certificates that are trusted, or issued by one that is known: each checked once."""

    def __init__(self, trusted: Iterable[bytes], others: Iterable[bytes] = ()) -> None:
        self.held = {one: load_der_x509_certificate(one) for one in trusted}
        waiting = {one: load_der_x509_certificate(one) for one in others}
        while found := {one: cert for one, cert in waiting.items() if self.issued(cert)}:
            self.held |= found
            waiting = {one: cert for one, cert in waiting.items() if one not in found}
        self.strangers = tuple(waiting)

    def issued(self, certificate: Certificate) -> bool:
        return any(_issued(certificate, above) for above in self.held.values())


def _stands(encoded: bytes, info: cms.ContentInfo, trusted: Sequence[bytes]) -> bool:
    """RFC 5652 §5: made again from what the signer signed, it is the same."""
    signed = info["content"]
    [signer_info] = signed["signer_infos"]
    attributes = signer_info["signed_attrs"]
    [protection] = _values(attributes, "cms_algorithm_protection")
    certificates = [choice.chosen.dump() for choice in signed["certificates"]]
    [signer] = [one for one in certificates if _is_named(one, signer_info["sid"])]
    if _Known(trusted, certificates).strangers:
        return False
    digest = protection["digest_algorithm"].dump()
    algorithm = protection["signature_algorithm"].untag().dump()
    stamps = signer_info["unsigned_attrs"]
    tokens = [token for stamp in stamps for token in stamp["values"]] if stamps else []
    vouching = (*trusted, *certificates)
    if not all(_stands(token.dump(), token, vouching) for token in tokens):
        return False
    content = signed["encap_content_info"]
    held = content["content"]
    body = der.sequence(
        der.integer(1 if content["content_type"].native == "data" else 3),
        der.set_of(digest),
        der.sequence(content["content_type"].dump(), der.explicit(0, _held(held)) if held else b""),
        der.implicit(0, der.set_of(*certificates)) if certificates else b"",
        der.set_of(
            der.sequence(
                der.integer(1),
                _identifier(signer),
                digest,
                attributes.dump(),
                algorithm,
                der.octet_string(signer_info["signature"].native),
                _unsigned(tokens),
            )
        ),
    )
    return encoded == der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, body))


def _held(content: Any) -> bytes:
    return der.octet_string(bytes(content))


def _unsigned(tokens: Sequence[cms.ContentInfo]) -> bytes:
    if not tokens:
        return b""
    attribute = der.sequence(der.oid(_TIME_STAMP), der.set_of(*(one.dump() for one in tokens)))
    return der.implicit(1, der.set_of(attribute))


def _values(attributes: cms.CMSAttributes, kind: str) -> list[Any]:
    return [v for one in attributes if one["type"].native == kind for v in one["values"]]


def _is_named(certificate: bytes, sid: cms.SignerIdentifier) -> bool:
    return bool(_identifier(certificate) == sid.chosen.dump())


def _identifier(certificate: bytes) -> bytes:
    """IssuerAndSerialNumber (RFC 5652 §10.2.4)."""
    loaded = load_der_x509_certificate(certificate)
    return der.sequence(loaded.issuer.public_bytes(), der.integer(loaded.serial_number))


def _verify(data: ValidationData, known: _Known) -> bool:
    """Every certificate, OCSP answer and CRL is by somebody whom we know."""
    if known.strangers:
        return False
    above = tuple(known.held.values())
    for encoded in data.crls:
        crl = load_der_x509_crl(encoded)
        named = [one for one in above if one.subject == crl.issuer]
        if not any(crl.is_signature_valid(one.public_key()) for one in named):  # type: ignore[arg-type]
            return False
    return all(_answer_stands(load_der_ocsp_response(one), above) for one in data.ocsps)


def _answer_stands(answer: OCSPResponse, known: Sequence[Certificate]) -> bool:
    """An OCSP answer's own signature, and those on the certificates within."""
    within = answer.certificates
    if not all(any(_issued(one, above) for above in known) for one in within):
        return False
    return any(_signed(answer, one) for one in (*within, *known))


def _signed(answer: OCSPResponse, by: Certificate) -> bool:
    key, algorithm = by.public_key(), answer.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            padded = padding.PKCS1v15()
            key.verify(answer.signature, answer.tbs_response_bytes, padded, algorithm)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _issued(one: Certificate, above: Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
