"""Demonstrating Proof of Possession (RFC 9449 §4.3)."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import Refusal, reason
from keys.jose import SIGNED_BY_CLIENTS, verify_by_own_key
from keys.segments import JoseError, encode

DPOP_PROOF_REFUSED = reason(
    "dpop_proof_refused",
    "invalid_dpop_proof",
    400,
    "The DPoP proof is not one: one header, typ dpop+jwt, an asymmetric alg, a public jwk, htm and "
    "htu of this very request, a fresh iat, a jti, and ath where an access token comes with it.",
    "RFC 9449 §4.3",
)
DPOP_PROOF_REPLAYED = reason(
    "dpop_proof_replayed",
    "invalid_dpop_proof",
    400,
    "A DPoP proof with this jti was used before. Make a new one for every request.",
    "RFC 9449 §11.1",
)
DPOP_NONCE_REQUIRED = reason(
    "dpop_nonce_required",
    "use_dpop_nonce",
    400,
    "Put the nonce of the DPoP-Nonce header into a new proof and send the request again.",
    "RFC 9449 §8",
)
DPOP_KEY_DIFFERS = reason(
    "dpop_key_differs",
    "invalid_grant",
    400,
    "The proof is by another key than the one that the code or token is bound to.",
    "RFC 9449 §5, §10",
)

ALGORITHMS: Final = SIGNED_BY_CLIENTS - {"RS256"}
"""FAPI 2.0 SP 5.4.1; proofs came with it, so that no older client needs RS256."""

WINDOW_SECONDS: Final = 60
"""How old a proof's iat may be; and SKEW_SECONDS how far ahead."""

SKEW_SECONDS: Final = 10
NONCE_SECONDS: Final = 180
"""How long a server nonce is handed out; it is good for as long again."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A checked proof, whose jti has yet to be taken, once."""

    jkt: str
    jti: str
    expires_at: int


def check(
    proofs: Collection[str],
    method: str,
    urls: Collection[str],
    now: int,
    *,
    access_token: str | None = None,
    nonces: Collection[str] = (),
) -> Proof | None:
    """The proof of a request, or None where there is none; raises Refusal. `urls` are the addresses
    of the endpoint; `nonces` are those that are good now, empty where none is demanded."""
    if not proofs:
        return None
    if len(proofs) > 1:
        raise Refusal(DPOP_PROOF_REFUSED, "more than one DPoP header")
    [proof] = proofs
    try:
        claims, jkt = verify_by_own_key(proof, ALGORITHMS, "dpop+jwt")
    except JoseError as error:
        raise Refusal(DPOP_PROOF_REFUSED, str(error)) from error
    if claims.get("htm") != method or not any(same_target(claims.get("htu"), url) for url in urls):
        raise Refusal(DPOP_PROOF_REFUSED, "htm or htu are not this request's")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise Refusal(DPOP_PROOF_REFUSED, "no jti")
    if access_token is not None and claims.get("ath") != access_token_hash(access_token):
        raise Refusal(DPOP_PROOF_REFUSED, "ath is not the access token's")
    if nonces and claims.get("nonce") not in nonces:
        raise Refusal(DPOP_NONCE_REQUIRED)
    return Proof(jkt, jti, _check_time(claims, now) + WINDOW_SECONDS + SKEW_SECONDS)


def access_token_hash(access_token: str) -> str:
    """`ath` (RFC 9449 §4.2)."""
    return encode(hashlib.sha256(access_token.encode("ascii", "replace")).digest())


def same_target(htu: Any, url: str) -> bool:
    """RFC 9449 §4.3 (9): without query and fragment, after normalisation (RFC 3986 §6.2)."""
    if not isinstance(htu, str):
        return False
    try:
        return _target(htu) == _target(url)
    except ValueError:
        return False


def _target(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port, parts.path or "/"


def _check_time(claims: dict[str, Any], now: int) -> int:
    iat = claims.get("iat")
    if not isinstance(iat, int | float) or isinstance(iat, bool):
        raise Refusal(DPOP_PROOF_REFUSED, "no iat")
    if not now - WINDOW_SECONDS <= iat <= now + SKEW_SECONDS:
        raise Refusal(DPOP_PROOF_REFUSED, "iat is too old or ahead")
    return int(iat)
