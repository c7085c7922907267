"""The attributes of a CMS signer (RFC 5652 §11, RFC 5035, ETSI EN 319 122-1 §5.2)."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from asn1crypto import core, tsp
from pyhanko.sign.ades.cades_asn1 import CommitmentTypeIndication

from signing.formats import primitives

MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_COMMITMENT_TYPE: Final = "1.2.840.113549.1.9.16.2.16"
_SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"


def values(attributes: Any, dotted: str) -> list[Any]:
    """The values of the attributes of one type, in all places where it occurs."""
    if isinstance(attributes, core.Void):
        return []
    return [
        value
        for attribute in attributes
        if attribute["type"].dotted == dotted
        for value in attribute["values"]
    ]


def encoded_values(attributes: Any, dotted: str) -> list[bytes]:
    """The same, as they are encoded, whatever that is."""
    if isinstance(attributes, core.Void):
        return []
    return [
        value.dump()
        for attribute in attributes
        if attribute["type"].dotted == dotted
        for value in core.SetOf.load(attribute["values"].dump(), spec=core.Any)
    ]


def commitments(attributes: Any) -> Iterator[str]:
    """What the signer says to commit to (EN 319 122-1 §5.2.3)."""
    for value in encoded_values(attributes, _COMMITMENT_TYPE):
        with suppress(ValueError, KeyError, TypeError):
            yield CommitmentTypeIndication.load(value)["commitment_type_id"].dotted


def references(attributes: Any) -> Iterator[tuple[str, bytes]]:
    """The hash, and hash function, of the certificate that each signing-certificate attribute
    names first (RFC 5035 §3, §5). What is no such attribute names none."""
    for value in encoded_values(attributes, _SIGNING_CERTIFICATE_V2):
        with suppress(ValueError, KeyError, TypeError):
            for first in list(tsp.SigningCertificateV2.load(value)["certs"])[:1]:
                name = primitives.digest_name(first["hash_algorithm"]) or ""
                yield name, first["cert_hash"].native
    for value in encoded_values(attributes, _SIGNING_CERTIFICATE):
        with suppress(ValueError, KeyError, TypeError):
            for first in list(tsp.SigningCertificate.load(value)["certs"])[:1]:
                yield "sha1", first["cert_hash"].native


def claimed(attributes: Any) -> int | None:
    """The signer's own word for when (signing-time)."""
    for value in values(attributes, SIGNING_TIME):
        try:
            return int(value.native.timestamp())
        except (ValueError, AttributeError, OverflowError):
            return None
    return None
