"""Signed tokens (RFC 7515, 7517, 7638). Beside keys.encryption the only import of python-jose.

What it is given is narrow on purpose: explicit algorithms, key objects that were parsed once,
and tokens whose shape was checked before it sees them.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from jose import jws
from jose.backends import ECKey, RSAKey
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JWSError
from jose.jwk import register_key

from keys.segments import JoseError, decode, decode_object, encode, encode_bytes
from keys.signer import Algorithm, PublicKey, Signer, SoftwareSigner
from keys.signer import verify as verify_signature

if ECKey is not CryptographyECKey or RSAKey is not CryptographyRSAKey:
    raise ImportError("python-jose must run on its cryptography backend")

TOKEN_BYTES: Final = 16_384
"""A longer token is refused before it is decoded."""

_ED25519: Final = frozenset({"EdDSA", "Ed25519"})  # one algorithm (RFC 8037 §3.1, RFC 9864 §2.2)
SIGNED_BY_CLIENTS: Final = frozenset({"ES256", "PS256", "RS256"}) | _ED25519
"""What a client's key may be used with; its registration narrows this (RFC 8725 §3.1)."""

AnyPublicKey = PublicKey | ed25519.Ed25519PublicKey

_COORDINATE: Final = 32  # bytes of an ES256 coordinate (RFC 7518 §3.4)
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token's content before its signature was checked. Read a `kid` from it, and no more."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def kid(self) -> str | None:
        """Which key it says it is signed with: a hint for looking."""
        kid: str | None = self.header.get("kid")
        return kid


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key that a peer published."""

    kid: str | None
    algorithms: frozenset[str]
    public_key: AnyPublicKey


class _CheckingKey(Key):
    """Lets python-jose check with a parsed public key under one algorithm."""

    def __init__(self, public_key: AnyPublicKey, algorithm: str) -> None:
        self._public_key = public_key
        self._algorithm = algorithm

    def verify(self, msg: bytes, sig: bytes) -> bool:
        try:
            if isinstance(self._public_key, ed25519.Ed25519PublicKey):
                self._public_key.verify(sig, msg)
            else:
                algorithm = Algorithm(self._algorithm)
                signature = der_signature(sig) if algorithm is Algorithm.ES256 else sig
                verify_signature(self._public_key, algorithm, signature, msg)
        except InvalidSignature:
            return False
        return True


for _name in ("PS256", *_ED25519):  # names that python-jose does not know by itself
    register_key(_name, _CheckingKey)


class TokenSigner:
    """Signs tokens with one key, wherever its private half lives. A compact JWS is two encoded
    parts and the signature over them (RFC 7515 §5.1): the first is the same each time."""

    def __init__(self, signer: Signer, kid: str) -> None:
        self.algorithm = signer.algorithm
        self.kid = kid
        self._signer = signer
        self._headers: dict[str, bytes] = {}  # encoded, by typ

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """A compact JWS over the claims. `typ` names its use (RFC 8725 §3.11)."""
        if typ not in self._headers:
            self._headers[typ] = self._encoded({"kid": self.kid, "typ": typ})
        return self._compact(self._headers[typ], claims)

    def sign_with_header(self, claims: Mapping[str, Any], header: dict[str, Any]) -> str:
        """`sign` with other header members: the `jwk` of a DPoP proof (RFC 9449 §4.2)."""
        return self._compact(self._encoded(header), claims)

    def _encoded(self, header: dict[str, Any]) -> bytes:
        return encode_bytes(orjson.dumps({"alg": self.algorithm.value, **header}))

    def _compact(self, header: bytes, claims: Mapping[str, Any]) -> str:
        message = b"%b.%b" % (header, encode_bytes(orjson.dumps(claims)))
        signature = self._signer.sign(message)
        if self.algorithm is Algorithm.ES256:  # RFC 7518 §3.4
            signature = raw_signature(signature)
        return (b"%b.%b" % (message, encode_bytes(signature))).decode()


def parse(token: str) -> Unverified:
    """Check the token's shape: size, strict base64url, JSON objects, no member twice."""
    if len(token) > TOKEN_BYTES:
        raise JoseError("the token is too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise JoseError("the token is not a compact JWS")
    header, claims = decode_object(parts[0]), decode_object(parts[1])
    decode(parts[2])
    if "crit" in header:  # we know no extension (RFC 7515 §4.1.11)
        raise JoseError("the header names a critical extension")
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "kid", "typ")):
        raise JoseError("alg, kid and typ are strings")
    if "alg" not in header:
        raise JoseError("the header names no algorithm")
    return Unverified(token, header, claims)


def unverified_kid(token: str) -> str | None:
    """Which key a token says it is signed with: a hint for looking, and nothing more."""
    try:
        return parse(token).kid
    except JoseError:
        return None


def verify(
    token: str | Unverified,
    candidates: Iterable[VerificationKey],
    algorithms: Collection[str],
    typ: Collection[str | None],
) -> dict[str, Any]:
    """The claims, if one of the candidates signed them under one of the algorithms.

    `typ` lists the acceptable types, lower case; None stands for an absent one.
    """
    unverified = parse(token) if isinstance(token, str) else token
    alg, kid = unverified.header["alg"], unverified.kid
    if alg not in algorithms:
        raise JoseError(f"algorithm {alg} is not accepted here")
    if _typ(unverified.header) not in typ:
        raise JoseError("the token is of another type")
    for candidate in candidates:
        if alg in candidate.algorithms and (kid is None or candidate.kid in (None, kid)):
            try:
                jws.verify(unverified.token, _CheckingKey(candidate.public_key, alg), [alg])
            except JWSError:
                continue
            return unverified.claims
    raise JoseError("no known key signed the token")


def verify_by_own_key(
    token: str, algorithms: Collection[str], typ: str
) -> tuple[dict[str, Any], str]:
    """The claims of a token that carries the public key it is signed with (RFC 9449 §4.2), and
    the key's thumbprint. It proves possession of that key, and nothing else."""
    unverified = parse(token)
    key, jkt = _own_key(token.partition(".")[0])
    return verify(unverified, [key], algorithms, {typ}), jkt


@lru_cache(maxsize=1_024)
def _own_key(header: str) -> tuple[VerificationKey, str]:
    """The key in that header, and its thumbprint: a client's proofs have the same one."""
    jwk = decode_object(header).get("jwk")
    if not isinstance(jwk, Mapping):
        raise JoseError("the header has no jwk")
    key = parse_jwk({name: value for name, value in jwk.items() if name not in {"kid", "use"}})
    return key, thumbprint(key.public_key)


def parse_jwk(jwk: Mapping[str, Any]) -> VerificationKey:
    """A public key as a peer publishes it (RFC 7517 §4); raises JoseError."""
    if _PRIVATE_MEMBERS & jwk.keys():
        raise JoseError("the key set has a private or symmetric key")
    kid, use, alg = jwk.get("kid"), jwk.get("use", "sig"), jwk.get("alg")
    if use != "sig" or not isinstance(kid, str | None):
        raise JoseError("the key is not for signatures")
    try:
        (kid or "").encode()  # which half a character has no way to
        public_key, fitting = _public_key(jwk)
        algorithms = fitting if alg is None else fitting & by_every_name(alg)
    except (KeyError, TypeError, ValueError) as error:
        raise JoseError("the key cannot be read") from error
    if not algorithms:
        raise JoseError("alg does not go with the key")
    return VerificationKey(kid, algorithms, public_key)


def by_every_name(algorithm: str) -> frozenset[str]:
    """The names that an algorithm has in headers: whoever registered one may sign by the other."""
    return _ED25519 if algorithm in _ED25519 else frozenset({algorithm})


def parse_private_jwk(jwk: Mapping[str, Any]) -> TokenSigner:
    """A client's own key, to sign its assertions with: EC P-256 (RFC 7518 §6.2.2); raises
    JoseError."""
    public = parse_jwk({name: jwk[name] for name in jwk if name not in _PRIVATE_MEMBERS})
    try:
        key = ec.derive_private_key(int.from_bytes(_exactly(jwk["d"], 32)), ec.SECP256R1())
        signer = SoftwareSigner(key, Algorithm.ES256)
    except (KeyError, TypeError, ValueError) as error:
        raise JoseError("not an EC P-256 private key") from error
    if signer.public_key != public.public_key:
        raise JoseError("the two halves of the key do not belong together")
    return TokenSigner(signer, public.kid or thumbprint(signer.public_key))


def parse_jwks(document: object) -> tuple[VerificationKey, ...]:
    """The usable keys of a JWK Set; keys of kinds that we don't know are left out (RFC 7517 §5)."""
    members = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(members, Sequence) or isinstance(members, str):
        raise JoseError("the document is not a JWK Set")
    keys = []
    for member in members:
        if not isinstance(member, Mapping):
            raise JoseError("a member of the JWK Set is not an object")
        if _PRIVATE_MEMBERS & member.keys():
            raise JoseError("the key set has a private or symmetric key")
        try:
            keys.append(parse_jwk(member))
        except JoseError:
            continue
    return tuple(keys)


def public_jwk(public_key: PublicKey, kid: str, algorithm: Algorithm) -> dict[str, str]:
    """A key of ours, as we publish it."""
    return {**_members(public_key), "kid": kid, "use": "sig", "alg": algorithm.value}


def thumbprint(public_key: AnyPublicKey) -> str:
    """RFC 7638, SHA-256."""
    canonical = json.dumps(_members(public_key), sort_keys=True, separators=(",", ":"))
    return encode(hashlib.sha256(canonical.encode()).digest())


def _typ(header: Mapping[str, Any]) -> str | None:
    """RFC 7515 §4.1.9: case-insensitive, and `application/` may be left out."""
    typ = header.get("typ")
    return typ.lower().removeprefix("application/") if isinstance(typ, str) else None


def _public_key(jwk: Mapping[str, Any]) -> tuple[AnyPublicKey, frozenset[str]]:
    if jwk["kty"] == "EC" and jwk["crv"] == "P-256":
        x, y = (int.from_bytes(_exactly(jwk[name], _COORDINATE)) for name in ("x", "y"))
        numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
        return numbers.public_key(), frozenset({"ES256"})
    if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
        key = ed25519.Ed25519PublicKey.from_public_bytes(_exactly(jwk["x"], 32))
        return key, _ED25519
    if jwk["kty"] == "RSA":
        n, e = (int.from_bytes(decode(jwk[name])) for name in ("n", "e"))
        if not 2048 <= n.bit_length() <= 8192 or n % 2 == 0 or e not in (3, 17, 65537):
            raise ValueError("RSA keys have 2048 to 8192 bits and an odd modulus")
        return rsa.RSAPublicNumbers(e, n).public_key(), frozenset({"RS256", "PS256"})
    raise ValueError("a kind of key that we do not know")


def _exactly(text: str, length: int) -> bytes:
    data = decode(text)
    if len(data) != length:
        raise ValueError("a coordinate of the wrong length")
    return data


def _members(public_key: AnyPublicKey) -> dict[str, str]:
    """The members that RFC 7638 §3.2 hashes, which are also those that make the key."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        numbers = public_key.public_numbers()
        x, y = (encode(n.to_bytes(_COORDINATE)) for n in (numbers.x, numbers.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": encode(public_key.public_bytes_raw())}
    rsa_numbers = public_key.public_numbers()
    n, e = (encode(i.to_bytes((i.bit_length() + 7) // 8)) for i in (rsa_numbers.n, rsa_numbers.e))
    return {"e": e, "kty": "RSA", "n": n}


def raw_signature(der: bytes) -> bytes:
    """An ES256 signature as JWS wants it (RFC 7518 §3.4), from the form of X.509."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE)


def der_signature(raw: bytes) -> bytes:
    """The other way; raises InvalidSignature."""
    if len(raw) != 2 * _COORDINATE:
        raise InvalidSignature
    return encode_dss_signature(
        int.from_bytes(raw[:_COORDINATE]), int.from_bytes(raw[_COORDINATE:])
    )
