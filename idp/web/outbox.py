"""Tells clients what they have to know: logout tokens (Back-Channel Logout 2.5), CIBA pings."""

import asyncio
from dataclasses import dataclass
from typing import Final

from core.database import Transaction
from core.outbound import OutboundError
from idp.rules import tokens
from idp.store import deliveries
from idp.store.deliveries import LOGOUT, Delivery
from idp.web.context import Context
from keys.handles import new_id

_NO_USE: Final = frozenset({301, 302, 303, 307, 308, 401, 403})


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a client was not told, and whether another try can be of use."""

    why: str
    final: bool = False


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
    try:
        send = _send_logout if delivery.kind == LOGOUT else _send_ping
        failed = await send(ctx, delivery)
    except OutboundError as failure:
        failed = Failed(str(failure))
    error, final = (failed.why, failed.final) if failed else (None, False)

    def settle(transaction: Transaction) -> None:
        deliveries.settle(transaction, delivery, error, ctx.clock.now(), final=final)

    await ctx.ledger.write(settle)


async def _send_logout(ctx: Context, delivery: Delivery) -> Failed | None:
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
    return None if answer.status in {200, 204} else Failed(f"status {answer.status}")


async def _send_ping(ctx: Context, delivery: Delivery) -> Failed | None:
    """CIBA Core 10.2: 204 and 200 are yes. No redirect is followed, 401 and 403 are not tried
    again, and nobody is told of a request that is over."""
    payload = delivery.payload
    if payload["expires_at"] <= ctx.clock.now():
        return Failed("the request has expired", final=True)
    context = f"ping {payload['request_id']}"
    token, auth_req_id = (
        ctx.sealer.open(bytes.fromhex(payload[name]), context).decode()
        for name in ("token", "auth_req_id")
    )
    answer = await ctx.outbound.post_json(
        delivery.uri, {"auth_req_id": auth_req_id}, {"Authorization": f"Bearer {token}"}
    )
    if answer.status in {200, 204}:
        return None
    return Failed(f"status {answer.status}", final=answer.status in _NO_USE)
