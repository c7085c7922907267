"""refresh_token (RFC 6749 §6): rotated or kept, and reuse ends the family."""

from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import person
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import refresh_grant
from idp.rules.refresh_grant import (
    REFRESH_TOKEN_MISSING,
    REFRESH_TOKEN_UNKNOWN,
    RefreshToken,
    Refuse,
    Repeat,
    Rotate,
)
from idp.store import grants, refresh_tokens


def redeem(transaction: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Find the token, weigh it, and issue its successors."""
    handle = asked.form.get("refresh_token")
    if handle is None:
        raise Refusal(REFRESH_TOKEN_MISSING)
    found = refresh_tokens.find(transaction, handle, asked.client.client_id)
    if found is None:
        return REFRESH_TOKEN_UNKNOWN
    scope = tuple(dict.fromkeys(asked.form.get("scope", "").split()))
    decision = refresh_grant.decide(found, asked.client, asked.binding, scope, now)
    if isinstance(decision, Refuse):
        return _refuse(transaction, asked, found, decision, now)
    if isinstance(decision, Repeat):
        answer = refresh_tokens.open_successor(asked.sealer, handle, decision.successor)
    elif isinstance(decision, Rotate):
        answer = asked.fresh.refresh_token
        expires_at = person.refresh_expiry(found.grant, now)
        if not refresh_tokens.rotate(
            transaction, asked.sealer, handle, answer, found, now, expires_at
        ):
            # Another request rotated it between our look and our move: its successor is right.
            return redeem(transaction, asked, now)
    else:
        answer = handle
        refresh_tokens.extend(transaction, handle, person.refresh_expiry(found.grant, now))
    return person.issue(transaction, asked, found.grant, decision.scope, answer, None, now)


def _refuse(
    transaction: Transaction, asked: TokenRequest, found: RefreshToken, decision: Refuse, now: int
) -> Reason:
    if decision.revoke_grant:
        cause, actor = decision.reason.code, asked.client.client_id
        grants.revoke(transaction, found.grant.grant_id, cause, now, actor=actor)
    return decision.reason
