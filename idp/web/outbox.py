"""Tells clients what they have to know: logout tokens (Back-Channel Logout 2.5), CIBA pings."""

import asyncio

from core.database import Transaction
from core.outbound import OutboundError
from idp.rules import tokens
from idp.store import deliveries
from idp.store.deliveries import LOGOUT, Delivery
from idp.web.context import Context
from keys.handles import new_id


async def deliver_due(ctx: Context) -> None:
    """Send everything that is due, in parallel; each try is written down by itself."""
    due = await ctx.ledger.write(deliveries.take_due, ctx.clock.now())
    await asyncio.gather(*(_deliver(ctx, delivery) for delivery in due))


def deliver_soon(ctx: Context) -> None:
    """Send what was just left, without anybody waiting for it. A chore sends what this misses."""
    task = asyncio.get_running_loop().create_task(deliver_due(ctx))
    ctx.running.add(task)
    task.add_done_callback(ctx.running.discard)


async def _deliver(ctx: Context, delivery: Delivery) -> None:
    error: str | None = None
    try:
        send = _send_logout if delivery.kind == LOGOUT else _send_ping
        error = await send(ctx, delivery)
    except OutboundError as failure:
        error = str(failure)

    def settle(transaction: Transaction) -> None:
        deliveries.settle(transaction, delivery, error, ctx.clock.now())

    await ctx.ledger.write(settle)


async def _send_logout(ctx: Context, delivery: Delivery) -> str | None:
    """Back-Channel Logout 2.5 to 2.8: 200 and 204 are yes, all else is tried again."""
    registered = await ctx.registry.find(delivery.client_id)
    if registered is None:
        return None
    payload = delivery.payload
    claims = tokens.logout_token(
        ctx.issuer, delivery.client_id, payload["sub"], payload["sid"], new_id(), ctx.clock.now()
    )
    signer = ctx.signer(registered.client.id_token_signed_response_alg)
    form = {"logout_token": signer.sign(claims, "logout+jwt")}
    answer = await ctx.outbound.post_form(delivery.uri, form)
    return None if answer.status in {200, 204} else f"status {answer.status}"


async def _send_ping(ctx: Context, delivery: Delivery) -> str | None:
    """CIBA Core 10.2: no redirect is followed, and 401 or 403 is not tried again."""
    context = f"ping {delivery.payload['request_id']}"
    token, auth_req_id = (
        ctx.sealer.open(bytes.fromhex(delivery.payload[name]), context).decode()
        for name in ("token", "auth_req_id")
    )
    answer = await ctx.outbound.post_json(
        delivery.uri, {"auth_req_id": auth_req_id}, {"Authorization": f"Bearer {token}"}
    )
    if answer.status in {200, 204, 401, 403}:
        return None
    return f"status {answer.status}"
