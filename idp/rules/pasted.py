"""What somebody pasted: an authorization URL, a form, or a token. Nothing of it is checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from core.errors import Refusal
from idp.rules import parameters
from idp.rules.tokens import ACCESS_TOKEN_TYPE
from keys.jose import parse
from keys.segments import JoseError

LONGEST_SHOWN: Final = 200

_OF_QUERIES: Final = frozenset("?&/ ")
_SECRETS: Final = frozenset(
    {
        "access_token",
        "actor_token",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "id_token_hint",
        "password",
        "refresh_token",
        "request",
        "subject_token",
    }
)


class Kind(StrEnum):
    """What was pasted, as far as can be told."""

    REQUEST = "request"
    REQUEST_OBJECT = "request_object"
    ASSERTION = "assertion"
    PROOF = "proof"
    ACCESS_TOKEN = "access_token"
    ID_TOKEN = "id_token"
    ANSWER = "answer"  # signed userinfo, or what /authorize answers by JARM
    LOGOUT_TOKEN = "logout_token"
    UNKNOWN = "unknown"


_BY_TYP: Final = {
    ACCESS_TOKEN_TYPE: Kind.ACCESS_TOKEN,
    "dpop+jwt": Kind.PROOF,
    "logout+jwt": Kind.LOGOUT_TOKEN,
    "oauth-authz-req+jwt": Kind.REQUEST_OBJECT,
}


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was pasted, unverified: a query or a token, what it says, and of which client."""

    kind: Kind
    text: str
    says: Mapping[str, Any] = field(default_factory=dict)
    client_id: str = ""
    address: str | None = None
    flaw: str = ""


def recognise(text: str, issuer: str) -> Pasted:
    """Tell what was pasted. Nothing of it is checked."""
    text = text.strip()
    for prefix in ("Authorization:", "DPoP:", "Bearer ", "DPoP "):
        if text.lower().startswith(prefix.lower()):
            text = text[len(prefix) :].strip()
    if "=" not in text or (text.count(".") == 2 and not _OF_QUERIES & set(text)):
        return _recognise_token(text, issuer)
    return _recognise_parameters(text, issuer)


def shown(name: str, value: Any) -> str:
    """A value as it may be read over a shoulder: no secret, no token, no long story."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if name in _SECRETS or (text.count(".") == 2 and text.startswith("eyJ")):
        return f"{text[:8]}… ({len(text)})"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _recognise_parameters(text: str, issuer: str) -> Pasted:
    """An authorization URL, its query alone, or a form with a client assertion."""
    address, mark, query = text.partition("?")
    query = (query if mark else text).partition("#")[0]
    try:
        said = parameters.parse(query)
    except Refusal as refusal:
        return Pasted(Kind.UNKNOWN, query, flaw=f"{refusal.reason.code}: {refusal.debug}")
    if "client_assertion" in said:
        return _recognise_token(said["client_assertion"], issuer)
    client_id = said.get("client_id", "")
    return Pasted(Kind.REQUEST, query, said, client_id, address if mark else None)


def _recognise_token(token: str, issuer: str) -> Pasted:
    try:
        unverified = parse(token)
    except JoseError as error:
        return Pasted(Kind.UNKNOWN, token, flaw=str(error))
    header, claims = unverified.header, unverified.claims
    typ = str(header.get("typ", "")).lower().removeprefix("application/")
    kind = _BY_TYP.get(typ) or _kind_by_claims(claims, issuer)
    whose = claims.get("client_id") if kind is Kind.REQUEST_OBJECT else claims.get("sub")
    says = {**{f"header: {name}": value for name, value in header.items()}, **claims}
    return Pasted(kind, token, says, whose if isinstance(whose, str) else "")


def _kind_by_claims(claims: Mapping[str, Any], issuer: str) -> Kind:
    """Tokens whose typ tells nothing (RFC 7523 §3, OIDC Core 6.1 and 2)."""
    if claims.get("iss") == issuer:
        return Kind.ID_TOKEN if {"sub", "exp"} <= claims.keys() else Kind.ANSWER
    if {"response_type", "redirect_uri", "code_challenge"} & claims.keys():
        return Kind.REQUEST_OBJECT
    return Kind.ASSERTION if "sub" in claims else Kind.UNKNOWN
