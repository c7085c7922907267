"""What signatures and certificates were made with, as evidence for a policy to weigh."""

from typing import Final

from asn1crypto import algos, x509
from asn1crypto.keys import PublicKeyInfo

from signing.formats import primitives
from signing.rules.algorithms import Algorithm, Flaw

_LEAST_EXPONENT: Final = 65_537

_NAMES: Final = {
    "rsassa_pss": "rsa",
    "mldsa44": "ml-dsa-44",
    "mldsa65": "ml-dsa-65",
    "mldsa87": "ml-dsa-87",
}

_HASHING_THEMSELVES: Final = frozenset({"ed25519", "ed448", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"})

_ROCA_PRIMES: Final = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89),
    *(97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)
"""Primes whose residues tell a modulus of CVE-2017-15361 from another."""


def of_signature(
    algorithm: algos.SignedDigestAlgorithm, key: PublicKeyInfo, hashed_by: str | None = None
) -> Algorithm:
    """A signature by a key. `hashed_by`: the hash that stands beside the signature, for algorithms
    that name none."""
    name = key.algorithm
    name = _NAMES.get(name, name)
    hashed = primitives.signature_digest(algorithm) or hashed_by
    if name == "rsa":
        return _rsa(key, hashed)
    if not primitives.is_whole(key):
        return Algorithm(name, 0, None, hashed)
    if name == "ec":
        return Algorithm("ec", 0, _curve(key), hashed)
    if name in _HASHING_THEMSELVES:
        return Algorithm(name)
    return Algorithm(name, key.bit_size if name == "dsa" else 0, None, hashed)


def of_certificate(certificate: x509.Certificate, issuer: PublicKeyInfo) -> Algorithm:
    """How a certificate was signed by its issuer's key."""
    return of_signature(certificate["signature_algorithm"], issuer)


def _curve(key: PublicKeyInfo) -> str:
    kind, name = key.curve
    return str(name) if kind == "named" else str(kind)


def _rsa(key: PublicKeyInfo, hashed: str | None) -> Algorithm:
    numbers = key["public_key"].parsed
    # Some moduli in the field are encoded as if they were negative.
    modulus = int.from_bytes(numbers["modulus"].contents)
    exponent = int.from_bytes(numbers["public_exponent"].contents)
    flaw = Flaw.EXPONENT if exponent < _LEAST_EXPONENT else None
    if flaw is None and _is_roca(modulus):
        flaw = Flaw.ROCA
    return Algorithm("rsa", modulus.bit_length(), None, hashed, flaw)


def _is_roca(modulus: int) -> bool:
    """Whether, modulo each small prime, the modulus is a power of 65,537."""
    return all(modulus % prime in _POWERS[prime] for prime in _ROCA_PRIMES)


def _powers(prime: int) -> frozenset[int]:
    found, power = set(), 1
    while power not in found:
        found.add(power)
        power = power * 65_537 % prime
    return frozenset(found)


_POWERS: Final = {prime: _powers(prime) for prime in _ROCA_PRIMES}
