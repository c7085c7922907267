"""What access tokens (RFC 9068) and ID tokens (OIDC Core 2) carry, and how long they live."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import reason
from idp.rules.assurance import acr
from idp.rules.authorization_details import Detail
from idp.rules.binding import Binding
from keys.segments import encode

CODE_SECONDS: Final = 60
ACCESS_TOKEN_SECONDS: Final = 300
ID_TOKEN_SECONDS: Final = 3_600
LOGOUT_TOKEN_SECONDS: Final = 120
REFRESH_SECONDS: Final = 30 * 86_400
"""Life of an unused refresh token whose grant outlives the session (offline_access)."""

ACCESS_TOKEN_TYPE: Final = "at+jwt"


PERSON_GONE = reason(
    "person_gone",
    "invalid_grant",
    400,
    "The person's account is closed.",
    "RFC 6749 §5.2",
)


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
    resources: tuple[str, ...] = ()  # RFC 8707
    authorization_details: tuple[Detail, ...] = ()  # RFC 9396
    binding: Binding | None = None
    offline: bool = False  # outlives the session it was given in


def id_token(
    grant: Grant,
    issuer: str,
    *,
    nonce: str | None,
    claims: Mapping[str, Any],
    now: int,
) -> dict[str, Any]:
    """OIDC Core 2; `at_hash` is added once there is an access token to hash. The protocol's own
    claims win over any about the person."""
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
    return token


def access_token(
    grant: Grant,
    issuer: str,
    audience: tuple[str, ...],
    scope: tuple[str, ...],
    binding: Binding | None,
    jti: str,
    now: int,
    authorization_details: tuple[Detail, ...] = (),
    *,
    may_act: str | None = None,
) -> dict[str, Any]:
    """A person's access token (RFC 9068 §2.2, RFC 9396 §9.1). `may_act` is the client that may go
    on with it (RFC 8693 §4.4)."""
    token: dict[str, Any] = {
        "iss": issuer,
        "sub": grant.sub,
        "aud": _audience(audience),
        "client_id": grant.client_id,
        "exp": now + ACCESS_TOKEN_SECONDS,
        "iat": now,
        "jti": jti,
        "scope": " ".join(scope),
        "auth_time": grant.auth_time,
        "acr": acr(grant.level),
        "amr": list(grant.amr),
        "grant_id": grant.grant_id,
    }
    if authorization_details:
        token["authorization_details"] = list(authorization_details)
    return _bound(token, binding, may_act)


def client_access_token(
    client_id: str,
    agency_id: str,
    issuer: str,
    audience: tuple[str, ...],
    scope: tuple[str, ...],
    binding: Binding | None,
    jti: str,
    now: int,
    *,
    may_act: str | None = None,
) -> dict[str, Any]:
    """A client's access token for itself (RFC 9068 §2.2: sub is the client). `agency` tells
    resource servers which institution acts."""
    token: dict[str, Any] = {
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
    return _bound(token, binding, may_act)


def logout_token(
    issuer: str, client_id: str, sub: str, sid: str, jti: str, now: int
) -> dict[str, Any]:
    """Back-Channel Logout 2.4: no nonce, and two minutes to live."""
    token = {
        "iss": issuer,
        "aud": client_id,
        "iat": now,
        "exp": now + LOGOUT_TOKEN_SECONDS,
        "jti": jti,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sid": sid,
    }
    return {**token, "sub": sub} if sub else token


def half_hash(token: str) -> str:
    """at_hash and c_hash (OIDC Core 3.1.3.6): the left half of the SHA-256."""
    return encode(hashlib.sha256(token.encode("ascii")).digest()[:16])


def _bound(token: dict[str, Any], binding: Binding | None, may_act: str | None) -> dict[str, Any]:
    if binding is not None:
        token["cnf"] = binding.cnf
    if may_act is not None:
        token["may_act"] = {"sub": may_act}
    return token


def _audience(audience: tuple[str, ...]) -> str | list[str]:
    return audience[0] if len(audience) == 1 else list(audience)
