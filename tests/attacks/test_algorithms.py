"""Keys that are broken by how they were made: what they sign verifies, and is worth nothing."""

import hashlib
from collections.abc import Callable
from math import prod
from random import Random
from typing import Any

import pytest
from asn1crypto import algos, keys, x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keys import der
from signing.rules.report import Indication, SubIndication
from tests.attacks.cms import Made, content_info, signature
from tests.attacks.pki import RSA, Holder, curve, root, rsa_key, sign
from tests.attacks.verdicts import PASSED, evidence, judge, steps, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
E = 65_537
BITS = 1_024


def primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % one for one in found):
            found.append(number)
        number += 1
    return found


def roca_prime(dice: Random) -> int:
    """k·M + (65537^a mod M), as the library of CVE-2017-15361 made its primes: M is the product of
    the first 126 primes for keys of 2,048 bits."""
    product = prod(primes(126))
    while True:
        power = pow(E, dice.randrange(1 << 64), product)
        least = (1 << BITS) * 3 // 4 // product
        made = dice.randrange(least, (1 << BITS) // product) * product + power
        if made % E != 1 and pow(2, made - 1, made) == 1:
            return made


def roca() -> Any:
    dice = Random(2017)
    p, q = roca_prime(dice), roca_prime(dice)
    d = pow(E, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(E, p * q)
    exponents = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *exponents, public).private_key()


def with_exponent_one(holder: Holder) -> Holder:
    """The same certificate with a key of e = 1: whatever is padded is a signature."""
    tbs = x509.Certificate.load(holder.certificate)["tbs_certificate"]
    numbers = der.sequence(der.integer(holder.key.public_key().public_numbers().n), der.integer(1))
    tbs["subject_public_key_info"]["public_key"] = keys.RSAPublicKey.load(numbers)
    return issued_again(holder, tbs)


def issued_again(holder: Holder, tbs: Any) -> Holder:
    body = tbs.dump(force=True)
    algorithm, value = sign(AUTHORITY.key, body)
    return holder.with_certificate(der.sequence(body, algorithm, der.bit_string(value)))


def padded(data: bytes) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 §9.2), which is its own signature where e = 1."""
    info = algos.DigestInfo(
        {"digest_algorithm": {"algorithm": "sha256"}, "digest": hashlib.sha256(data).digest()}
    ).dump()
    return b"\x00\x01" + b"\xff" * (256 - len(info) - 3) + b"\x00" + info


def by(key: Any) -> tuple[bytes, Holder]:
    holder = AUTHORITY.signer("Weak", key=key)
    return content_info(signature(holder)), holder


def forged() -> tuple[bytes, Holder]:
    made = Made(with_exponent_one(AUTHORITY.signer("Nobody", key=rsa_key())))
    assert made.signed is not None
    made.algorithm = der.sequence(der.oid(RSA["sha256"]), der.NULL)
    made.value = padded(der.set_of(*made.signed.values()))
    return content_info(made), made.holder


NEVER = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
NO_LONGER = SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
BROKEN: dict[str, tuple[Callable[[], tuple[bytes, Holder]], SubIndication]] = {
    "ROCA": (lambda: by(roca()), NEVER),
    "e = 1": (forged, NEVER),
    "e = 3": (lambda: by(rsa_key(2_048, 3)), NEVER),
    "RSA of 1,024 bits": (lambda: by(rsa_key(1_024)), NO_LONGER),
    "P-192": (lambda: by(curve(ec.SECP192R1)), NO_LONGER),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.rule("attacks.weak")
def test_a_key_that_is_not_good_enough_does_not_pass(what: str) -> None:
    make, owed = BROKEN[what]
    document, holder = make()
    [found] = evidence(document, ROOT).signatures
    assert (found.digest_matches, found.signature_verifies) == (True, True)
    report = judge(document, ROOT, holder)
    assert report.indication is Indication.INDETERMINATE
    assert [sub_indication for sub_indication, _ in steps(report)] == [owed]


@pytest.mark.parametrize("kind", ["dsa", "ec"])
def test_a_key_without_its_parameters_says_nothing_of_the_document(kind: str) -> None:
    """Those of a DSA key may be its issuer's (RFC 3279 §2.3.2): nobody here computes that."""
    holder = AUTHORITY.signer("Somebody")
    tbs = x509.Certificate.load(holder.certificate)["tbs_certificate"]
    numbers = tbs["subject_public_key_info"]["public_key"]
    bare = {"dsa": keys.PublicKeyInfo({"algorithm": {"algorithm": "dsa"}, "public_key": 5})}
    bare["ec"] = keys.PublicKeyInfo({"algorithm": {"algorithm": "ec"}, "public_key": numbers})
    tbs["subject_public_key_info"] = bare[kind]
    made = signature(issued_again(holder, tbs))
    if kind == "dsa":
        made.algorithm = der.sequence(der.oid("2.16.840.1.101.3.4.3.2"))
    report = judge(content_info(made), ROOT)
    assert [sub_indication for sub_indication, _ in steps(report)] == [NEVER]
    assert report.indication is Indication.INDETERMINATE


def test_how_a_pinned_certificate_was_signed_is_not_asked() -> None:
    """EN 319 102-1 §5.2.6: it is trusted for itself; its key is asked about, as any other."""
    made = ROOT.authority("RSA", key=rsa_key()).signer("Pinned")
    by_sha1 = made.certificate.replace(der.oid(RSA["sha256"]), der.oid(RSA["sha1"]))
    pinned = made.with_certificate(by_sha1)
    assert pinned.asn1.hash_algo == "sha1"
    assert told(judge(content_info(signature(pinned)), pinned)) == PASSED
    weak = AUTHORITY.signer("Weak", key=rsa_key(1_024))
    assert told(judge(content_info(signature(weak)), weak))[1] is Indication.INDETERMINATE
