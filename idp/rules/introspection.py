"""What introspection tells (RFC 7662 §2.2), and to whom (§4)."""

from typing import Any, Final

from clients.rules.client import Client
from core.errors import reason
from idp.rules.binding import JKT
from idp.rules.refresh_grant import RefreshToken
from idp.rules.token_exchange import LINEAGE

TOKEN_PARAMETER_MISSING = reason(
    "token_parameter_missing",
    "invalid_request",
    400,
    "Send the token.",
    "RFC 7662 §2.1, RFC 7009 §2.1",
)

INACTIVE: Final = {"active": False}
"""All that is told of a token that is not alive, or not the caller's to know (RFC 7662 §2.2)."""

_NOT_TOLD: Final = frozenset({"grant_id", LINEAGE})


def may_know(client: Client, claims: dict[str, Any]) -> bool:
    """Its client, and the resource servers that it is for."""
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    return claims["client_id"] == client.client_id or bool(
        set(audience) & set(client.resource_identifiers)
    )


def of_access_token(claims: dict[str, Any]) -> dict[str, Any]:
    """A live access token."""
    told = {name: value for name, value in claims.items() if name not in _NOT_TOLD}
    kind = "DPoP" if JKT in claims.get("cnf", {}) else "Bearer"
    return {"active": True, "token_type": kind, **told}


def of_refresh_token(token: RefreshToken) -> dict[str, Any]:
    """A live refresh token, told to its own client."""
    grant = token.grant
    told = {
        "active": True,
        "client_id": grant.client_id,
        "sub": grant.sub,
        "scope": " ".join(grant.scope),
        "exp": token.expires_at,
    }
    if grant.authorization_details:
        told["authorization_details"] = list(grant.authorization_details)
    return told
