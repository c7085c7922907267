"""What access tokens (RFC 9068) and ID tokens (OIDC Core 2) carry, and how long they live."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.rules.assurance import acr
from keys.jose import encode

CODE_SECONDS: Final = 60
ACCESS_TOKEN_SECONDS: Final = 300
ID_TOKEN_SECONDS: Final = 3_600

ACCESS_TOKEN_TYPE: Final = "at+jwt"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person (or a client, for itself) has granted: the root of a family of tokens."""

    grant_id: str
    client_id: str
    citizen_id: str
    session_id: str
    sub: str
    sid: str
    scope: tuple[str, ...]
    claims: str  # the `claims` parameter as it was sent
    claims_locales: tuple[str, ...]
    level: int
    amr: tuple[str, ...]
    auth_time: int


def id_token(
    grant: Grant,
    issuer: str,
    *,
    nonce: str | None,
    access_token: str | None,
    claims: Mapping[str, Any],
    now: int,
) -> dict[str, Any]:
    """OIDC Core 2 and 3.1.3.6. The protocol's own claims win over any about the person."""
    token: dict[str, Any] = {
        **claims,
        "iss": issuer,
        "sub": grant.sub,
        "aud": grant.client_id,
        "exp": now + ID_TOKEN_SECONDS,
        "iat": now,
        "auth_time": grant.auth_time,
        "acr": acr(grant.level),
        "amr": list(grant.amr),
        "sid": grant.sid,
    }
    if nonce is not None:
        token["nonce"] = nonce
    if access_token is not None:
        token["at_hash"] = half_hash(access_token)
    return token


def access_token(
    grant: Grant, issuer: str, audience: tuple[str, ...], jti: str, now: int
) -> dict[str, Any]:
    """A person's access token (RFC 9068 §2.2)."""
    return {
        "iss": issuer,
        "sub": grant.sub,
        "aud": _audience(audience),
        "client_id": grant.client_id,
        "exp": now + ACCESS_TOKEN_SECONDS,
        "iat": now,
        "jti": jti,
        "scope": " ".join(grant.scope),
        "auth_time": grant.auth_time,
        "acr": acr(grant.level),
        "amr": list(grant.amr),
        "grant_id": grant.grant_id,
    }


def client_access_token(
    client_id: str,
    agency_id: str,
    issuer: str,
    audience: tuple[str, ...],
    scope: tuple[str, ...],
    jti: str,
    now: int,
) -> dict[str, Any]:
    """A client's access token for itself (RFC 9068 §2.2: sub is the client). `agency` tells
    resource servers which institution acts."""
    return {
        "iss": issuer,
        "sub": client_id,
        "aud": _audience(audience),
        "client_id": client_id,
        "exp": now + ACCESS_TOKEN_SECONDS,
        "iat": now,
        "jti": jti,
        "scope": " ".join(scope),
        "agency": agency_id,
    }


def half_hash(token: str) -> str:
    """at_hash and c_hash (OIDC Core 3.1.3.6): the left half of the SHA-256."""
    return encode(hashlib.sha256(token.encode("ascii")).digest()[:16])


def _audience(audience: tuple[str, ...]) -> str | list[str]:
    return audience[0] if len(audience) == 1 else list(audience)
