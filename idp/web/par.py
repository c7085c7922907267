"""The pushed authorization request endpoint (RFC 9126, FAPI 2.0 SP 5.3.2.2)."""

from typing import Final

import orjson

from clients.rules import redirect_uri
from core.database import Transaction
from core.errors import Reason, Refusal, reason
from core.serving import Answer, Asked
from idp.grants.exchange import take_proofs
from idp.rules import authorize, request_object
from idp.rules.dpop import DPOP_KEY_DIFFERS
from idp.store import pushed_requests
from idp.store.pushed_requests import PUSHED_SECONDS
from idp.web import client_request, proof
from idp.web.context import Context
from idp.web.proof import Proven
from keys.handles import new_handle
from keys.jose import unverified_kid

REQUEST_URI_PUSHED = reason(
    "request_uri_pushed",
    "invalid_request",
    400,
    "A pushed request holds the parameters themselves, or a request object, never a request_uri.",
    "RFC 9126 §2.1",
)

_CLIENT_AUTHENTICATION: Final = frozenset(
    {"client_secret", "client_assertion", "client_assertion_type"}
)
_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def push(ctx: Context, asked: Asked) -> Answer:
    """POST /par."""
    form, targets = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/par")
    client = authenticated.client
    if "request_uri" in form:
        raise Refusal(REQUEST_URI_PUSHED)
    outer = {name: value for name, value in form.items() if name not in _CLIENT_AUTHENTICATION}
    if targets:
        outer["resource"] = " ".join(targets)
    outer.setdefault("client_id", client.client_id)
    parameters = outer
    if "request" in outer:
        keys = await ctx.client_keys.of(client, unverified_kid(outer["request"]))
        now = ctx.clock.now()
        parameters = request_object.parse(outer["request"], client, keys, outer, ctx.issuer, now)
    elif client.require_signed_request_object:
        raise Refusal(authorize.REQUEST_OBJECT_REQUIRED)
    redirect_uri.check(parameters.get("redirect_uri"), client)
    authorize.check(parameters, client, ctx.issuer)
    proven = Proven(proof.check_dpop(ctx, asked, "/par", demanded=False), None)
    jkt = _check_jkt(parameters.get("dpop_jkt"), proven)
    kept = parameters if jkt is None else {**parameters, "dpop_jkt": jkt}
    handle = new_handle()

    def save(transaction: Transaction, now: int) -> Reason | None:
        refused = take_proofs(transaction, authenticated, proven.proof)
        if refused is None:
            pushed_requests.save(transaction, handle, client.client_id, kept, now)
        return refused

    refused = await ctx.ledger.write(save, ctx.clock.now())
    if refused is not None:
        raise Refusal(refused, client.client_id)
    body = {"request_uri": pushed_requests.URN + handle, "expires_in": PUSHED_SECONDS}
    return Answer(201, orjson.dumps(body), headers=_NO_STORE)


def _check_jkt(asked: str | None, proven: Proven) -> str | None:
    """RFC 9449 §10.1: the parameter and the header have to agree."""
    proved = proven.proof.jkt if proven.proof else None
    if asked is not None and proved is not None and asked != proved:
        raise Refusal(DPOP_KEY_DIFFERS, "dpop_jkt is not the proof's key")
    return asked or proved
