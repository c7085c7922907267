"""Certificates that are met again and again, each taken apart once."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import der, signer
from keys.certificates import Certificate
from signing.formats import algorithms, certificates, primitives, trust
from signing.formats.statuses import is_exempt
from signing.rules.algorithms import Algorithm
from signing.rules.report import Party

_KEPT: Final = 1_024


class NotOurs(ValueError):
    """It was not written by us, or not as far as can be told here."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a certificate says. `signs`: what its key's signatures are, for a policy to weigh;
    `purposes` and `policies` by their OIDs."""

    certificate: Certificate
    algorithm: signer.Algorithm
    public_key: signer.PublicKey
    signs: Algorithm
    party: Party
    key_usage: tuple[str, ...] | None
    purposes: frozenset[str]
    policies: frozenset[str]
    exempt: bool

    @property
    def der(self) -> bytes:
        return self.certificate.der

    def check(self, signature: bytes, message: bytes) -> None:
        """Raises NotOurs where the key did not sign that, or not as ours do."""
        try:
            signer.verify(self.public_key, self.algorithm, signature, message)
        except InvalidSignature as error:
            raise NotOurs("a signature that does not verify") from error
        if self.algorithm is signer.Algorithm.ES256 and not signer.is_lower(signature):
            raise NotOurs("the other of the values that verify")


@lru_cache(_KEPT)
def know(encoded: bytes) -> Known:
    """A certificate whose key is of a kind that we sign with; raises ValueError."""
    certificate, parsed = Certificate.load(encoded), certificates.load(encoded)
    key = certificate.parsed.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise NotOurs("a key of another kind")
    how = signer.Algorithm.RS256 if isinstance(key, rsa.RSAPublicKey) else signer.Algorithm.ES256
    named = algos.SignedDigestAlgorithm.load(der.signature_algorithm(how))
    purposes = parsed.extended_key_usage_value or ()
    policies = parsed.certificate_policies_value or ()
    return Known(
        certificate,
        how,
        key,
        algorithms.of_signature(named, parsed.public_key),
        trust.party(parsed),
        trust.key_usage(parsed),
        frozenset(one.dotted for one in purposes),
        frozenset(one["policy_identifier"].dotted for one in policies),
        is_exempt(parsed),
    )


def issued(one: bytes, above: bytes) -> bool:
    """Whether a certificate was signed by the key of another that is named as its issuer."""
    return primitives.issued(certificates.load(one), certificates.load(above))
