"""Seals of ours have one form, whatever format they are in: each part is encoded in one way, and is
there because another part needs it. What a seal is made of is compared here; each format compares
how it puts the parts together, beside its sealing.

It is asked where a signer's certificate is under our seal policy, which is itself signed. Other
people's signatures are judged by the standards alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from asn1crypto import algos
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.ocsp import load_der_ocsp_response

from keys import der
from keys.jose import der_signature
from keys.profiles import SEAL_POLICY, TIMESTAMP_POLICY
from keys.signer import Algorithm, is_lower
from signing.formats import primitives
from signing.formats.seal import ValidationData
from signing.formats.time_stamps import identify
from signing.formats.trust import Asked
from signing.rules.evidence import Fault, SignatureEvidence, TimeStampEvidence
from signing.rules.report import StampKind

WRONG: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What is raised by parts that are not as ours are."""

_KEPT: Final = 1_024
_KEPT_WHOLE: Final = 256
"""Of what is said of all that came with a seal."""
_BASIC_OCSP: Final = der.oid("1.3.6.1.5.5.7.48.1.1")
_ALGORITHMS: Final = frozenset(map(der.signature_algorithm, Algorithm))
_ECDSA: Final = der.signature_algorithm(Algorithm.ES256)
_ECDSA_BYTES: Final = 64
"""Of r and s beside each other; no RSA signature is that short."""


def is_ours(certificate: asn1.Certificate | None, policy: str = SEAL_POLICY) -> bool:
    """Whether a certificate is under a policy of ours, by its own word."""
    policies = certificate.certificate_policies_value if certificate is not None else None
    return any(one["policy_identifier"].dotted == policy for one in policies or ())


def is_profiled(
    found: SignatureEvidence, signer: asn1.Certificate | None, policy: str = SEAL_POLICY
) -> bool:
    """Whether a signature is a seal of ours: its certificate leads to a trusted root, and is the
    one that was signed. What somebody else's time-stamp covers is theirs to account for, where that
    leads to a trusted root, too."""
    ours = bool(found.chains) and not found.names_another and is_ours(signer, policy)
    return ours and not any(map(_keeps, found.time_stamps))


def _keeps(stamp: TimeStampEvidence) -> bool:
    """Whether it is somebody else's, over a signature and its proofs."""
    by_another = stamp.kind is StampKind.ARCHIVE and stamp.policy != TIMESTAMP_POLICY
    return by_another and stamp.fault is None and bool(stamp.chains)


def judged(found: SignatureEvidence, asked: Asked, *, stands: bool) -> SignatureEvidence:
    """A seal of ours, with a fault where it does not stand in its form, or a time-stamp in it is
    not over what was sealed. That other content was sealed is told as such."""
    outside = {identify(stamp.token) for stamp in asked.over}
    own = [one for one in found.time_stamps if one.id not in outside]
    if not stands:
        found = with_fault(found, Fault.ENCODING)
    if found.digest_matches and any(stamp.fault is not None for stamp in own):
        found = with_fault(found, Fault.TIME_STAMP)
    return replace(found, profiled=True)


def with_fault(found: SignatureEvidence, fault: Fault) -> SignatureEvidence:
    return replace(found, faults=(*found.faults, fault))


def signed_by(certificate: bytes, algorithm: bytes, value: bytes, data: bytes) -> bool:
    """Whether a signature verifies, by an algorithm of ours in its one encoding, with the one value
    that ours have."""
    return (
        algorithm in _ALGORITHMS
        and primitives.verifies(
            value,
            data,
            _parsed(certificate).public_key,
            algos.SignedDigestAlgorithm.load(algorithm),
        )
        and _is_lower(algorithm, value)
    )


def value_stands(value: bytes) -> bool:
    """Whether a signature in the form of RFC 7518 §3.4, which XML has, too, has the one value that
    ours have."""
    return len(value) != _ECDSA_BYTES or is_lower(der_signature(value))


def _is_lower(algorithm: bytes, value: bytes) -> bool:
    return algorithm != _ECDSA or is_lower(value)


def paths_stand(heads: Iterable[bytes], held: Sequence[bytes], roots: Collection[bytes]) -> bool:
    """Whether certificates (DER) are those of signers and of the authorities above them, each once
    and none more. Roots, which signed themselves, are left out; trusted may be any of them."""
    return _paths_stand(tuple(heads), tuple(held), tuple(roots))


@lru_cache(_KEPT)
def _paths_stand(
    heads: tuple[bytes, ...], held: tuple[bytes, ...], roots: tuple[bytes, ...]
) -> bool:
    _check_values(heads)
    reached = _Paths(held, roots).reach(heads)
    return (
        reached == set(held)
        and len(reached) == len(held)
        and not any(_issued(one, one) for one in held)
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An OCSP answer: the number of the certificate that it is about, and whose it is (DER)."""

    serial: int
    responder: bytes


def proofs_stand(
    heads: Iterable[bytes], data: ValidationData, roots: Collection[bytes], *, some: bool = False
) -> bool:
    """Whether validation data are what proves how signers stand, roots included, and nothing else:
    for each signer (`some`: for some of them) an OCSP answer, and a CRL of who stands highest."""
    return are_needed(heads, data, [_answer(one) for one in data.ocsps], roots, some=some)


def are_needed(
    heads: Iterable[bytes],
    data: ValidationData,
    answers: Sequence[Answer],
    roots: Collection[bytes],
    *,
    some: bool,
) -> bool:
    """The same where the OCSP answers stand. A time-stamp authority may be among the certificates
    that is about to stamp."""
    held, crls = tuple(data.certificates), tuple(data.crls)
    return _are_needed(tuple(heads), held, crls, tuple(answers), tuple(roots), some)


@lru_cache(_KEPT_WHOLE)
def _are_needed(
    heads: tuple[bytes, ...],
    certificates: tuple[bytes, ...],
    crls: tuple[bytes, ...],
    answers: tuple[Answer, ...],
    roots: tuple[bytes, ...],
    some: bool,
) -> bool:
    stamping = {one for one in certificates if is_ours(_parsed(one), TIMESTAMP_POLICY)}
    signers = {*heads, *stamping}
    paths = _Paths(certificates, roots)
    responders = {one.responder for one in answers}
    _check_values((*signers, *responders))
    reached = paths.reach((*signers, *responders))
    if reached != set(certificates) or reached.isdisjoint(roots):
        return False
    highest = [one for one in reached if not paths.above(one) - {one}]
    listed = {_listed_by(one, certificates) for one in crls}
    issuers = {_load(one).issuer.public_bytes() for one in signers}
    _check_values(one for one in crls if _listed_by(one, certificates) in issuers)
    told = {one.serial for one in answers}
    asked = {_load(one).serial_number for one in signers}
    return (
        (told == asked or (some and told < asked))
        and {_load(one).subject.public_bytes() for one in highest} <= listed
        and listed <= {_load(one).issuer.public_bytes() for one in certificates}
    )


class _Paths:
    """Certificates, and who of them issued whom. `held`: DER; raises ValueError."""

    def __init__(self, held: Iterable[bytes], roots: Collection[bytes]) -> None:
        self.held = tuple(held)
        self.roots = roots
        for one in self.held:
            _load(one)

    def above(self, encoded: bytes) -> set[bytes]:
        """Those that issued a certificate."""
        return {one for one in self.held if _issued(encoded, one)}

    def reach(self, heads: Iterable[bytes]) -> set[bytes]:
        """Those that lead from the heads to a trusted root; raises ValueError where the path of
        one ends before that."""
        reached: set[bytes] = set()
        waiting = list(heads)
        while waiting:
            encoded = waiting.pop()
            if encoded in reached:
                continue
            above = self.above(encoded)
            rooted = encoded in self.roots or any(_issued(encoded, one) for one in self.roots)
            if encoded not in self.held or not (above or rooted):
                raise ValueError("no path")
            reached.add(encoded)
            waiting += above
        return reached


@lru_cache(_KEPT)
def _load(encoded: bytes) -> x509.Certificate:
    """Raises ValueError for another encoding than the one."""
    _check_signed(encoded)
    return x509.load_der_x509_certificate(encoded)


@lru_cache(_KEPT)
def _parsed(encoded: bytes) -> asn1.Certificate:
    return asn1.Certificate.load(encoded)


def _check_signed(encoded: bytes) -> None:
    """SIGNED{…} has one encoding of its parts, and names the algorithm as what is signed does
    (RFC 5280 §4.1.1.2, §5.1.1.2); raises ValueError. A root may be anybody's, and sign as it
    likes."""
    body, algorithm, bits = der.parts(encoded)
    if algorithm not in der.parts(body):
        raise ValueError("another algorithm")
    if encoded != der.sequence(body, algorithm, der.bit_string(der.content(bits)[1:])):
        raise ValueError("another encoding")


def _check_values(encoded: Iterable[bytes]) -> None:
    """Raises ValueError where a signature on what our own authority issued (certificates, CRLs) has
    another value than ours have. What a root signed is not asked: it may be somebody else's."""
    for one in encoded:
        _, algorithm, bits = der.parts(one)
        if not _is_lower(algorithm, der.content(bits)[1:]):
            raise ValueError("another value")


def _answer(encoded: bytes) -> Answer:
    """RFC 6960 §4.2.1, as `keys.revocation` writes it; raises ValueError."""
    _, explicit = der.parts(encoded)
    [response] = der.parts(explicit)
    _, octets = der.parts(response)
    body, algorithm, bits, within = der.parts(der.content(octets))
    [listed] = der.parts(within)
    [responder] = der.parts(listed)
    value = der.content(bits)[1:]
    held = der.explicit(0, der.sequence(responder))
    basic = der.sequence(body, algorithm, der.bit_string(value), held)
    again = der.sequence(_BASIC_OCSP, der.octet_string(basic))
    if encoded != der.sequence(der.enumerated(0), der.explicit(0, again)):
        raise ValueError("another encoding")
    if not signed_by(responder, algorithm, value, body):
        raise ValueError("by somebody else")
    return Answer(load_der_ocsp_response(encoded).serial_number, responder)


@lru_cache(_KEPT)
def _listed_by(encoded: bytes, known: tuple[bytes, ...]) -> bytes:
    """The name of who signed a CRL; raises ValueError where nobody of those did."""
    _check_signed(encoded)
    crl = x509.load_der_x509_crl(encoded)
    for one in map(_load, known):
        if one.subject == crl.issuer and crl.is_signature_valid(one.public_key()):  # type: ignore[arg-type]
            return one.subject.public_bytes()
    raise ValueError("by somebody else")


@lru_cache(_KEPT)
def _issued(encoded: bytes, by: bytes) -> bool:
    one, above = x509.load_der_x509_certificate(encoded), x509.load_der_x509_certificate(by)
    if one.issuer != above.subject:
        return False
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
