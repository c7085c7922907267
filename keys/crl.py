"""Revocation as lists: CRLs (RFC 5280 §5)."""

from collections.abc import Iterable, Sequence
from typing import Final

from cryptography import x509

from keys import der
from keys.certificates import Certificate
from keys.revocation import Reason, Revoked
from keys.signer import Signer

_LINTED_ENTRIES: Final = 16
"""Of a CRL: its entries are all made alike, and the linter takes 0.1 ms for each."""


def issue_crl(
    issuer: Certificate,
    signer: Signer,
    revoked: Iterable[tuple[int, Revoked]],
    number: int,
    this_update: int,
    next_update: int,
    distribution_point: str | None,
) -> bytes:
    """A complete CRL: of one shard of the issuer's certificates, named by its distribution point,
    or without one of all of them. `revoked` pairs serial numbers with revocations.

    It is linted, its first entries at least, before the key touches it; raises LintFailed.
    """
    from keys import linting  # noqa: PLC0415  # half a second, which only issuers pay

    entries = [
        der.sequence(der.integer(serial), der.time(why.at), *_reason_extension(why.reason))
        for serial, why in sorted(revoked, key=lambda pair: pair[0])
    ]
    authority = x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)
    extensions = der.sequence(
        der.extension(authority.oid.dotted_string, authority.public_bytes()),
        der.extension("2.5.29.20", der.integer(number)),
        _scope(distribution_point) if distribution_point is not None else b"",
    )

    def listing(listed: Sequence[bytes]) -> bytes:
        return der.sequence(
            der.integer(1),  # v2
            der.signature_algorithm(signer.algorithm),
            issuer.subject,
            der.time(this_update),
            der.time(next_update),
            der.sequence(*listed) if listed else b"",
            der.explicit(0, extensions),
        )

    linting.check_crl(der.unsigned(listing(entries[:_LINTED_ENTRIES]), signer.algorithm))
    return der.signed(listing(entries), signer)


def _scope(distribution_point: str) -> bytes:
    """IssuingDistributionPoint: critical, naming the shard as the certificates do (§5.2.5)."""
    name = der.explicit(0, der.implicit(6, der.ia5(distribution_point)))
    return der.extension("2.5.29.28", der.sequence(der.explicit(0, name)), critical=True)


def _reason_extension(reason: Reason) -> tuple[bytes, ...]:
    if reason is Reason.UNSPECIFIED:  # RFC 5280 §5.3.1: left out instead
        return ()
    return (der.sequence(der.extension("2.5.29.21", der.enumerated(reason))),)
