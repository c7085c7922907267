"""Signed tokens (RFC 7515, 7517, 7638) under the rules of RFC 8725."""

import base64
import contextlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from keys import jose
from keys.jose import TokenSigner, VerificationKey, parse, verify
from keys.segments import JoseError, decode, encode
from keys.signer import Algorithm, SoftwareSigner

SIGNERS = {algorithm: SoftwareSigner.generate(algorithm, 2048) for algorithm in Algorithm}
ES256, RS256, PS256 = (SIGNERS[Algorithm(name)] for name in ("ES256", "RS256", "PS256"))
CLAIMS = {"iss": "https://id.example.kh", "sub": "ក", "n": 1}
ACCEPTED = {"ES256", "RS256", "PS256", "EdDSA", "Ed25519"}


def known(signer: SoftwareSigner, kid: str | None = "k1") -> VerificationKey:
    return VerificationKey(kid, frozenset({signer.algorithm.value}), signer.public_key)


def signed(signer: SoftwareSigner = ES256, kid: str = "k1", typ: str = "JWT") -> str:
    return TokenSigner(signer, kid).sign(CLAIMS, typ)


def compact(header: Any, payload: Any, signature: bytes = bytes(64)) -> str:
    parts = [
        part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)
    ]
    return ".".join(encode(part) for part in (*parts, signature))


def well_signed(header: dict[str, Any], payload: bytes = b"{}") -> str:
    """A token with that header, rightly signed by the RSA key."""
    head = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
    return f"{head}.{encode(RS256.sign(head.encode()))}"


def checked(token: str, *keys: VerificationKey) -> dict[str, Any]:
    return verify(token, keys or [known(ES256)], ACCEPTED, {"jwt"})


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_token_is_verified_under_each_algorithm(algorithm: Algorithm) -> None:
    signer = SIGNERS[algorithm]
    assert checked(signed(signer), known(signer)) == CLAIMS


def test_signature_of_es256_is_r_and_s_of_32_bytes_each() -> None:
    assert all(len(decode(signed().split(".")[2])) == 64 for _ in range(50))


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519"])
@pytest.mark.parametrize("registered", ["EdDSA", "Ed25519", None])
def test_ed25519_key_of_a_peer_verifies_by_either_name(alg: str, registered: str | None) -> None:
    """RFC 9864 §2.2 gave the algorithm a second name."""
    private = ed25519.Ed25519PrivateKey.generate()
    x = encode(private.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k1"}
    head = f"{encode(json.dumps({'alg': alg, 'typ': 'JWT'}).encode())}.{encode(b'{}')}"
    token = f"{head}.{encode(private.sign(head.encode()))}"
    assert checked(token, jose.parse_jwk(jwk | ({"alg": registered} if registered else {}))) == {}


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_token_changed_anywhere_is_refused(at: int, other: bytes) -> None:
    token = signed(RS256).encode()  # deterministic: one message, one signature
    at %= len(token)
    changed = token[:at] + other + token[at + len(other) :]
    if changed == token:
        return
    with pytest.raises(JoseError):
        checked(changed.decode("latin-1"), known(RS256))


@given(st.text() | st.binary().map(lambda raw: f"{encode(raw)}.{encode(raw)}.AAAA"))
def test_any_text_is_a_shape_or_a_refusal(token: str) -> None:
    with contextlib.suppress(JoseError):
        assert isinstance(parse(token).claims, dict)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "HS512", "ES384", "ES256K", ""])
def test_algorithm_that_is_not_accepted_is_refused(alg: str) -> None:
    for signature in (b"", bytes(64)):
        with pytest.raises(JoseError):
            checked(compact({"alg": alg, "typ": "JWT"}, CLAIMS, signature))


@pytest.mark.rule("client.algorithm")
def test_public_key_is_no_hmac_secret() -> None:
    public = RS256.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = compact({"alg": "HS256", "typ": "JWT"}, CLAIMS).rpartition(".")[0]
    token = f"{head}.{encode(hmac.digest(public, head.encode(), 'sha256'))}"
    for algorithms in (ACCEPTED, {*ACCEPTED, "HS256"}):
        with pytest.raises(JoseError):
            verify(token, [known(RS256)], algorithms, {"jwt"})


def test_key_is_used_under_its_own_algorithm_alone() -> None:
    as_rs = VerificationKey("k1", frozenset({"RS256"}), PS256.public_key)
    with pytest.raises(JoseError):
        checked(signed(PS256), as_rs)
    with pytest.raises(JoseError):
        verify(signed(), [known(ES256)], {"RS256"}, {"jwt"})


@pytest.mark.rule("keys.headers")
def test_kid_selects_the_key_and_another_kid_is_not_tried() -> None:
    assert checked(signed(kid="k2"), known(RS256, "k1"), known(ES256, "k2")) == CLAIMS
    for kid in ("k2", "../../etc/passwd", "' OR 1=1 --", ""):
        with pytest.raises(JoseError):
            checked(signed(kid=kid), known(ES256, "k1"))
    assert checked(signed(kid="k2"), known(ES256, None)) == CLAIMS


@pytest.mark.rule("keys.headers")
def test_key_of_the_sender_is_not_believed() -> None:
    thief = SoftwareSigner.generate(Algorithm.RS256, 2048)
    header = {
        "alg": "RS256",
        "typ": "JWT",
        "kid": "k1",
        "jwk": jose.public_jwk(thief.public_key, "k1", Algorithm.RS256),
        "jku": "https://evil.example/jwks",
        "x5c": ["AAAA"],
    }
    head = compact(header, CLAIMS).rpartition(".")[0]
    token = f"{head}.{encode(thief.sign(head.encode()))}"
    with pytest.raises(JoseError):
        checked(token, known(RS256))


@pytest.mark.rule("keys.headers")
@pytest.mark.parametrize("crit", [["exp"], [], ["b64"], None])
def test_critical_extension_is_refused(crit: Any) -> None:
    token = well_signed({"alg": "RS256", "typ": "JWT", "crit": crit})
    with pytest.raises(JoseError):
        checked(token, known(RS256))


@pytest.mark.parametrize(
    ("typ", "accepted"),
    [
        ("JWT", {"jwt"}),
        ("application/at+JWT", {"at+jwt"}),
        ("AT+jwt", {"at+jwt"}),
        (None, {None}),
    ],
)
def test_typ_is_compared_without_case_and_prefix(
    typ: str | None, accepted: set[str | None]
) -> None:
    token = well_signed({"alg": "RS256", **({"typ": typ} if typ else {})})
    assert verify(token, [known(RS256)], ACCEPTED, accepted) == {}


@pytest.mark.rule("token.at-jwt", "keys.typ")
@pytest.mark.parametrize("typ", ["JWT", None, "at+jwt2", 7, [], "logout+jwt"])
def test_token_of_another_typ_is_refused(typ: Any) -> None:
    token = well_signed({"alg": "RS256", **({"typ": typ} if typ is not None else {})})
    with pytest.raises(JoseError):
        verify(token, [known(RS256)], ACCEPTED, {"at+jwt"})


@pytest.mark.rule("keys.strict")
@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b'{"alg":"RS256","alg":"none"}', b"{}"),
        (b'{"alg":"RS256"}', b'{"sub":"a","sub":"b"}'),
        (b'{"alg":"RS256"}', b'{"a":{"b":1,"b":2}}'),
        (b'{"alg":"RS256"}', b'{"n":NaN}'),
        (b'{"alg":"RS256"}', b'{"n":-Infinity}'),
        (b'{"alg":"RS256"}', b'{"jti":"\\ud800"}'),
        (b'{"alg":"RS256"}', b'{"\\udfff":1}'),
        (b'{"alg":"RS256"}', b'{"jti":"\xed\xa0\x80"}'),
        (b'{"alg":"RS256"}', '{"a":1}'.encode("utf-16")),
        (b'{"alg":"RS256"}', b'\xef\xbb\xbf{"a":1}'),
        (b'{"alg":"RS256"}', b"[]"),
        (b'{"alg":"RS256"}', b""),
        (b'{"alg":"RS256"}', b"[" * 5_000),
        (b'{"alg":7}', b"{}"),
        (b'{"alg":"RS256","kid":7}', b"{}"),
        (b"{}", b"{}"),
        (b"null", b"{}"),
    ],
)
def test_header_and_payload_are_strict_json_objects(header: bytes, payload: bytes) -> None:
    with pytest.raises(JoseError):
        parse(compact(header, payload))


def test_escaped_characters_are_read() -> None:
    assert parse(compact(b'{"alg":"x"}', b'{"s":"\\u1780\\ud83d\\ude00"}')).claims["s"] == "ក😀"


@pytest.mark.rule("keys.strict")
@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d", "....", signed() + ".", signed() + "=", "{}.{}.x", "x" * 20_000],
)
def test_token_of_another_shape_is_refused(token: str) -> None:
    with pytest.raises(JoseError):
        parse(token)


@given(st.binary())
def test_base64url_is_read_back(data: bytes) -> None:
    assert decode(encode(data)) == data


@pytest.mark.rule("keys.strict")
@given(st.text(st.sampled_from("AQgwxyz019-_=+/ \n.")))
def test_base64url_has_one_spelling(text: str) -> None:
    with contextlib.suppress(JoseError):
        assert encode(decode(text)) == text
        assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == decode(text)


def test_thumbprint_is_that_of_the_specification() -> None:
    """RFC 7638 §3.1."""
    jwk = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6"
        "tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YG"
        "jQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF"
        "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    key = jose.parse_jwk(jwk)
    assert jose.thumbprint(key.public_key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert (key.kid, key.algorithms) == ("2011-04-29", {"RS256"})


@pytest.mark.rule("keys.jwks")
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_published_key_has_public_members_alone_and_is_read_back(algorithm: Algorithm) -> None:
    published = jose.public_jwk(SIGNERS[algorithm].public_key, "k1", algorithm)
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & published.keys()
    assert (published["use"], published["alg"]) == ("sig", algorithm)
    assert jose.parse_jwk(published) == known(SIGNERS[algorithm])


EC = jose.public_jwk(ES256.public_key, "k1", Algorithm.ES256)
RSA = jose.public_jwk(RS256.public_key, "k1", Algorithm.RS256)


@pytest.mark.rule("keys.jwks")
@pytest.mark.parametrize(
    "jwk",
    [
        {**EC, "use": "enc"},
        {**EC, "kid": 7},
        {**EC, "alg": "ES384"},
        {**EC, "alg": ["ES256"]},
        {**EC, "crv": "P-384"},
        {**EC, "x": EC["y"]},
        {**EC, "x": "AA" + EC["x"]},
        {**EC, "x": EC["x"] + "="},
        {**EC, "x": None},
        {**EC, "d": "AAAA"},
        {"kty": "oct", "k": "AAAA"},
        {**RSA, "n": encode(bytes([255] * 128))},
        {**RSA, "n": encode(bytes([254] * 256))},
        {**RSA, "e": "AQ"},
        {**RSA, "e": encode((2**33).to_bytes(8))},
        {"kty": "OKP", "crv": "Ed25519", "x": encode(bytes(31))},
        {"kty": "OKP", "crv": "X25519", "x": encode(bytes(32))},
        {"kty": 7},
        {},
        {**EC, "kid": "\ud800"},
    ],
)
def test_key_that_is_weak_broken_or_private_is_refused(jwk: dict[str, Any]) -> None:
    with pytest.raises(JoseError):
        jose.parse_jwk(jwk)


def test_key_set_leaves_out_what_it_does_not_know_and_refuses_private_keys() -> None:
    assert jose.parse_jwks({"keys": [{"kty": "future"}, EC]}) == (known(ES256),)
    for wrong in (
        {"keys": [EC, {"kty": "oct", "k": "AA"}]},
        {"keys": [7]},
        {"keys": "x"},
        [],
        None,
    ):
        with pytest.raises(JoseError):
            jose.parse_jwks(wrong)
