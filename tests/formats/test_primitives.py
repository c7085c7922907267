"""Signature values by algorithms that no library here makes any more."""

import hashlib

from asn1crypto import algos, keys
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.formats import primitives

RIPEMD160 = algos.SignedDigestAlgorithm({"algorithm": "1.3.36.3.3.1.2"})
INFO = bytes.fromhex("3021300906052b2403020105000414")  # RFC 8017 §9.2, note 1


def test_rsa_with_ripemd160_is_verified() -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    numbers = key.private_numbers()
    info = INFO + hashlib.new("ripemd160", b"data").digest()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
    made = pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(256)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    info_of_key = keys.PublicKeyInfo.load(public)
    assert primitives.computable(RIPEMD160, None, ["ripemd160"])
    assert primitives.verifies(made, b"data", info_of_key, RIPEMD160)
    assert not primitives.verifies(made, b"date", info_of_key, RIPEMD160)


def test_what_is_unknown_can_not_be_computed() -> None:
    assert not primitives.computable(RIPEMD160, None, ["urn:unknown"])
    unknown = algos.SignedDigestAlgorithm({"algorithm": "1.2.3"})
    assert not primitives.computable(unknown, "sha256", [])


def test_a_hash_of_any_length_has_that_of_cms() -> None:
    """RFC 8702 §3.1."""
    assert primitives.digest("shake128", b"a", b"b") == hashlib.shake_128(b"ab").digest(32)
    assert primitives.digest("shake256", b"a", b"b") == hashlib.shake_256(b"ab").digest(64)
