"""Tokens and keys that others make: JWS, JWK sets, proofs, assertions, request objects, hints.

A token whose signature is wrong is refused before anything of it is read. So that what lies behind
is reached, these targets sign what they are given: a header and claims, a line each.
"""

import hashlib
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from clients.rules.authentication import ASSERTION_TYPE, check, parse_presented
from clients.rules.client import Client
from idp.rules import ciba, dpop, id_token_hint, request_object
from keys import encryption, jose
from keys.jose import JoseError, VerificationKey, encode, parse_jwks
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import accepted, same, target, text
from tests.fuzz.targets.asked import check_request
from tests.provider import Keypair
from tests.rules import samples
from tests.rules.samples import ISSUER, NOW

ALGORITHMS = frozenset({"ES256", "PS256", "RS256", "EdDSA", "Ed25519"})
TOKEN_ENDPOINT = f"{ISSUER}/token"


@cache
def key() -> Keypair:
    return Keypair()


@cache
def known() -> tuple[VerificationKey, ...]:
    return parse_jwks(key().jwks)


@cache
def sender(profile: str) -> Client:
    return samples.client(
        security_profile=profile,
        token_endpoint_auth_method="private_key_jwt",
        jwks=key().jwks,
        grant_types=["authorization_code", "urn:openid:params:grant-type:ciba"],
        backchannel_authentication_request_signing_alg="ES256",
    )


def signed(data: bytes) -> str:
    """The first line as header and the rest as claims, signed as they stand."""
    header, _, claims = data.partition(b"\n")
    head = f"{encode(header)}.{encode(claims)}"
    r, s = decode_dss_signature(key().signer.sign(head.encode()))
    return f"{head}.{encode(r.to_bytes(32) + s.to_bytes(32))}"


def lines(typ: str, claims: dict[str, Any], **header: Any) -> str:
    """A seed."""
    head = {"alg": "ES256", "typ": typ, "kid": key().kid, **header}
    return f"{json.dumps(head)}\n{json.dumps(claims)}"


def assertion() -> dict[str, Any]:
    return {
        "iss": "service",
        "sub": "service",
        "aud": ISSUER,
        "exp": NOW + 60,
        "iat": NOW,
        "nbf": NOW,
        "jti": "j",
    }


def request() -> dict[str, Any]:
    return {
        **samples.parameters(),
        "iss": "service",
        "aud": [ISSUER],
        "exp": NOW + 60,
        "nbf": NOW,
        "iat": NOW,
        "jti": "j",
        "claims": {"id_token": {"acr": {"essential": True}}},
    }


@target(make=lambda: [lines("JWT", assertion())], kind=Kind.JSON)
def jws(data: bytes) -> None:
    """RFC 7515: what verifies is typed, by an algorithm that is accepted, without extensions."""
    token = signed(data)
    kid = jose.unverified_kid(token)
    try:
        unverified = jose.parse(token)
        claims = jose.verify(token, known(), ALGORITHMS, {None, "jwt"})
    except JoseError:
        return
    same(claims, unverified.claims)
    assert unverified.header["alg"] == "ES256", "the key's algorithm"
    assert "crit" not in unverified.header
    assert kid in {None, key().kid}
    json.dumps(claims).encode()
    json.dumps(claims, ensure_ascii=False).encode()  # as databases and answers need it


@target("a.b.c", "eyJhbGciOiJub25lIn0.e30.", "....", "e30.e30.e30", "\xff.\xff.\xff")
def compact_token(data: bytes) -> None:
    """A token as it comes in a header or a form, signed by nobody we know."""
    token = text(data)
    jose.unverified_kid(token)
    for typ in (None, "at+jwt"):
        try:
            jose.verify(token, known(), ALGORITHMS, {typ})
        except JoseError:
            continue
        raise AssertionError("nobody signed it")


@target("", "YQ", "YWI", "YQ==", "YR", "-_-_", "+/+/")
def base64url(data: bytes) -> None:
    """RFC 7515 §2: one spelling for each octet string."""
    try:
        found = jose.decode(text(data))
    except JoseError:
        return
    same(encode(found), text(data))


@target(
    make=lambda: [
        json.dumps(key().jwks),
        json.dumps({"keys": [RSA, {**RSA, "use": "enc", "alg": "RSA-OAEP-256"}, ED25519]}),
        '{"keys":[{"kty":"oct","k":"AA"}]}',
    ],
    kind=Kind.JSON,
)
def jwk_set(data: bytes) -> None:
    """RFC 7517: keys that are read are public, and can be used for what they say."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        for verifying in jose.parse_jwks(document):
            assert verifying.algorithms <= ALGORITHMS
            jose.thumbprint(verifying.public_key)
            assert verifying.kid is None or isinstance(verifying.kid, str)
    except JoseError:
        pass
    try:
        for one in encryption.parse_encryption_keys(document):
            encryption.encrypt("told", one, nested=False)
    except JoseError:
        pass


@target(make=lambda: [json.dumps(private_jwk())], kind=Kind.JSON)
def private_key(data: bytes) -> None:
    """A client's own key, which it signs with."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict):
        try:
            signer = jose.parse_private_jwk(document)
        except JoseError:
            return
        signer.sign({"iss": "service"})


@target(make=lambda: [lines("JWT", assertion())], kind=Kind.JSON)
def client_assertion(data: bytes) -> None:
    """RFC 7523 §3, FAPI 2.0 SP 5.3.2.1."""
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed(data)}
    presented = accepted(parse_presented, None, form)
    if presented is None:
        return
    for profile in ("oidc", "fapi2"):
        who = sender(profile)
        found = accepted(check, presented, who, who.jwks, ISSUER, {TOKEN_ENDPOINT}, NOW)
        if found is not None:
            assert NOW < found.assertion_exp <= NOW + 3_700
            assert found.assertion_jti
            found.assertion_jti.encode()


@target(make=lambda: [lines("oauth-authz-req+jwt", request())], kind=Kind.JSON)
def request_object_by_value(data: bytes) -> None:
    """RFC 9101: for the client that signed it, and then as any request."""
    token = signed(data)
    for profile in ("oidc", "fapi2"):
        who = sender(profile)
        outer = {"client_id": "service"}
        said = accepted(request_object.parse, token, who, who.jwks, outer, ISSUER, NOW)
        if said is not None:
            same(said["client_id"], "service")
            check_request(said)


@target(make=lambda: [lines("JWT", {**request(), "login_hint": "sokha"})], kind=Kind.JSON)
def ciba_request_object(data: bytes) -> None:
    """CIBA Core 7.1.1."""
    who = sender("oidc")
    outer = {"request": signed(data)}
    opened = accepted(ciba.open_signed, outer, who, who.jwks, ISSUER, NOW)
    if opened is not None:
        assert NOW < opened.exp <= NOW + 3_700
        opened.jti.encode()
        accepted(ciba.check, opened.parameters, who, known(), ISSUER)


@target(
    make=lambda: [
        lines(
            "dpop+jwt",
            {"htm": "POST", "htu": TOKEN_ENDPOINT, "iat": NOW, "jti": "j"},
            jwk={k: v for k, v in key().jwks["keys"][0].items() if k not in {"kid", "use", "alg"}},
        ),
        lines(
            "dpop+jwt", {"htm": "POST", "htu": "HTTPS://ID.example.kh:443/token?a#b", "iat": NOW}
        ),
    ],
    kind=Kind.JSON,
)
def dpop_proof(data: bytes) -> None:
    """RFC 9449 §4.3: by the key that it carries, fresh, once."""
    found = accepted(dpop.check, [signed(data)], "POST", [TOKEN_ENDPOINT], NOW)
    if found is not None:
        same(found.jkt, key().kid)
        assert NOW < found.expires_at <= NOW + 200
        found.jti.encode()


@target(
    f"{ISSUER}/token", "HTTPS://ID.example.kh:443/token", "https://[", "https://a:b@c:x/", "\x00"
)
def htu(data: bytes) -> None:
    """RFC 9449 §4.3 (9)."""
    dpop.same_target(text(data), TOKEN_ENDPOINT)
    dpop.access_token_hash(text(data))


@target(
    make=lambda: [lines("JWT", {"iss": ISSUER, "aud": "service", "sub": "s", "exp": 1})],
    kind=Kind.JSON,
)
def id_token_hint_of_ours(data: bytes) -> None:
    """OIDC Core 3.1.2.1: whatever we signed, at any time."""
    found = accepted(id_token_hint.check, signed(data), known(), ISSUER, "service")
    assert found is None or isinstance(found, str)


def private_jwk() -> dict[str, str]:
    private = load_der_private_key(key().signer.export(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return {
        **key().jwks["keys"][0],
        "d": encode(private.private_numbers().private_value.to_bytes(32)),
    }


RSA = {
    "kty": "RSA",
    "kid": "r",
    "n": encode((int.from_bytes(hashlib.sha512(b"n").digest() * 4) | 1 << 2047 | 1).to_bytes(256)),
    "e": "AQAB",
}
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
