"""authorization_code (RFC 6749 §4.1.3, OIDC Core 3.1.3)."""

from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import person
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import code_grant
from idp.rules.code_grant import CODE_MISSING, CODE_REPLAYED, CODE_UNKNOWN
from idp.store import grants


def redeem(transaction: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Take the code, weigh it, and issue what it stands for."""
    client_id = asked.client.client_id
    handle = asked.form.get("code")
    if handle is None:
        raise Refusal(CODE_MISSING)
    code = grants.take_code(transaction, handle, client_id, now)
    if code is None:
        replayed = grants.find_replayed(transaction, handle, client_id)
        if replayed is None:
            return CODE_UNKNOWN
        grants.revoke(transaction, replayed, "code_replayed", now, actor=client_id)
        return CODE_REPLAYED
    decision = code_grant.decide(code, asked.form, asked.binding)
    if not isinstance(decision, code_grant.Issue):
        if decision.revoke_grant is not None:
            cause = decision.reason.code
            grants.revoke(transaction, decision.revoke_grant, cause, now, actor=client_id)
        return decision.reason
    return person.issue_first(transaction, asked, code.grant, code.nonce, now)
