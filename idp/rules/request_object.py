"""Signed request objects (RFC 9101, FAPI 2.0 Message Signing 5.3): what is inside counts alone."""

import json
from collections.abc import Mapping
from typing import Any, Final

from clients.rules.client import Client
from clients.rules.profiles import request_object_algorithms
from core.errors import Refusal, reason
from idp.rules.parameters import Parameters, fits
from keys.jose import VerificationKey, verify
from keys.segments import JoseError

REQUEST_OBJECT_REFUSED = reason(
    "request_object_refused",
    "invalid_request_object",
    400,
    "The request object is not signed by a key of the client under its registered algorithm, or "
    "one of client_id, iss, aud, exp, nbf in it is missing or wrong, or it holds another one.",
    "RFC 9101 §4, §6, §10, FAPI 2.0 MS 5.3.1",
)

LIFETIME_SECONDS: Final = 3_600
"""How long before now nbf may be, and how long after nbf exp (FAPI 2.0 MS 5.3.1)."""

SKEW_SECONDS: Final = 10

_ENVELOPE: Final = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})


def parse(
    token: str,
    client: Client,
    keys: tuple[VerificationKey, ...],
    outer: Parameters,
    issuer: str,
    now: int,
) -> dict[str, str]:
    """The parameters inside; raises Refusal."""
    try:
        claims = verify(
            token, keys, request_object_algorithms(client), {None, "jwt", "oauth-authz-req+jwt"}
        )
    except JoseError as error:
        raise _refuse(str(error)) from error
    if claims.get("client_id") != client.client_id or outer.get("client_id") not in {
        None,
        client.client_id,
    }:
        raise _refuse("client_id differs inside and outside")
    if {"request", "request_uri"} & claims.keys():
        raise _refuse("a request object inside a request object")
    _check_envelope(claims, client, issuer, now)
    return parameters(claims)


def parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims of a request object that are parameters, as they would be sent outside."""
    return {
        name: _text(value)
        for name, value in claims.items()
        if name not in _ENVELOPE and value is not None and value != ""
    }


def _check_envelope(claims: Mapping[str, Any], client: Client, issuer: str, now: int) -> None:
    """RFC 9101 §10.2; FAPI 2.0 MS 5.3.1 demands what plain OpenID Connect leaves open."""
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if (audience is not None or client.fapi) and issuer not in named:
        raise _refuse("aud is not the issuer")
    if claims.get("iss", client.client_id if not client.fapi else None) != client.client_id:
        raise _refuse("iss is not the client_id")
    exp, nbf = _time(claims, "exp"), _time(claims, "nbf")
    if client.fapi and (exp is None or nbf is None):
        raise _refuse("exp or nbf is missing")
    if exp is not None and exp <= now:
        raise _refuse("expired")
    if nbf is not None and not now - LIFETIME_SECONDS <= nbf <= now + SKEW_SECONDS:
        raise _refuse("nbf is too old or ahead")
    if exp is not None and nbf is not None and exp > nbf + LIFETIME_SECONDS:
        raise _refuse("exp is too long after nbf")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _refuse(f"{name} is not a number")
    return value


def _text(value: Any) -> str:
    """As the parameter would be written outside: JSON for `claims`, words for a list of them."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        text = " ".join(value)
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (ValueError, RecursionError) as error:
            raise _refuse("a parameter that cannot be written as JSON") from error
    if not fits(text):
        raise _refuse("a parameter that could not be sent outside")
    return text


def _refuse(why: str) -> Refusal:
    return Refusal(REQUEST_OBJECT_REFUSED, why)
