"""How a client proves who it is (RFC 6749 §2.3, RFC 7523 §3, OIDC Core 9)."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from clients.rules import certificate as tls
from clients.rules.client import AuthenticationMethod, Client, SecurityProfile
from clients.rules.profiles import assertion_algorithms
from core.errors import Refusal, reason
from keys.handles import digest, same
from keys.jose import Unverified, VerificationKey, parse, verify
from keys.segments import JoseError

CLIENT_UNKNOWN = reason(
    "client_unknown",
    "invalid_client",
    401,
    "No client is registered under this client_id.",
    "RFC 6749 §5.2",
)
CLIENT_AUTHENTICATION_MISSING = reason(
    "client_authentication_missing",
    "invalid_client",
    401,
    "The request says nothing of who its client is. Authenticate as the client is registered.",
    "RFC 6749 §2.3",
)
CLIENT_AUTHENTICATION_TWICE = reason(
    "client_authentication_twice",
    "invalid_request",
    400,
    "Authenticate in one way: the Authorization header, or client_secret, or client_assertion.",
    "RFC 6749 §2.3",
)
CLIENT_AUTHENTICATION_METHOD = reason(
    "client_authentication_method",
    "invalid_client",
    401,
    "The client authenticated otherwise than its token_endpoint_auth_method says.",
    "RFC 7591 §2, RFC 6749 §2.3",
)
CLIENT_SECRET_WRONG = reason(
    "client_secret_wrong",
    "invalid_client",
    401,
    "The client_secret is not this client's, or has expired.",
    "RFC 6749 §2.3.1",
)
BASIC_MALFORMED = reason(
    "basic_malformed",
    "invalid_client",
    401,
    "Encode client_id and client_secret as forms are, join them with a colon, then base64.",
    "RFC 6749 §2.3.1",
)
ASSERTION_REFUSED = reason(
    "client_assertion_refused",
    "invalid_client",
    401,
    "The client_assertion is not signed by a key of the client under its registered algorithm, or "
    "one of iss, sub, aud, exp, iat, nbf, jti is missing or wrong.",
    "RFC 7523 §3, FAPI 2.0 SP 5.3.2.1",
)
ASSERTION_REPLAYED = reason(
    "client_assertion_replayed",
    "invalid_client",
    401,
    "A client_assertion with this jti was used before. Make a new one for every request.",
    "RFC 7523 §3",
)

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 300
PLAIN_ASSERTION_SECONDS: Final = 3_600
"""The longest life of an assertion. Plain OpenID Connect says only that one must end: libraries
sign for up to an hour."""

SKEW_SECONDS: Final = 10
"""How far ahead a client's clock may be (FAPI 2.0 SP 5.3.2.1-13)."""

_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request says of its client. Nothing of it is checked."""

    method: AuthenticationMethod
    client_id: str
    secret: str = ""
    assertion: Unverified | None = None
    certificate: str | None = None  # PEM, of the TLS connection


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A client that proved itself. Where `assertion_jti` is set it has yet to be taken, once."""

    client: Client
    assertion_jti: str | None = None
    assertion_exp: int = 0


def parse_presented(
    authorization: str | None, form: Mapping[str, str], certificate: str | None = None
) -> Presented:
    """Find the one way in which the client authenticates; raises Refusal. A certificate is one
    where there is no other: tokens can be bound to it whatever the way (RFC 8705 §3)."""
    ways = [
        authorization is not None,
        "client_secret" in form,
        "client_assertion" in form or "client_assertion_type" in form,
    ]
    if sum(ways) > 1:
        raise Refusal(CLIENT_AUTHENTICATION_TWICE)
    if authorization is not None:
        presented = _parse_basic(authorization)
        if form.get("client_id", presented.client_id) != presented.client_id:
            raise Refusal(CLIENT_AUTHENTICATION_TWICE, "client_id differs from the header's")
        return presented
    if ways[2]:
        return _parse_assertion(form)
    if "client_id" not in form:
        raise Refusal(CLIENT_AUTHENTICATION_MISSING)
    if ways[1]:
        method = AuthenticationMethod.CLIENT_SECRET_POST
        return Presented(method, form["client_id"], secret=form["client_secret"])
    return Presented(AuthenticationMethod.NONE, form["client_id"], certificate=certificate)


def check(
    presented: Presented,
    client: Client | None,
    keys: tuple[VerificationKey, ...],
    issuer: str,
    endpoints: Collection[str],
    now: int,
    *,
    anchors: tls.Anchors = (),
) -> Authenticated:
    """Raises Refusal. `keys` are the client's. An assertion addresses the issuer, or (plain OIDC)
    one of the endpoints' URLs. `anchors` are the authorities of certificates."""
    if client is None:
        raise Refusal(CLIENT_UNKNOWN, presented.client_id[:200])
    if presented.method is AuthenticationMethod.NONE and client.by_certificate:
        return _check_certificate(presented, client, keys, anchors, now)
    if presented.method is not client.token_endpoint_auth_method:
        raise Refusal(
            CLIENT_AUTHENTICATION_METHOD,
            f"{client.client_id} is registered with {client.token_endpoint_auth_method}",
        )
    if presented.method is AuthenticationMethod.NONE:
        return Authenticated(client)
    if presented.assertion is not None:
        return _check_assertion(presented.assertion, client, keys, issuer, endpoints, now)
    presented_digest = digest(presented.secret)
    for secret in client.secrets:
        if same(secret.digest, presented_digest) and (secret.expires_at or now + 1) > now:
            return Authenticated(client)
    raise Refusal(CLIENT_SECRET_WRONG, client.client_id)


def _parse_basic(authorization: str) -> Presented:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refusal(CLIENT_AUTHENTICATION_METHOD, f"scheme {scheme[:20]}")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Refusal(BASIC_MALFORMED) from error
    client_id, colon, secret = pair.partition(":")
    if not colon or _STRAY_PERCENT.search(pair):
        raise Refusal(BASIC_MALFORMED)
    method = AuthenticationMethod.CLIENT_SECRET_BASIC
    try:
        client_id, secret = (unquote_plus(part, errors="strict") for part in (client_id, secret))
    except ValueError as error:
        raise Refusal(BASIC_MALFORMED) from error
    return Presented(method, client_id, secret=secret)


def _parse_assertion(form: Mapping[str, str]) -> Presented:
    if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
        raise Refusal(ASSERTION_REFUSED, "client_assertion_type is not jwt-bearer")
    try:
        assertion = parse(form["client_assertion"])
    except JoseError as error:
        raise Refusal(ASSERTION_REFUSED, str(error)) from error
    unverified_sub = assertion.claims.get("sub")
    if not isinstance(unverified_sub, str):
        raise Refusal(ASSERTION_REFUSED, "no sub")
    if form.get("client_id", unverified_sub) != unverified_sub:
        raise Refusal(ASSERTION_REFUSED, "client_id is not the assertion's sub")
    return Presented(AuthenticationMethod.PRIVATE_KEY_JWT, unverified_sub, assertion=assertion)


def _check_certificate(
    presented: Presented,
    client: Client,
    keys: tuple[VerificationKey, ...],
    anchors: tls.Anchors,
    now: int,
) -> Authenticated:
    """RFC 8705 §2."""
    if presented.certificate is None:
        raise Refusal(tls.CERTIFICATE_MISSING, client.client_id)
    certificate = tls.parse(presented.certificate)
    if client.tls_subject is not None:
        tls.check_issued(certificate, client.tls_subject, anchors, now)
    else:
        tls.check_self_signed(certificate, keys)
    return Authenticated(client)


def _check_assertion(
    assertion: Unverified,
    client: Client,
    keys: tuple[VerificationKey, ...],
    issuer: str,
    endpoints: Collection[str],
    now: int,
) -> Authenticated:
    """RFC 7523 §3, in its order."""
    algorithms = assertion_algorithms(client)
    try:
        claims = verify(assertion, keys, algorithms, {None, "jwt"})
    except JoseError as error:
        raise Refusal(ASSERTION_REFUSED, f"{client.client_id}: {error}") from error
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise Refusal(ASSERTION_REFUSED, "iss and sub are not the client_id")
    _check_audience(claims.get("aud"), client, issuer, endpoints)
    exp = _check_times(claims, client, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise Refusal(ASSERTION_REFUSED, "no jti")
    return Authenticated(client, jti, exp)


def _check_audience(aud: object, client: Client, issuer: str, endpoints: Collection[str]) -> None:
    if client.security_profile is not SecurityProfile.OIDC:
        if aud != issuer:  # FAPI 2.0 SP 5.3.2.1-8: a string, not an array
            raise Refusal(ASSERTION_REFUSED, "aud is not the issuer as a string")
        return
    named = aud if isinstance(aud, list) else [aud]
    if issuer not in named and not any(endpoint in named for endpoint in endpoints):
        raise Refusal(ASSERTION_REFUSED, "aud does not name us")


def _check_times(claims: Mapping[str, Any], client: Client, now: int) -> int:
    """RFC 7523 §3 (4) to (6); returns exp."""
    plain = client.security_profile is SecurityProfile.OIDC
    longest = PLAIN_ASSERTION_SECONDS if plain else ASSERTION_SECONDS
    exp, iat, nbf = (_number(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if exp is None or exp <= now or exp > now + longest + SKEW_SECONDS:
        raise Refusal(ASSERTION_REFUSED, "exp is missing, past, or too far ahead")
    for name, value in (("iat", iat), ("nbf", nbf)):
        if name in claims and (value is None or value > now + SKEW_SECONDS):
            raise Refusal(ASSERTION_REFUSED, f"{name} is ahead of the clock")
    return exp


def _number(value: object) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 50:
        return int(value)
    return None
