"""CMS SignedData (RFC 5652) with the attributes that CAdES and time-stamps demand."""

import hashlib
from collections.abc import Iterable
from typing import Final

from keys import der
from keys.certificates import Certificate
from keys.signer import Signer

DATA: Final = "1.2.840.113549.1.7.1"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"  # RFC 5035 §3
_ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"  # RFC 6211 §2
_SIGNATURE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"  # RFC 3161 Appendix A

_SHA256: Final = der.digest_algorithm("sha256")


def signed_attributes(
    content_type: str, digest: bytes, certificate: Certificate, signer: Signer
) -> bytes:
    """SignedAttributes as they are signed: a SET OF in DER (RFC 5652 §5.4).

    `digest` is SHA-256 over the content.
    """
    protection = der.sequence(_SHA256, der.implicit(1, der.signature_algorithm(signer.algorithm)))
    # SHA-256 is the default of ESSCertIDv2 and so is left out.
    named = der.sequence(der.octet_string(hashlib.sha256(certificate.der).digest()))
    return der.set_of(
        _attribute(_CONTENT_TYPE, der.oid(content_type)),
        _attribute(_MESSAGE_DIGEST, der.octet_string(digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(named))),
        _attribute(_ALGORITHM_PROTECTION, protection),
    )


def signed_data(
    content_type: str,
    content: bytes | None,
    attributes: bytes,
    signature: bytes,
    signer: Signer,
    certificate: Certificate,
    chain: Iterable[Certificate] = (),
    *,
    time_stamp: bytes | None = None,
    embed: bool = True,
) -> bytes:
    """A ContentInfo with one SignerInfo. `content` is None where the signature is detached;
    `time_stamp` is a token over `signature`; `embed` puts the certificates in."""
    signer_info = der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer, der.integer(certificate.serial)),
        _SHA256,
        der.implicit(0, attributes),
        der.signature_algorithm(signer.algorithm),
        der.octet_string(signature),
        der.implicit(1, der.set_of(_attribute(_SIGNATURE_TIME_STAMP, time_stamp)))
        if time_stamp is not None
        else b"",
    )
    encapsulated = der.explicit(0, der.octet_string(content)) if content is not None else b""
    certificates = der.set_of(certificate.der, *(above.der for above in chain))
    body = der.sequence(
        der.integer(1 if content_type == DATA else 3),  # RFC 5652 §5.1
        der.set_of(_SHA256),
        der.sequence(der.oid(content_type), encapsulated),
        der.implicit(0, certificates) if embed else b"",
        der.set_of(signer_info),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, body))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))
