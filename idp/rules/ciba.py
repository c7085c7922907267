"""The CIBA authentication request (CIBA Core 7.1, 7.2): what an agency's server asks of a person
who is elsewhere."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from clients.rules.client import Client, DeliveryMode
from clients.rules.profiles import CIBA, ciba_request_algorithms
from core.errors import Refusal, reason
from idp.rules import decoupled, id_token_hint, request_object
from idp.rules.assurance import level_of
from idp.rules.authorize import AuthorizationRequest
from idp.rules.interaction import Session, required_level
from idp.rules.parameters import Parameters
from idp.rules.request_object import LIFETIME_SECONDS, SKEW_SECONDS
from keys.jose import VerificationKey, verify
from keys.segments import JoseError

CIBA_HINT = reason(
    "ciba_hint",
    "invalid_request",
    400,
    "Say whom you mean by one of login_hint (the user name) and id_token_hint; login_hint_token is "
    "not offered.",
    "CIBA Core 7.1",
)
USER_UNKNOWN = reason(
    "user_unknown",
    "unknown_user_id",
    400,
    "The hint is of nobody who can be asked here.",
    "CIBA Core 13",
)
BINDING_MESSAGE_INVALID = reason(
    "binding_message_invalid",
    "invalid_binding_message",
    400,
    "binding_message has at most 64 characters: Khmer, Latin letters, digits, space and "
    ". , : ; / # + ( ) _ -",
    "CIBA Core 7.1, 13",
)
NOTIFICATION_TOKEN_INVALID = reason(
    "client_notification_token_invalid",
    "invalid_request",
    400,
    "A client that is pinged sends a client_notification_token: a bearer token of at most 1,024 "
    "characters.",
    "CIBA Core 7.1, RFC 6750 §2.1",
)
REQUESTED_EXPIRY_INVALID = reason(
    "requested_expiry_invalid",
    "invalid_request",
    400,
    "requested_expiry is a number of seconds, more than zero.",
    "CIBA Core 7.1",
)
CIBA_REQUEST_REFUSED = reason(
    "ciba_request_refused",
    "invalid_request",
    400,
    "The signed request is not signed by a key of the client under its registered algorithm, or "
    "one of iss, aud, exp, iat, nbf, jti in it is missing or wrong, or something stands beside it.",
    "CIBA Core 7.1.1, 7.2, FAPI-CIBA 5.2.2",
)
CIBA_REQUEST_REPLAYED = reason(
    "ciba_request_replayed",
    "invalid_request",
    400,
    "A signed request with this jti was used before. Make a new one for every request.",
    "CIBA Core 7.1.1",
)
CIBA_REQUEST_UNSIGNED = reason(
    "ciba_request_unsigned",
    "invalid_request",
    400,
    "This client is registered to sign its authentication requests: send them as `request`.",
    "CIBA Core 4, FAPI-CIBA 5.2.2",
)
CIBA_TOO_MANY = reason(
    "ciba_too_many",
    "access_denied",
    403,
    "The person has as many requests of this client waiting as they can be expected to read.",
    "CIBA Core 13",
)
CIBA_REQUEST_OVER = reason(
    "ciba_request_over",
    "invalid_request",
    400,
    "There is no such request for this person, or it has expired, or was decided before.",
    "CIBA Core 8",
)
AUTH_REQ_ID_MISSING = reason(
    "auth_req_id_missing", "invalid_request", 400, "Send the auth_req_id.", "CIBA Core 10.1"
)
AUTH_REQ_ID_UNKNOWN = reason(
    "auth_req_id_unknown",
    "invalid_grant",
    400,
    "The auth_req_id is not known, was issued to another client, or brought its tokens before.",
    "CIBA Core 11",
)

EXPIRY_SECONDS: Final = 600
LONGEST_EXPIRY_SECONDS: Final = 1_800
"""How long a person has, unless the client asks for another time, and at most."""

MOST_WAITING: Final = 5
"""Requests of one client that wait for one person."""

_ASKED: Final = decoupled.KEPT | {
    "client_notification_token",
    "login_hint",
    "login_hint_token",
    "id_token_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
}
_BINDING_MESSAGE: Final = re.compile(
    r"[A-Za-z0-9 .,:;/#+()_\u1780-\u17b3\u17b6-\u17d2\u17d4-\u17d7\u17db\u17e0-\u17e9\u200b-]"
    r"{1,64}\Z"
)
_BEARER: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")


@dataclass(frozen=True, slots=True)
class CibaRequest:
    """A checked request. Who is meant has yet to be found: one of `username` and `sub` is set."""

    request: AuthorizationRequest
    username: str | None
    sub: str | None
    binding_message: str | None
    notification_token: str | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class Signed:
    """What stood in a signed request, whose jti has yet to be taken, once."""

    parameters: dict[str, str]
    jti: str
    exp: int


class Ability(Enum):
    """What a person who opens a request can do about it."""

    DECIDE = "decide"
    SIGN_IN = "sign in"  # first, or again with more than a password
    REFUSE = "refuse"  # alone: they cannot reach the level that is demanded


def open_signed(
    outer: Parameters, client: Client, keys: tuple[VerificationKey, ...], issuer: str, now: int
) -> Signed | None:
    """CIBA Core 7.1.1: what is inside counts alone; None where the request isn't signed, and need
    not be. Raises Refusal."""
    algorithms = ciba_request_algorithms(client)
    token = outer.get("request")
    if "request_uri" in outer:
        raise _refuse("request_uri")
    if token is None:
        if algorithms:
            raise Refusal(CIBA_REQUEST_UNSIGNED, client.client_id)
        return None
    if outer.keys() & _ASKED:
        raise _refuse("parameters beside the signed request")
    try:
        claims = verify(token, keys, algorithms, {None, "jwt", "oauth-authz-req+jwt"})
    except JoseError as error:
        raise _refuse(str(error)) from error
    jti, exp = _check_envelope(claims, client, issuer, now)
    return Signed(request_object.parameters(claims), jti, exp)


def check(
    asked: Parameters, client: Client, own_keys: Iterable[VerificationKey], issuer: str
) -> CibaRequest:
    """CIBA Core 7.2; raises Refusal."""
    request = decoupled.check(asked, client, issuer, CIBA)
    username, hint = asked.get("login_hint"), asked.get("id_token_hint")
    if "login_hint_token" in asked or (username is None) == (hint is None):
        raise Refusal(CIBA_HINT)
    message = asked.get("binding_message")
    if message is not None and not _BINDING_MESSAGE.match(message):
        raise Refusal(BINDING_MESSAGE_INVALID, f"{len(message)} characters")
    return CibaRequest(
        request,
        username,
        hint and id_token_hint.check(hint, own_keys, issuer, client.client_id),
        message,
        _check_notification_token(asked, client),
        _check_expiry(asked.get("requested_expiry")),
    )


def demanded_level(request: AuthorizationRequest, client: Client) -> int:
    """The client's floor, or the lowest of the acr_values that we know where that is higher: no
    browser of the client's own could ask for more afterwards."""
    known = [level for level in map(level_of, request.acr_values) if level is not None]
    return max(required_level(request, client), min(known, default=1))


def ability(level: int, session: Session, created_at: int) -> Ability:
    """`level` is the demanded one. Nobody is sent to sign in a second time for one request."""
    if session.level >= level:
        return Ability.DECIDE
    return Ability.REFUSE if session.auth_time >= created_at else Ability.SIGN_IN


def _check_envelope(
    claims: Mapping[str, Any], client: Client, issuer: str, now: int
) -> tuple[str, int]:
    """The jti and exp of a signed request."""
    audience = claims.get("aud")
    if claims.get("iss") != client.client_id:
        raise _refuse("iss is not the client_id")
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        raise _refuse("aud is not the issuer")
    exp, iat, nbf = (_time(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if exp is None or iat is None or nbf is None:
        raise _refuse("exp, iat or nbf is missing, or no number")
    if exp <= now or exp > nbf + LIFETIME_SECONDS:
        raise _refuse("expired, or exp is too long after nbf")
    if nbf < now - LIFETIME_SECONDS or max(nbf, iat) > now + SKEW_SECONDS:
        raise _refuse("nbf is too old, or nbf or iat ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise _refuse("no jti")
    if {"request", "request_uri"} & claims.keys():
        raise _refuse("a request inside a request")
    return jti, int(exp)


def _time(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _check_notification_token(asked: Parameters, client: Client) -> str | None:
    """Of use where the client is pinged, and ignored where it isn't."""
    if client.ciba.delivery_mode is not DeliveryMode.PING:
        return None
    token = asked.get("client_notification_token")
    if token is None or len(token) > 1_024 or not _BEARER.match(token):
        raise Refusal(NOTIFICATION_TOKEN_INVALID)
    return token


def _check_expiry(text: str | None) -> int:
    if text is None:
        return EXPIRY_SECONDS
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) > 0):
        raise Refusal(REQUESTED_EXPIRY_INVALID, text[:80])
    return min(int(text), LONGEST_EXPIRY_SECONDS)


def _refuse(why: str) -> Refusal:
    return Refusal(CIBA_REQUEST_REFUSED, why)
