"""Seals of ours are written in one way: every byte of theirs is covered by a signature, or follows
from what is (see `signing.formats.profile`)."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import (
    Certificate,
    load_der_x509_certificate,
    load_der_x509_crl,
)
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature

from signing.formats import profile
from signing.formats.cades import profile as cades
from signing.formats.cades.signed_data import SignedData
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from signing.formats.seal import ValidationData
from signing.formats.trust import Anchors

_UPPER: Final = frozenset(b"0123456789ABCDEF")
_LOWER: Final = frozenset(b"0123456789abcdef")


def signature_stands(
    document: bytes, embedded: EmbeddedPdfSignature, roots: Collection[bytes]
) -> bool:
    """Whether a seal of ours, or a document time-stamp, is written as we write it: its CMS, and the
    digits. `roots`: trusted, DER."""
    start, before, after, _ = (int(number) for number in embedded.byte_range)
    digits = frozenset(document[start + before + 1 : after - 1])
    contents = embedded.pkcs7_content
    length = der_length(contents)
    if length is None or not digits <= (_UPPER if digits & frozenset(b"ABCDEF") else _LOWER):
        return False
    if embedded.sig_object_type == "/DocTimeStamp":
        return cades.token_stands(contents[:length], roots)
    encoded = contents[:length]
    return cades.signature_stands(encoded, 0, roots) and cades.rest_stands(encoded, roots)


def rest_stands(
    document: bytes,
    reader: PdfFileReader,
    covered: int,
    signatures: Collection[bytes],
    anchors: Anchors,
) -> bool:
    """Whether what follows the last covered byte is nothing, or one revision of validation data
    that was written by `increment`: what the signatures need, where all of them are ours; else
    such as verifies. `reader` has the document, `signatures` are CMS."""
    end = increment.end_of_line(document, covered)
    if end == len(document):
        return True
    try:
        stores = increment.read_last(document, reader, end)
        if stores is None:
            return False
        had, has = stores
        data = has.since(had)
        brought = [one for each in signatures for one in SignedData.parse(each).certificates]
        heads = [cades.heads(one) for one in signatures]
        if all(heads):
            held, several = ValidationData(*has.data), len(heads) > 1
            return profile.proofs_stand(chain(*heads), held, anchors.roots, some=several)
        return _verify(data, _Known((*anchors.all, *brought), data.certificates))
    except profile.WRONG:
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
