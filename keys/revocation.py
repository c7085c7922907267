"""Revocation as others ask for it: OCSP answers (RFC 6960, 9654)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from asn1crypto import ocsp

from keys import der
from keys.certificates import Certificate
from keys.signer import Key, Signer

REQUEST_BYTES: Final = 16 * 1024
ASKED_AT_ONCE: Final = 64
"""Certificates that one OCSP request may ask about."""

_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
_NONCE_BYTES: Final = range(1, 129)  # RFC 9654 §2.1
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_KEPT: Final = 256


class Reason(IntEnum):
    """CRLReason (RFC 5280 §5.3.1); removeFromCRL and unused numbers left out."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


COMPROMISES: Final = frozenset({Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE, Reason.AA_COMPROMISE})
"""Reasons for which signatures before the discovery may be another's."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Since when a certificate is revoked (NumericDate), and why."""

    at: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a certificate that we issued."""

    revoked: Revoked | None = None


class OcspError(IntEnum):
    """OCSPResponseStatus without an answer (RFC 6960 §4.2.1)."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIGNATURE_REQUIRED = 5
    UNAUTHORIZED = 6


class OcspRefused(Exception):
    """The request gets an error instead of an answer."""

    def __init__(self, error: OcspError) -> None:
        super().__init__(error.name)
        self.error = error


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is asked about (RFC 6960 §4.1.1)."""

    encoded: bytes
    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """An OCSP request."""

    asked: tuple[CertId, ...]
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class Responder:
    """Who answers: a certificate for OCSP signing, its key, and the authority it speaks for."""

    certificate: Certificate
    signer: Signer
    issuer: Certificate


def parse_ocsp_request(encoded: bytes) -> OcspRequest:
    """Parse what a client sent; raises OcspRefused."""
    try:
        request = ocsp.OCSPRequest.load(encoded, strict=True)["tbs_request"]
        if len(request["request_list"]) not in range(1, ASKED_AT_ONCE + 1):
            raise OcspRefused(OcspError.MALFORMED_REQUEST)
        asked = tuple(_cert_id(single["req_cert"]) for single in request["request_list"])
        nonce = _nonce(request["request_extensions"])
    except (ValueError, TypeError, KeyError) as error:
        raise OcspRefused(OcspError.MALFORMED_REQUEST) from error
    return OcspRequest(asked, nonce)


def answer_ocsp(
    request: OcspRequest,
    statuses: Mapping[int, Status],
    responder: Responder,
    this_update: int,
    next_update: int,
) -> bytes:
    """A signed OCSPResponse. `statuses` holds the certificates asked about, by serial number;
    raises OcspRefused where no question is about an authority of ours (RFC 5019 §2.2.3)."""
    ours = {cert_id: names(cert_id, responder.issuer) for cert_id in request.asked}
    if not any(ours.values()):
        raise OcspRefused(OcspError.UNAUTHORIZED)
    singles = [
        _single(
            cert_id.encoded,
            statuses.get(cert_id.serial) if ours[cert_id] else None,
            responder.issuer,
            this_update,
            next_update,
        )
        for cert_id in request.asked
    ]
    return _basic_response(singles, request.nonce, responder, this_update)


def ocsp_for(
    certificate: Certificate, status: Status, responder: Responder, now: int, next_update: int
) -> bytes:
    """An answer that nobody asked for: to put beside a signature."""
    cert_id = _own_cert_id(certificate, responder.issuer)
    return _basic_response(
        [_single(cert_id, status, responder.issuer, now, next_update)], None, responder, now
    )


def encode_good(
    certificate: Certificate,
    issuer: Certificate,
    responder: Certificate,
    key: Key,
    signature: bytes,
    now: int,
    next_update: int,
) -> bytes:
    """What `ocsp_for` gave for a certificate that stood, from its parts: for who reads it to make
    it again and compare. `key` is the responder's."""
    single = _single(_own_cert_id(certificate, issuer), Status(), issuer, now, next_update)
    return _encode(_response_data([single], None, responder, now), key, signature, responder)


def check_responder(responder: Responder, now: int) -> None:
    """Lint an answer of every kind that a responder gives, before it gives any; raises
    LintFailed. Answers are made alike, thousands in a second, and not linted one by one."""
    from keys import linting  # noqa: PLC0415  # half a second, which only issuers pay

    cert_id = _own_cert_id(responder.certificate, responder.issuer)
    kinds = (None, Status(), *(Status(Revoked(now, reason)) for reason in Reason))
    singles = [_single(cert_id, status, responder.issuer, now, now + 1) for status in kinds]
    for nonce in (None, bytes(32)):
        linting.check_ocsp(_basic_response(singles[:1], nonce, responder, now))
        linting.check_ocsp(_basic_response(singles, nonce, responder, now))


def ocsp_error(error: OcspError) -> bytes:
    """An OCSPResponse that carries an error alone."""
    return der.sequence(der.enumerated(error))


def names(cert_id: CertId, issuer: Certificate) -> bool:
    """Whether the CertID speaks of a certificate by that issuer."""
    return cert_id.issuer_name_hash == _digest(
        cert_id.hash_name, issuer.subject
    ) and cert_id.issuer_key_hash == _digest(cert_id.hash_name, issuer.public_key_bits)


def _basic_response(
    singles: Sequence[bytes], nonce: bytes | None, responder: Responder, now: int
) -> bytes:
    certificate, signer = responder.certificate, responder.signer
    data = _response_data(singles, nonce, certificate, now)
    return _encode(data, signer, signer.sign(data), certificate)


def _response_data(
    singles: Sequence[bytes], nonce: bytes | None, responder: Certificate, now: int
) -> bytes:
    """ResponseData (RFC 6960 §4.2.1): what is signed."""
    extensions = b""
    if nonce is not None:
        extensions = der.explicit(1, der.sequence(der.extension(_NONCE, der.octet_string(nonce))))
    return der.sequence(
        _by_key(responder.public_key_bits),
        der.generalized_time(now),
        der.sequence(*singles),
        extensions,
    )


def _encode(data: bytes, key: Key, signature: bytes, responder: Certificate) -> bytes:
    basic = der.sequence(
        data,
        der.signature_algorithm(key.algorithm),
        der.bit_string(signature),
        der.explicit(0, der.sequence(responder.der)),
    )
    return der.sequence(
        der.enumerated(0),
        der.explicit(0, der.sequence(der.oid(_BASIC), der.octet_string(basic))),
    )


def _single(
    cert_id: bytes, status: Status | None, issuer: Certificate, this_update: int, next_update: int
) -> bytes:
    since = _archive_cutoff(issuer.not_before)
    if status is None:
        since = b""
        state = der.implicit(2, der.NULL)  # unknown: no certificate of ours has this number
    elif status.revoked is None:
        state = der.implicit(0, der.NULL)
    else:
        state = der.implicit(
            1,
            der.sequence(
                der.generalized_time(status.revoked.at),
                der.explicit(0, der.enumerated(status.revoked.reason)),
            ),
        )
    return der.sequence(
        cert_id,
        state,
        der.generalized_time(this_update),
        der.explicit(0, der.generalized_time(next_update)),
        der.explicit(1, der.sequence(since)) if since else b"",
    )


def _own_cert_id(certificate: Certificate, issuer: Certificate) -> bytes:
    named = _named_issuer(issuer.subject, issuer.public_key_bits)
    return der.sequence(named, der.integer(certificate.serial))


@lru_cache(_KEPT)
def _named_issuer(subject: bytes, public_key_bits: bytes) -> bytes:
    """A CertID in all but its number, by what every reader understands (RFC 6960 §4.3, RFC 5019
    §2.1.1)."""
    hashes = (der.octet_string(_digest("sha1", one)) for one in (subject, public_key_bits))
    return b"".join((_SHA1, *hashes))


@lru_cache(_KEPT)
def _by_key(public_key_bits: bytes) -> bytes:
    """A ResponderID (RFC 6960 §4.2.1)."""
    return der.explicit(2, der.octet_string(_digest("sha1", public_key_bits)))


@lru_cache(_KEPT)
def _archive_cutoff(since: int) -> bytes:
    """Nothing is forgotten when a certificate ends (RFC 6960 §4.4.4)."""
    return der.extension(_ARCHIVE_CUTOFF, der.generalized_time(since))


def _cert_id(asked: ocsp.CertId) -> CertId:
    name = asked["hash_algorithm"]["algorithm"].native
    if name not in _HASHES:
        raise OcspRefused(OcspError.MALFORMED_REQUEST)
    parts = (
        der.octet_string(asked["issuer_name_hash"].native),
        der.octet_string(asked["issuer_key_hash"].native),
        der.integer(asked["serial_number"].native),
    )
    encoded: bytes = asked.dump()
    # It is repeated in what we sign, so nothing is in it that we don't know.
    oid = der.oid({"sha1": _SHA1_OID, **der.HASHES}[name])
    if encoded not in (der.sequence(der.sequence(oid, null), *parts) for null in (b"", der.NULL)):
        raise OcspRefused(OcspError.MALFORMED_REQUEST)
    return CertId(
        encoded,
        name,
        asked["issuer_name_hash"].native,
        asked["issuer_key_hash"].native,
        asked["serial_number"].native,
    )


def _nonce(extensions: ocsp.TBSRequestExtensions) -> bytes | None:
    found: bytes | None = None
    for extension in extensions:
        if extension["extn_id"].dotted == _NONCE:
            once = found is None
            found = extension["extn_value"].parsed.native
            if not once or not isinstance(found, bytes) or len(found) not in _NONCE_BYTES:
                raise OcspRefused(OcspError.MALFORMED_REQUEST)
        elif extension["critical"].native:
            raise OcspRefused(OcspError.MALFORMED_REQUEST)
    return found


def _digest(name: str, data: bytes) -> bytes:
    return _HASHES[name](data)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()  # an identifier of a name or a key


_HASHES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "sha1": _sha1,
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha384": lambda data: hashlib.sha384(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
}
_SHA1_OID: Final = "1.3.14.3.2.26"
_SHA1: Final = der.sequence(der.oid(_SHA1_OID), der.NULL)
