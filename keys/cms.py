"""CMS SignedData (RFC 5652) with the attributes that CAdES and time-stamps demand."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from keys import der
from keys.certificates import Certificate
from keys.signer import Algorithm, Key

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
SIGNATURE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"  # RFC 3161 Appendix A

_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
CONTENT_HINTS: Final = "1.2.840.113549.1.9.16.2.4"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"  # RFC 5035 §3
_ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"  # RFC 6211 §2
_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"  # RFC 5940 §2.1

_SHA256: Final = der.digest_algorithm("sha256")
_KEPT: Final = 1_024


def signed_attributes(
    content_type: str,
    digest: bytes,
    certificate: Certificate,
    signer: Key,
    signing_time: int | None = None,
    description: str | None = None,
) -> bytes:
    """SignedAttributes as they are signed: a SET OF in DER (RFC 5652 §5.4).

    `digest` is SHA-256 over the content. CAdES demands `signing_time` (NumericDate), PAdES
    forbids it. `description` says what the content is (content-hints, RFC 2634 §2.9).
    """
    attributes = [
        *_of_signer(content_type, certificate.der, signer.algorithm),
        attribute(_MESSAGE_DIGEST, der.octet_string(digest)),
    ]
    if signing_time is not None:
        attributes.append(attribute(_SIGNING_TIME, der.time(signing_time)))
    if description is not None:
        hints = der.sequence(der.utf8(description), der.oid(content_type))
        attributes.append(attribute(CONTENT_HINTS, hints))
    return der.set_of(*attributes)


@lru_cache(_KEPT)
def _of_signer(content_type: str, certificate: bytes, algorithm: Algorithm) -> tuple[bytes, ...]:
    """The attributes that are the same in all that a certificate's key signs."""
    protection = der.sequence(_SHA256, der.implicit(1, der.signature_algorithm(algorithm)))
    # SHA-256 is the default of ESSCertIDv2 and so is left out.
    named = der.sequence(der.octet_string(hashlib.sha256(certificate).digest()))
    return (
        attribute(_CONTENT_TYPE, der.oid(content_type)),
        attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(named))),
        attribute(_ALGORITHM_PROTECTION, protection),
    )


def signed_data(
    content_type: str,
    content: bytes | None,
    attributes: bytes,
    signature: bytes,
    signer: Key,
    certificate: Certificate,
    chain: Iterable[Certificate] = (),
    *,
    time_stamp: bytes | None = None,
    embed: bool = True,
) -> bytes:
    """A ContentInfo with one SignerInfo. `content` is None where the signature is detached;
    `time_stamp` is a token over `signature`; `embed` puts the certificates in."""
    unsigned = () if time_stamp is None else (attribute(SIGNATURE_TIME_STAMP, time_stamp),)
    encapsulated = der.explicit(0, der.octet_string(content)) if content is not None else b""
    certificates = (certificate.der, *(above.der for above in chain)) if embed else ()
    return content_info(
        1 if content_type == DATA else 3,
        (_SHA256,),
        der.sequence(der.oid(content_type), encapsulated),
        certificates,
        (),
        (signer_info(attributes, signature, signer, certificate, unsigned),),
    )


def signer_info(
    attributes: bytes,
    signature: bytes,
    signer: Key,
    certificate: Certificate,
    unsigned: Iterable[bytes] = (),
) -> bytes:
    """A SignerInfo (RFC 5652 §5.3) that names its certificate by issuer and serial number."""
    beside = tuple(unsigned)
    return der.sequence(
        der.integer(1),
        certificate.identifier,
        _SHA256,
        der.implicit(0, attributes),
        der.signature_algorithm(signer.algorithm),
        der.octet_string(signature),
        der.implicit(1, der.set_of(*beside)) if beside else b"",
    )


def content_info(
    version: int,
    digest_algorithms: Iterable[bytes],
    encapsulated: bytes,
    certificates: Iterable[bytes],
    revocation: Iterable[bytes],
    signer_infos: Iterable[bytes],
) -> bytes:
    """A ContentInfo that holds a SignedData (RFC 5652 §5.1), each part encoded already."""
    known, lists = tuple(certificates), tuple(revocation)
    body = der.sequence(
        der.integer(version),
        der.set_of(*digest_algorithms),
        encapsulated,
        der.implicit(0, der.set_of(*known)) if known else b"",
        der.implicit(1, der.set_of(*lists)) if lists else b"",
        der.set_of(*signer_infos),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, body))


def ocsp_choice(answer: bytes) -> bytes:
    """An OCSP answer as a RevocationInfoChoice (RFC 5940 §2.1)."""
    return der.implicit(1, der.sequence(der.oid(_OCSP_RESPONSE), answer))


def attribute(kind: str, value: bytes) -> bytes:
    """An Attribute of one value (RFC 5652 §5.3)."""
    return der.sequence(der.oid(kind), der.set_of(value))
