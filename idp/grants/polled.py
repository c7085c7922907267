"""One poll for a decision that a person takes elsewhere: alike for a device and for CIBA."""

from core.database import Transaction
from core.errors import Reason
from idp.grants import person
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import polling
from idp.rules.code_grant import GRANT_REVOKED
from idp.rules.polling import Refuse, Wait
from idp.store import grants, polled
from idp.store.polled import Requests


def redeem(
    transaction: Transaction,
    asked: TokenRequest,
    table: Requests,
    handle: str,
    gone: Reason,
    now: int,
) -> Issue | Reason:
    """Weigh the poll; once the person agreed, take the grant and issue its tokens. `gone` is the
    reason for a handle that this client has no request by, or not any more."""
    client_id = asked.client.client_id
    found = polled.find(transaction, table, handle, client_id)
    if found is None:
        return gone
    decision = polling.decide(found, gone, now)
    if isinstance(decision, Refuse):
        return decision.reason
    if isinstance(decision, Wait):
        polled.note_poll(transaction, table, handle, decision.interval, now)
        return decision.reason
    grant_id = polled.take(transaction, table, handle, client_id, now)
    if grant_id is None:
        return gone  # another poll of the same moment took it
    grant = grants.find_live(transaction, grant_id)
    if grant is None:
        return GRANT_REVOKED
    return person.issue_first(transaction, asked, grant, None, now)
