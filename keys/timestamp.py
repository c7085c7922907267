"""The time-stamp authority (RFC 3161, RFC 5816; ETSI EN 319 422)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from threading import Lock
from typing import Final

from asn1crypto import tsp

from keys import cms, der
from keys.certificates import Certificate
from keys.handles import new_bytes
from keys.profiles import TIMESTAMP_POLICY
from keys.signer import Signer

REQUEST_BYTES: Final = 8 * 1024
ACCURACY_SECONDS: Final = 1  # EN 319 422 §5.2.2: a second or better

_DIGEST_BYTES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_NONCE_BYTES: Final = 64


class Failure(IntEnum):
    """PKIFailureInfo (RFC 3161 §2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


class Rejected(Exception):
    """The request is answered with a rejection."""

    def __init__(self, failure: Failure, text: str) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text


@dataclass(frozen=True, slots=True)
class Authority:
    """Who says what time it is: a certificate for time-stamping, its key, and its chain."""

    certificate: Certificate
    signer: Signer
    chain: tuple[Certificate, ...] = ()
    policy: str = TIMESTAMP_POLICY


@dataclass(frozen=True, slots=True)
class Asked:
    """A TimeStampReq."""

    hash_name: str
    digest: bytes
    nonce: int | None = None
    certificates: bool = True


def parse_request(encoded: bytes, policy: str) -> Asked:
    """Parse and check a TimeStampReq (RFC 3161 §2.4.1); raises Rejected."""
    try:
        request = tsp.TimeStampReq.load(encoded, strict=True)
        imprint = request["message_imprint"]
        hash_name = imprint["hash_algorithm"]["algorithm"].native
        digest = imprint["hashed_message"].native
        version = request["version"].native
        wanted = request["req_policy"].dotted if request["req_policy"] else None
        nonce = request["nonce"].native
        extended = bool(request["extensions"])
        certificates = request["cert_req"].native
    except (ValueError, TypeError, KeyError) as error:
        raise Rejected(Failure.BAD_DATA_FORMAT, "the request is not a TimeStampReq") from error
    if version != "v1":
        raise Rejected(Failure.BAD_REQUEST, "the version is not 1")
    if hash_name not in _DIGEST_BYTES:
        raise Rejected(Failure.BAD_ALG, "use SHA-256, SHA-384 or SHA-512")
    if len(digest) != _DIGEST_BYTES[hash_name]:
        raise Rejected(Failure.BAD_DATA_FORMAT, "the digest does not have its hash's length")
    if wanted not in (None, policy):
        raise Rejected(Failure.UNACCEPTED_POLICY, f"the policy is {policy}")
    if extended:
        raise Rejected(Failure.UNACCEPTED_EXTENSION, "no extension is known")
    if nonce is not None and nonce.bit_length() > _NONCE_BYTES * 8:
        raise Rejected(Failure.BAD_REQUEST, "the nonce is too long")
    return Asked(hash_name, digest, nonce, certificates)


def answer(encoded: bytes, authority: Authority, utc: datetime) -> bytes:
    """The TimeStampResp to a request: granted, or a rejection that says why."""
    try:
        asked = parse_request(encoded, authority.policy)
    except Rejected as rejected:
        return rejection(rejected.failure, rejected.text)
    return der.sequence(der.sequence(der.integer(0)), token(asked, authority, utc))


def rejection(failure: Failure, text: str) -> bytes:
    """A TimeStampResp without a token (RFC 3161 §2.4.2)."""
    status = der.sequence(der.integer(2), der.sequence(der.utf8(text)), der.named_bits(failure))
    return der.sequence(status)


def token(asked: Asked, authority: Authority, utc: datetime) -> bytes:
    """A TimeStampToken."""
    info = encode_info(asked, authority.policy, _SERIALS.next(utc), utc, authority.certificate)
    signer, certificate = authority.signer, authority.certificate
    digest = hashlib.sha256(info).digest()
    attributes = cms.signed_attributes(cms.TST_INFO, digest, certificate, signer)
    return cms.signed_data(
        cms.TST_INFO,
        info,
        attributes,
        signer.sign(attributes),
        signer,
        certificate,
        authority.chain,
        embed=asked.certificates,
    )


def encode_info(
    asked: Asked, policy: str, serial: int, utc: datetime, authority: Certificate
) -> bytes:
    """A TSTInfo (RFC 3161 §2.4.2)."""
    return der.sequence(
        der.integer(1),
        der.oid(policy),
        der.sequence(der.digest_algorithm(asked.hash_name), der.octet_string(asked.digest)),
        der.integer(serial),
        der.generalized_time(int(utc.timestamp())),
        der.sequence(der.integer(ACCURACY_SECONDS)),
        der.integer(asked.nonce) if asked.nonce is not None else b"",
        der.explicit(0, der.explicit(4, authority.subject)),
    )


class _Serials:
    """Serial numbers that rise, and that are unique without a counter that processes share:
    microseconds, then 80 random bits. Where the clock is set back, they go on rising."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = Lock()

    def next(self, utc: datetime) -> int:
        with self._lock:
            self._last = max(self._last + 1, int(utc.timestamp() * 1_000_000))
            return self._last << 80 | int.from_bytes(new_bytes(10))


_SERIALS: Final = _Serials()
