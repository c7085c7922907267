"""An ID token of ours that a client sends back, to say whom it means (OIDC Core 3.1.2.1)."""

from collections.abc import Iterable
from typing import Final

from core.errors import Refusal, reason
from keys.jose import VerificationKey, verify
from keys.segments import JoseError

ID_TOKEN_HINT_REFUSED = reason(
    "id_token_hint_refused",
    "invalid_request",
    400,
    "id_token_hint is not an ID token that this provider issued to this client.",
    "OIDC Core 3.1.2.1, CIBA Core 7.1",
)

_ALGORITHMS: Final = frozenset({"ES256", "RS256", "PS256"})


def check(hint: str, own_keys: Iterable[VerificationKey], issuer: str, client_id: str) -> str:
    """The subject that it names; an expired one still does. Raises Refusal."""
    try:
        claims = verify(hint, own_keys, _ALGORITHMS, {"jwt"})
    except JoseError as error:
        raise Refusal(ID_TOKEN_HINT_REFUSED, str(error)) from error
    audience, sub = claims.get("aud"), claims.get("sub")
    named = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer or client_id not in named:
        raise Refusal(ID_TOKEN_HINT_REFUSED, "of another issuer or client")
    if not isinstance(sub, str):  # an answer of /authorize, which we sign too (JARM 2.1)
        raise Refusal(ID_TOKEN_HINT_REFUSED, "not an ID token")
    return sub
