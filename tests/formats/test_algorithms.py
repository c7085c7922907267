"""What a signature was made with is read off its key and its algorithm."""

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
from asn1crypto import algos
from asn1crypto.keys import PublicKeyInfo
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.formats import algorithms
from signing.rules.algorithms import Algorithm, Flaw

SHA256_RSA = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})


KEYS: dict[str, Callable[[], Any]] = {
    "sha1_rsa": lambda: rsa.generate_private_key(65_537, 1_024).public_key(),
    "sha384_ecdsa": lambda: ec.generate_private_key(ec.SECP384R1()).public_key(),
    "sha256_dsa": lambda: dsa.DSAPublicNumbers(
        4, dsa.DSAParameterNumbers(2**1_023 + 1, 2**159 + 1, 2)
    ).public_key(),
    "ed25519": lambda: ed25519.Ed25519PrivateKey.generate().public_key(),
    "ed448": lambda: ed448.Ed448PrivateKey.generate().public_key(),
}


def info(key: Any) -> PublicKeyInfo:
    return PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("algorithm", "found"),
    [
        ("sha1_rsa", Algorithm("rsa", 1_024, None, "sha1")),
        ("sha384_ecdsa", Algorithm("ec", 0, "secp384r1", "sha384")),
        ("sha256_dsa", Algorithm("dsa", 1_024, None, "sha256")),
        ("ed25519", Algorithm("ed25519")),
        ("ed448", Algorithm("ed448")),
    ],
)
def test_key_and_hash_are_told(algorithm: str, found: Algorithm) -> None:
    said = algos.SignedDigestAlgorithm({"algorithm": algorithm})
    assert algorithms.of_signature(said, info(KEYS[algorithm]())) == found


def test_the_hash_beside_a_bare_rsa_signature_is_its_own() -> None:
    said = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
    key = info(rsa.generate_private_key(65_537, 1_024).public_key())
    assert algorithms.of_signature(said, key, "sha1").hash == "sha1"


def test_an_exponent_of_three_is_a_flaw() -> None:
    key = info(rsa.generate_private_key(3, 1_024).public_key())
    assert algorithms.of_signature(SHA256_RSA, key).flaw is Flaw.EXPONENT


def test_a_modulus_of_primes_with_roca_s_shape_is_a_flaw() -> None:
    primorial = 2 * prod(algorithms._ROCA_PRIMES)
    shaped = (3 * primorial + pow(65_537, 12_345, primorial)) * (
        5 * primorial + pow(65_537, 54_321, primorial)
    )
    key = info(rsa.RSAPublicNumbers(65_537, shaped).public_key())
    assert algorithms.of_signature(SHA256_RSA, key).flaw is Flaw.ROCA
