"""What proves that the certificates of a seal of ours stood: their chains, and the OCSP answers and
CRLs that came with the seal.

Chains, and what CRLs say of them, come from the reader of everything, and are kept: they are the
same in every seal of a day. OCSP answers are new with each, and are made again here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response

from keys.revocation import encode_good
from signing.formats import algorithms, certificates, statuses, validation_data
from signing.formats.own.certificates import Known, NotOurs, issued, know
from signing.formats.own.signatures import Signed
from signing.formats.paths import Paths
from signing.formats.profile import Answer, are_needed, paths_stand
from signing.formats.seal import ValidationData
from signing.formats.trust import Anchors, Asked, at_once
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import CertificateEvidence, ChainEvidence, Source, StatusEvidence

_KEPT: Final = 256
_MOST: Final = 64
"""Pieces of each kind."""

_OF_ONE_SEAL: Final = 2  # its signature, and the time-stamp over that

_OCSP_SIGNING: Final = frozenset({"1.3.6.1.5.5.7.3.9"})


@dataclass(frozen=True, slots=True)
class _Answer:
    """An OCSP answer whose signature verifies, about one certificate that stood."""

    certificate: bytes
    issuer: bytes
    responder: bytes
    status: StatusEvidence


class Proofs:
    """The validation data that came with a document. Raises ValueError for any that is not ours:
    a certificate of a stranger, a CRL by one, an OCSP answer in another form."""

    def __init__(self, asked: Asked, certificates: Iterable[bytes], data: ValidationData) -> None:
        anchors = asked.anchors
        self._asked, self._crls, self._data = asked, tuple(data.crls), data
        self._held = tuple(dict.fromkeys((*anchors.all, *certificates, *data.certificates)))
        if max(len(self._held), len(data.crls), len(data.ocsps)) > _MOST:
            raise NotOurs("more than we would bring")
        _check_issued(anchors.all, self._held)
        for crl in self._crls:
            _check_crl(crl, self._held)
        self._answers = [self._read(answer) for answer in data.ocsps]
        self._found: dict[bytes, tuple[ChainEvidence, ...]] = {}

    def check_brought(self, signed: Sequence[Signed], *, needed: bool) -> None:
        """Raises NotOurs where a signature brings other certificates than those above its own; or,
        where validation data are `needed`, other data than prove how the signers stand."""
        roots = self._asked.anchors.roots
        for one in signed:
            if not paths_stand([one.signer.der], (one.signer.der, *one.brought), roots):
                raise NotOurs("other certificates than lead to a root")
        answers = [
            Answer(know(one.certificate).certificate.serial, one.responder) for one in self._answers
        ]
        heads = [one.signer.der for one in signed]
        some = len(heads) > _OF_ONE_SEAL
        if needed and not are_needed(heads, self._data, answers, roots, some=some):
            raise NotOurs("other proofs than are needed")

    def chains(self, signer: Known) -> tuple[ChainEvidence, ...]:
        """As `signing.formats.paths` finds them; raises NotOurs where there is none without a
        problem."""
        if signer.der not in self._found:
            anchors = self._asked.anchors
            told = _chains(_Question(anchors, signer.der, self._held, self._crls))
            if not told:
                raise NotOurs("no chain to a root")
            self._found[signer.der] = tuple(self._with_answers(chain) for chain in told)
        return self._found[signer.der]

    def _with_answers(self, chain: ChainEvidence) -> ChainEvidence:
        by_print = {know(one).party.fingerprint: one for one in self._held}
        encoded = [by_print[one.party.fingerprint] for one in chain.certificates]
        above = [*encoded[1:], _root(encoded[-1], self._asked.anchors)]
        return replace(
            chain,
            certificates=tuple(
                replace(found, statuses=(*self._told(one, issuer), *found.statuses))
                for found, one, issuer in zip(chain.certificates, encoded, above, strict=True)
            ),
        )

    def _told(self, certificate: bytes, issuer: bytes) -> Iterator[StatusEvidence]:
        for answer in self._answers:
            if answer.certificate == certificate and answer.issuer == issuer:
                yield answer.status

    def _read(self, encoded: bytes) -> _Answer:
        """RFC 6960 §3.2: made again, it is the same."""
        answer = load_der_ocsp_response(encoded)
        [brought] = answer.certificates
        responder = know(brought.public_bytes(Encoding.DER))
        issuer, certificate = _meant(responder.der, answer.serial_number, self._held)
        if responder.purposes != _OCSP_SIGNING or not responder.exempt:
            raise NotOurs("no responder of ours")
        status = _status(encoded, answer, certificate, issuer, responder)
        return _Answer(certificate.der, issuer.der, responder.der, status)


@lru_cache(_KEPT)
def _meant(responder: bytes, serial: int, held: tuple[bytes, ...]) -> tuple[Known, Known]:
    """Who issued a responder's certificate, and the certificate of that issuer's that has this
    number; raises ValueError where there is not one of each."""
    known = [know(one) for one in held]
    [issuer] = [one for one in known if issued(responder, one.der)]
    [certificate] = [
        one for one in known if one.certificate.serial == serial and issued(one.der, issuer.der)
    ]
    return issuer, certificate


def _status(
    encoded: bytes, answer: OCSPResponse, certificate: Known, issuer: Known, responder: Known
) -> StatusEvidence:
    begins, ends = answer.this_update_utc, answer.next_update_utc
    if ends is None:
        raise NotOurs("an answer without an end")
    this_update, next_update = int(begins.timestamp()), int(ends.timestamp())
    made = encode_good(
        certificate.certificate,
        issuer.certificate,
        responder.certificate,
        responder,
        answer.signature,
        this_update,
        next_update,
    )
    if made != encoded:
        raise NotOurs("an answer of another form, or not a good one")
    responder.check(answer.signature, answer.tbs_response_bytes)
    return StatusEvidence(
        statuses.identify(encoded),
        this_update,
        next_update,
        None,
        responder.signs,
        CertificateEvidence(responder.party, _signed_how(responder.der, issuer.der), exempt=True),
        issuer.certificate.not_before,
        Source.OCSP,
    )


@lru_cache(_KEPT)
def _signed_how(one: bytes, issuer: bytes) -> Algorithm:
    key = certificates.load(issuer).public_key
    return algorithms.of_certificate(certificates.load(one), key)


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that chains follow from."""

    anchors: Anchors
    signer: bytes
    held: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@lru_cache(_KEPT)
def _chains(question: _Question) -> tuple[ChainEvidence, ...]:
    """The chains in which nothing is wrong, with what CRLs say of them."""
    told = validation_data.known(question.held, question.crls)
    paths = Paths(question.anchors, (), told)
    found = at_once(paths.chains(x509.Certificate.load(question.signer)))
    return tuple(one for one in found if one.problem is None)


def _root(highest: bytes, anchors: Anchors) -> bytes:
    """Who issued the highest certificate of a chain."""
    [root] = {one for one in anchors.roots if issued(highest, one)}
    return root


@lru_cache(_KEPT)
def _check_issued(trusted: tuple[bytes, ...], held: tuple[bytes, ...]) -> None:
    """Every certificate is trusted, or issued by one that is known."""
    known, waiting = list(trusted), [one for one in held if one not in trusted]
    while waiting:
        found = [one for one in waiting if any(issued(one, above) for above in known)]
        if not found:
            raise NotOurs("a certificate of a stranger")
        known += found
        waiting = [one for one in waiting if one not in found]


@lru_cache(_KEPT)
def _check_crl(encoded: bytes, held: tuple[bytes, ...]) -> None:
    crl = load_der_x509_crl(encoded)
    named = [one for one in map(know, held) if one.certificate.parsed.subject == crl.issuer]
    if not any(crl.is_signature_valid(one.public_key) for one in named):
        raise NotOurs("a CRL by a stranger")
