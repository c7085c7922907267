"""The device authorization endpoint (RFC 8628 §3.1, §3.2)."""

from typing import Final

import orjson

from clients.rules.profiles import DEVICE_CODE
from core.database import Transaction
from core.errors import OVERLOADED, Reason, Refusal
from core.serving import Answer, Asked
from idp.grants.exchange import take_proofs
from idp.rules import credentials, decoupled, device
from idp.rules.decoupled import INTERVAL_SECONDS
from idp.rules.device import DEVICE_SECONDS
from idp.store import device_requests
from idp.web import client_request
from idp.web.context import Context
from keys.handles import new_handle, new_user_code

_TRIES: Final = 5
"""Codes that are drawn before we give up: two live ones meet once in millions of requests."""

_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def begin(ctx: Context, asked: Asked) -> Answer:
    """POST /device_authorization."""
    form, targets = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/device_authorization")
    client = authenticated.client
    sent = {**form, "resource": " ".join(targets)} if targets else form
    kept = {name: value for name, value in sent.items() if name in decoupled.KEPT}
    decoupled.check(kept, client, ctx.issuer, DEVICE_CODE)
    device_code, source = new_handle(), credentials.source(asked.source)

    def save(transaction: Transaction, now: int) -> Reason | str:
        """The user code, or why there is none."""
        refused = take_proofs(transaction, authenticated, None)
        if refused is not None:
            return refused
        for user_code in (new_user_code() for _ in range(_TRIES)):
            if device_requests.save(
                transaction, device_code, user_code, client.client_id, kept, source, now
            ):
                return user_code
        return OVERLOADED

    saved = await ctx.ledger.write(save, ctx.clock.now())
    if isinstance(saved, Reason):
        raise Refusal(saved, client.client_id)
    shown = device.shown(saved)
    body = {
        "device_code": device_code,
        "user_code": shown,
        "verification_uri": ctx.url("/device"),
        "verification_uri_complete": ctx.url(f"/device?user_code={shown}"),
        "expires_in": DEVICE_SECONDS,
        "interval": INTERVAL_SECONDS,
    }
    return Answer(200, orjson.dumps(body), headers=_NO_STORE)
