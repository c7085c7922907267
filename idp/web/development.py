"""Stands in for a person where software tests software; the roof mounts it in development alone."""

from clients.rules.client import Client
from clients.rules.profiles import CIBA
from core.database import Transaction
from core.errors import Reason, Refusal, reason
from core.serving import Answer, Asked
from idp.grants import ciba as decision
from idp.rules import assurance, ciba, decoupled, parameters
from idp.rules.authorize import AuthorizationRequest
from idp.rules.ciba import CIBA_REQUEST_OVER
from idp.rules.interaction import LEVEL_NOT_REACHED, Session
from idp.store import ciba_requests, citizens, sessions
from idp.store.ciba_requests import CibaRequest
from idp.web import outbox
from idp.web.context import Context
from keys.handles import new_handle, new_id

DECISION_UNKNOWN = reason(
    "decision_unknown",
    "invalid_request",
    400,
    "Send auth_req_id, and as decision approve (or allow) or deny.",
    "Tra: development",
)

_APPROVE = frozenset({"approve", "allow"})


async def decide_ciba(ctx: Context, asked: Asked) -> Answer:
    """POST /development/ciba: auth_req_id and decision, in the query or as a form."""
    sent = {**parameters.parse(asked.query), **parameters.parse(asked.body)}
    word = sent.get("decision")
    if word not in {*_APPROVE, "deny"}:
        raise Refusal(DECISION_UNKNOWN)
    now = ctx.clock.now()
    waiting = await ctx.ledger.read(ciba_requests.find_by_handle, sent.get("auth_req_id", ""), now)
    registered = await ctx.registry.find(waiting.client_id) if waiting else None
    if waiting is None or registered is None:
        raise Refusal(CIBA_REQUEST_OVER)
    client = registered.client
    if word in _APPROVE:
        request = decoupled.check(waiting.asked, client, ctx.issuer, CIBA)
        refused = await ctx.ledger.write(_approve, waiting, request, client, now)
    else:
        denied = await ctx.ledger.write(decision.deny, waiting, client, now)
        refused = None if denied else CIBA_REQUEST_OVER
    if refused is not None:
        raise Refusal(refused)
    outbox.deliver_soon(ctx)
    return Answer(204, b"")


def _approve(
    transaction: Transaction,
    waiting: CibaRequest,
    request: AuthorizationRequest,
    client: Client,
    now: int,
) -> Reason | None:
    """As the person would, signed in with all they have, in a session that no browser holds."""
    citizen = citizens.find(transaction, waiting.citizen_id)
    amr = assurance.amr_of((assurance.PASSWORD, assurance.ONE_TIME_CODE))
    level = assurance.reached(citizen.level if citizen else 0, amr)
    if level < ciba.demanded_level(request, client):
        return LEVEL_NOT_REACHED
    session = Session(new_id(), waiting.citizen_id, now, level, amr, now, now)
    sessions.start(transaction, new_handle(), session, now)
    agreed = decision.approve(transaction, waiting, request, client, session, now)
    return None if agreed else CIBA_REQUEST_OVER
