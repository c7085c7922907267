"""Who may seal: the provider's access token, after its signature was checked (RFC 9068 §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import Refusal
from signing.rules.reasons import SCOPE_MISSING, TOKEN_INVALID

SCOPE: Final = "seal"
ALGORITHMS: Final = frozenset({"ES256", "RS256", "PS256"})
TYPES: Final = frozenset({"at+jwt"})
LEEWAY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """The client that asks, and the agency in whose name."""

    client_id: str
    agency_id: str


def check(claims: Mapping[str, Any], issuer: str, audience: str, now: int) -> Caller:
    """Check the claims in the order of RFC 9068 §4; raises Refusal."""
    if claims.get("iss") != issuer:
        raise Refusal(TOKEN_INVALID, "iss is not our provider")
    named = claims.get("aud")
    if audience not in (named if isinstance(named, list) else [named]):
        raise Refusal(TOKEN_INVALID, "aud does not name us")
    if _date(claims.get("exp")) + LEEWAY_SECONDS <= now:
        raise Refusal(TOKEN_INVALID, "expired")
    if _date(claims.get("iat")) - LEEWAY_SECONDS > now:
        raise Refusal(TOKEN_INVALID, "not yet issued")
    if "cnf" in claims:  # RFC 7800 §3.1: we would have to check a proof that we do not know
        raise Refusal(TOKEN_INVALID, "the token is bound to a key")
    scope, client_id, agency_id = (claims.get(name) for name in ("scope", "client_id", "agency"))
    if not isinstance(scope, str) or SCOPE not in scope.split(" "):
        raise Refusal(SCOPE_MISSING, "scope", {})
    if not isinstance(client_id, str) or not isinstance(agency_id, str):
        raise Refusal(TOKEN_INVALID, "client_id or agency is missing")
    return Caller(client_id, agency_id)


def _date(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refusal(TOKEN_INVALID, "exp and iat are whole numbers")
    return value
