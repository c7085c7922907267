"""Token exchange (RFC 8693): a client acts on behalf of a citizen, or of another agency.

Always delegation, never impersonation: what is issued names everybody who acts, one inside the
other, the last outermost (§4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from clients.rules.client import Client
from core.errors import Refusal, reason
from idp.rules import authorization_details
from idp.rules.authorization_details import Detail
from idp.rules.resources import INVALID_TARGET

SUBJECT_TOKEN_MISSING = reason(
    "subject_token_missing",
    "invalid_request",
    400,
    "Send subject_token and subject_token_type; actor_token and actor_token_type together or not "
    "at all.",
    "RFC 8693 §2.1",
)
TOKEN_TYPE_UNSUPPORTED = reason(
    "token_type_unsupported",
    "invalid_request",
    400,
    "Access tokens of this provider are exchanged for access tokens, and nothing else: the types "
    "are urn:ietf:params:oauth:token-type:access_token.",
    "RFC 8693 §2.1, §3",
)
SUBJECT_TOKEN_REFUSED = reason(
    "subject_token_refused",
    "invalid_request",
    400,
    "The subject_token is not an access token of this provider, has expired, or was revoked, or "
    "what it descends from was.",
    "RFC 8693 §2.2.2",
)
ACTOR_TOKEN_REFUSED = reason(
    "actor_token_refused",
    "invalid_request",
    400,
    "The actor_token is not a live access token that this client got for itself.",
    "RFC 8693 §2.2.2",
)
ACTOR_NOT_ALLOWED = reason(
    "actor_not_allowed",
    "invalid_request",
    400,
    "This client may not act with that token: it was not issued to the client, nor for it, and "
    "names it in no may_act; or there are too many in the chain already.",
    "RFC 8693 §2.2.2, §4.4",
)
EXCHANGE_SCOPE_WIDER = reason(
    "exchange_scope_wider",
    "invalid_scope",
    400,
    "The scope is that of the subject_token or less, and registered for the client; something of "
    "it has to be left.",
    "RFC 8693 §2.1",
)

ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"
LONGEST_CHAIN: Final = 4
"""How many may act, one for the other."""

LINEAGE: Final = "lineage"
"""The claim that lists the jti of every token that an exchanged one descends from."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for; nothing of it is checked."""

    subject_token: str
    actor_token: str | None
    scope: tuple[str, ...]
    authorization_details: str | None
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What may be issued for the subject token."""

    audience: tuple[str, ...]
    scope: tuple[str, ...]
    authorization_details: tuple[Detail, ...]
    act: dict[str, Any]
    lineage: tuple[str, ...]
    not_after: int


def parse(form: Mapping[str, str], resources: tuple[str, ...]) -> Wish:
    """The shape of a request (§2.1); raises Refusal."""
    subject, actor = form.get("subject_token"), form.get("actor_token")
    if subject is None or "subject_token_type" not in form:
        raise Refusal(SUBJECT_TOKEN_MISSING)
    if (actor is None) != ("actor_token_type" not in form):
        raise Refusal(SUBJECT_TOKEN_MISSING, "actor_token or its type alone")
    for name in ("subject_token_type", "actor_token_type", "requested_token_type"):
        if form.get(name, ACCESS_TOKEN) != ACCESS_TOKEN:
            raise Refusal(TOKEN_TYPE_UNSUPPORTED, f"{name} {form[name][:80]}")
    audience = form.get("audience")
    return Wish(
        subject,
        actor,
        tuple(dict.fromkeys(form.get("scope", "").split())),
        form.get("authorization_details"),
        tuple(dict.fromkeys((*(() if audience is None else (audience,)), *resources))),
    )


def check(
    wish: Wish, subject: Mapping[str, Any], actor: Mapping[str, Any] | None, client: Client
) -> Exchange:
    """`subject` and `actor` are the claims of live tokens of ours; raises Refusal."""
    if actor is not None and not _own(actor, client):
        raise Refusal(ACTOR_TOKEN_REFUSED, str(actor["client_id"]))
    if not _may_act(subject, client):
        raise Refusal(ACTOR_NOT_ALLOWED, f"{client.client_id} with one of {subject['client_id']}")
    act = _act(subject, client)
    return Exchange(
        _audience(wish.targets, client),
        _scope(wish.scope, subject, client),
        _details(wish.authorization_details, subject, client),
        act,
        (*subject.get(LINEAGE, ()), subject["jti"]),
        min(token["exp"] for token in (subject, actor) if token is not None),
    )


def of_person(claims: Mapping[str, Any]) -> bool:
    """Whether a token of ours speaks of a person, or of a client alone."""
    return "grant_id" in claims


def _own(actor: Mapping[str, Any], client: Client) -> bool:
    """The actor is the client that asks; the token is one that it got for itself."""
    return actor["client_id"] == actor["sub"] == client.client_id and "act" not in actor


def _may_act(subject: Mapping[str, Any], client: Client) -> bool:
    """A client may use its own tokens. Others': where may_act names the client (§4.4), or, where
    it names nobody and the token is a person's, where the token is for that client's servers.
    Nobody acts for another agency that did not name them."""
    if subject["client_id"] == client.client_id:
        return True
    named = subject.get("may_act")
    if named is not None or not of_person(subject):
        return named is not None and named.get("sub") == client.client_id
    audience = subject["aud"] if isinstance(subject["aud"], list) else [subject["aud"]]
    return bool(set(audience) & set(client.resource_identifiers))


def _act(subject: Mapping[str, Any], client: Client) -> dict[str, Any]:
    """§4.1: the client that acts now, and inside it whoever acted before."""
    act: dict[str, Any] = {"sub": client.client_id, "agency": client.agency_id}
    earlier = subject.get("act")
    if earlier is not None:
        act["act"] = earlier
    length, link = 1, earlier
    while link is not None:
        length, link = length + 1, link.get("act")
    if length > LONGEST_CHAIN:
        raise Refusal(ACTOR_NOT_ALLOWED, f"{length} actors")
    return act


def _audience(targets: tuple[str, ...], client: Client) -> tuple[str, ...]:
    """Registered for the client, and not ourselves: userinfo is for those who were granted it."""
    audience = targets or client.audience
    if not audience or not set(audience) <= set(client.audience):
        raise Refusal(INVALID_TARGET, " ".join(targets)[:200])
    return audience


def _scope(asked: tuple[str, ...], subject: Mapping[str, Any], client: Client) -> tuple[str, ...]:
    allowed = tuple(word for word in subject["scope"].split() if word in client.scope)
    scope = asked or allowed
    if not scope or not set(scope) <= set(allowed):
        raise Refusal(EXCHANGE_SCOPE_WIDER, " ".join(asked)[:200])
    return scope


def _details(asked: str | None, subject: Mapping[str, Any], client: Client) -> tuple[Detail, ...]:
    """Of those in the subject token, the ones whose type the client is registered for."""
    granted = tuple(
        detail
        for detail in subject.get("authorization_details", ())
        if detail["type"] in client.authorization_details_types
    )
    return authorization_details.narrow(asked, granted, client)
