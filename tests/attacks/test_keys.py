"""Keys as no library takes them: what they verify is told, and is worth what a policy says."""

import hashlib

from asn1crypto import algos, keys

from keys import der
from signing.formats import primitives
from tests.attacks.pki import RSA, rsa_key, sign

DATA = b"What was agreed."


def info(modulus: bytes, exponent: int) -> keys.PublicKeyInfo:
    """A SubjectPublicKeyInfo whose modulus is written as it is."""
    numbers = der.sequence(der.tlv(0x02, modulus), der.integer(exponent))
    algorithm = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL)
    return keys.PublicKeyInfo.load(der.sequence(algorithm, der.bit_string(numbers)))


def algorithm(by: str = "sha256") -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm.load(der.sequence(der.oid(RSA[by]), der.NULL))


def test_a_modulus_that_is_written_as_negative_is_read() -> None:
    key = rsa_key()
    _, value = sign(key, DATA)
    numbers = key.public_key().public_numbers()
    negative = info(numbers.n.to_bytes(256), numbers.e)
    assert negative["public_key"].parsed["modulus"].native < 0
    assert primitives.verifies(value, DATA, negative, algorithm())
    assert not primitives.verifies(value, DATA + b"!", negative, algorithm())


def test_an_exponent_of_one_verifies_what_anybody_can_write() -> None:
    """So that it is told as a weak key, and not as a changed document."""
    digest = algos.DigestInfo(
        {
            "digest_algorithm": {"algorithm": "sha256"},
            "digest": hashlib.sha256(DATA).digest(),
        }
    ).dump()
    forged = b"\x00\x01" + b"\xff" * (256 - len(digest) - 3) + b"\x00" + digest
    odd = info(b"\x00" + b"\xf1" * 256, 1)
    assert primitives.verifies(forged, DATA, odd, algorithm())
    assert not primitives.verifies(forged, b"else", odd, algorithm())


def test_sha3_with_rsa_verifies() -> None:
    key = rsa_key()
    _, value = sign(key, DATA, "sha3_512")
    numbers = key.public_key().public_numbers()
    right = info(b"\x00" + numbers.n.to_bytes(256), numbers.e)
    assert primitives.verifies(value, DATA, right, algorithm("sha3_512"))


def test_an_algorithm_that_nobody_knows_verifies_nothing() -> None:
    unknown = algos.SignedDigestAlgorithm.load(der.sequence(der.oid("1.2.3.4")))
    numbers = rsa_key().public_key().public_numbers()
    assert not primitives.verifies(b"", DATA, info(numbers.n.to_bytes(256), 65_537), unknown)


def test_a_signature_algorithm_in_the_place_of_a_hash_names_its_hash() -> None:
    odd = algos.DigestAlgorithm.load(der.sequence(der.oid(RSA["sha256"]), der.NULL))
    assert primitives.digest_name(odd) == "sha256"


def test_a_hash_that_is_named_without_its_null_is_named() -> None:
    """RFC 4055 §2.1."""
    key = rsa_key()
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    public = info(b"\x00" + modulus.to_bytes(256), 65_537)
    name = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
    digest = der.sequence(name, der.octet_string(hashlib.sha256(DATA).digest()))
    for end, right in ((digest, True), (digest + b"!", False), (digest[:-1], False)):
        padded = b"\x00\x01" + b"\xff" * (256 - len(end) - 3) + b"\x00" + end
        value = pow(int.from_bytes(padded), numbers.d, modulus).to_bytes(256)
        assert primitives.verifies(value, DATA, public, algorithm()) is right
        assert not primitives.verifies(value, b"else", public, algorithm())
