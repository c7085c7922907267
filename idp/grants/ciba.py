"""urn:openid:params:grant-type:ciba (CIBA Core 10.1), and the decision that it waits for."""

from clients.rules.client import Client, DeliveryMode
from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import person
from idp.grants import polled as polling
from idp.grants.exchange import Issue, TokenRequest
from idp.rules.authorize import AuthorizationRequest
from idp.rules.ciba import AUTH_REQ_ID_MISSING, AUTH_REQ_ID_UNKNOWN
from idp.rules.claims import asked_for
from idp.rules.interaction import Consent, Session
from idp.store import ciba_requests, consents, deliveries, grants, polled
from idp.store.ciba_requests import CibaRequest
from idp.store.deliveries import PING


def redeem(transaction: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Answer an agency that asks whether its person has agreed."""
    auth_req_id = asked.form.get("auth_req_id")
    if auth_req_id is None:
        raise Refusal(AUTH_REQ_ID_MISSING)
    table = ciba_requests.TABLE
    return polling.redeem(transaction, asked, table, auth_req_id, AUTH_REQ_ID_UNKNOWN, now)


def approve(
    transaction: Transaction,
    waiting: CibaRequest,
    request: AuthorizationRequest,
    client: Client,
    session: Session,
    now: int,
) -> bool:
    """The person agrees; False where the request was decided or is over."""
    claims = waiting.asked.get("claims", "")
    grant = person.grant(transaction, request, client, session, claims, now)
    if not polled.approve(
        transaction,
        ciba_requests.TABLE,
        waiting.request_id,
        session.citizen_id,
        grant.grant_id,
        now,
    ):
        return False
    grants.save(transaction, grant, now)
    consent = Consent(frozenset(request.scope), asked_for(request.scope, request.claims))
    consents.give(transaction, session.citizen_id, client.client_id, consent, now)
    _leave_word(transaction, waiting, client, now)
    return True


def deny(transaction: Transaction, waiting: CibaRequest, client: Client, now: int) -> bool:
    """The person refuses; False as above."""
    if not polled.deny(
        transaction, ciba_requests.TABLE, waiting.request_id, waiting.citizen_id, now
    ):
        return False
    _leave_word(transaction, waiting, client, now)
    return True


def _leave_word(transaction: Transaction, waiting: CibaRequest, client: Client, now: int) -> None:
    """A client that wants a ping gets one, whatever was decided (CIBA Core 10.2)."""
    uri, token, auth_req_id = (
        client.ciba.notification_endpoint,
        waiting.notification_token,
        waiting.auth_req_id,
    )
    if client.ciba.delivery_mode is not DeliveryMode.PING or not (uri and token and auth_req_id):
        return
    payload = {
        "request_id": waiting.request_id,
        "token": token.hex(),
        "auth_req_id": auth_req_id.hex(),
        "expires_at": waiting.expires_at,
    }
    deliveries.queue(transaction, PING, client.client_id, uri, payload, now)
