"""urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693)."""

from dataclasses import replace
from typing import Any

from core.database import Transaction
from core.errors import Reason
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import token_exchange, tokens
from idp.rules.token_exchange import (
    ACCESS_TOKEN,
    ACTOR_TOKEN_REFUSED,
    SUBJECT_TOKEN_REFUSED,
    Exchange,
)
from idp.store import access_tokens, citizens, grants, subjects


def redeem(transaction: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Find what the tokens stand for, weigh them, and issue one that names all who act."""
    wish = token_exchange.parse(asked.form, asked.resources)
    subject = _find_live(transaction, asked, wish.subject_token, now)
    if subject is None:
        return SUBJECT_TOKEN_REFUSED
    actor = None
    if wish.actor_token is not None:
        actor = _find_live(transaction, asked, wish.actor_token, now)
        if actor is None:
            return ACTOR_TOKEN_REFUSED
    exchange = token_exchange.check(wish, subject, actor, asked.client)
    if not token_exchange.of_person(subject):
        return _issue(_for_client(asked, subject, exchange, now), exchange, None)
    grant = grants.find_live(transaction, subject["grant_id"])
    citizen = citizens.find(transaction, grant.citizen_id) if grant else None
    if grant is None or citizen is None or not citizen.active:
        return SUBJECT_TOKEN_REFUSED
    # Everybody knows a person by a name of their own sector: the one who acts now reads this token.
    sub = subjects.sub(transaction, grant.citizen_id, subjects.sector(asked.client))
    acting = replace(grant, sub=sub, client_id=asked.client.client_id)
    token = tokens.access_token(
        acting,
        asked.issuer,
        exchange.audience,
        exchange.scope,
        asked.binding,
        asked.fresh.jti,
        now,
        exchange.authorization_details,
        may_act=asked.client.may_act,
    )
    return _issue(token, exchange, grant.grant_id)


def _for_client(
    asked: TokenRequest, subject: dict[str, Any], exchange: Exchange, now: int
) -> dict[str, Any]:
    """On behalf of another agency: it stays the subject."""
    token = tokens.client_access_token(
        asked.client.client_id,
        subject["agency"],
        asked.issuer,
        exchange.audience,
        exchange.scope,
        asked.binding,
        asked.fresh.jti,
        now,
        may_act=asked.client.may_act,
    )
    return {**token, "sub": subject["sub"]}


def _issue(token: dict[str, Any], exchange: Exchange, grant_id: str | None) -> Issue:
    """No token outlives what it descends from."""
    token = {
        **token,
        "exp": min(token["exp"], exchange.not_after),
        "act": exchange.act,
        token_exchange.LINEAGE: list(exchange.lineage),
    }
    return Issue(
        token,
        exchange.scope,
        grant_id,
        authorization_details=exchange.authorization_details,
        issued_token_type=ACCESS_TOKEN,
    )


def _find_live(
    transaction: Transaction, asked: TokenRequest, token: str, now: int
) -> dict[str, Any] | None:
    """What an access token of ours says, JWT or opaque; None where it is none, or not alive."""
    claims = asked.own_claims(token) or access_tokens.find(transaction, token)
    if claims is None or claims["exp"] <= now or access_tokens.is_revoked(transaction, claims):
        return None
    return claims
