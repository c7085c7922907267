"""Encrypted answers, opened by a library that we did not write (RFC 7516)."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from keys.encryption import encrypt, parse_encryption_keys
from keys.segments import JoseError, encode

READER = RSAKey.generate_key(2048, {"use": "enc", "kid": "reader"}, private=True)
PUBLIC = READER.as_dict(private=False)
BARE = {name: PUBLIC[name] for name in ("kty", "n", "e")}


def parsed(*members: Any) -> list[str | None]:
    return [key.kid for key in parse_encryption_keys({"keys": list(members)})]


@pytest.mark.parametrize("nested", [True, False])
def test_the_reader_alone_opens_what_was_encrypted_for_it(nested: bool) -> None:
    """RFC 7518 §4.3, §5.3; RFC 7519 §5.2: cty tells that a JWT is inside."""
    [key] = parse_encryption_keys({"keys": [PUBLIC]})
    token = encrypt("content", key, nested=nested)
    opened = jwe.decrypt_compact(token, READER, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert opened.plaintext == b"content"
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "reader"}
    assert opened.headers() == ({**header, "cty": "JWT"} if nested else header)
    assert encrypt("content", key, nested=nested) != token


def test_keys_are_chosen_by_their_use_in_the_clients_order() -> None:
    signing = {**BARE, "kid": "signing", "use": "sig"}
    by_alg = {**BARE, "kid": "by alg", "alg": "RSA-OAEP-256"}
    silent = {**BARE, "kid": "silent"}
    older = {**BARE, "kid": "older", "use": "enc", "alg": "RSA1_5"}
    elliptic = ECKey.generate_key("P-256", {"use": "enc"}).as_dict(private=False)
    odd = {**BARE, "use": ["enc"], "alg": {}}
    chosen = parsed(signing, by_alg, silent, older, elliptic, "no key", odd, PUBLIC)
    assert chosen == ["by alg", "reader"]


def test_weak_keys_and_private_ones_are_left_out() -> None:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    weak = {"kty": "RSA", "use": "enc", "n": encode(numbers.n.to_bytes(128)), "e": "AQAB"}
    assert parsed(weak, {**PUBLIC, "d": "AQAB"}) == []


@pytest.mark.parametrize("document", [None, [], {}, {"keys": "none"}, {"keys": 1}])
def test_what_is_no_key_set_is_refused(document: Any) -> None:
    with pytest.raises(JoseError):
        parse_encryption_keys(document)
