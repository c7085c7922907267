"""The backchannel authentication endpoint (CIBA Core 7)."""

from collections.abc import Mapping
from typing import Final

import orjson

from clients.rules.authentication import Authenticated
from clients.rules.client import Client
from clients.rules.profiles import CIBA
from core.database import Transaction
from core.errors import Reason, Refusal
from core.serving import Answer, Asked
from idp.grants.exchange import take_proofs
from idp.rules import ciba, decoupled
from idp.rules.authorize import GRANT_NOT_REGISTERED
from idp.rules.ciba import (
    CIBA_REQUEST_REPLAYED,
    CIBA_TOO_MANY,
    MOST_WAITING,
    USER_UNKNOWN,
    CibaRequest,
    Signed,
)
from idp.rules.decoupled import INTERVAL_SECONDS
from idp.rules.request_object import SKEW_SECONDS
from idp.store import ciba_requests, citizens, replay, subjects
from idp.store.citizens import Citizen
from idp.web import client_request
from idp.web.context import Context
from keys.handles import new_handle, new_id
from keys.jose import VerificationKey, unverified_kid

_NO_STORE: Final = ((b"cache-control", b"no-store"),)


async def begin(ctx: Context, asked: Asked) -> Answer:
    """POST /bc-authorize."""
    form, targets = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/bc-authorize")
    client = authenticated.client
    if CIBA not in client.grant_types:
        raise Refusal(GRANT_NOT_REGISTERED, CIBA)
    parameters: Mapping[str, str] = {**form, "resource": " ".join(targets)} if targets else form
    signed = await _open(ctx, client, parameters)
    if signed is not None:
        parameters = signed.parameters
    checked = ciba.check(parameters, client, ctx.own_keys(), ctx.issuer)
    kept = {name: value for name, value in parameters.items() if name in decoupled.KEPT}
    auth_req_id, request_id = new_handle(), new_id()
    token, handle = _sealed(ctx, checked, request_id, auth_req_id)

    def save(transaction: Transaction, now: int) -> Reason | None:
        refused = _take(transaction, authenticated, signed)
        if refused is not None:
            return refused
        citizen = _find_person(transaction, checked, client)
        if citizen is None:
            return USER_UNKNOWN
        citizen_id = citizen.citizen_id
        if (
            ctx.throttles(asked.source)
            and ciba_requests.count_waiting(transaction, citizen_id, client.client_id, now)
            >= MOST_WAITING
        ):
            return CIBA_TOO_MANY
        waiting = ciba_requests.CibaRequest(
            request_id=request_id,
            client_id=client.client_id,
            citizen_id=citizen_id,
            asked=kept,
            binding_message=checked.binding_message,
            notification_token=token,
            auth_req_id=handle,
            created_at=now,
            expires_at=now + checked.expires_in,
        )
        ciba_requests.save(transaction, auth_req_id, waiting)
        return None

    refused = await ctx.ledger.write(save, ctx.clock.now())
    if refused is not None:
        raise Refusal(refused, client.client_id)
    body = {
        "auth_req_id": auth_req_id,
        "expires_in": checked.expires_in,
        "interval": INTERVAL_SECONDS,
    }
    return Answer(200, orjson.dumps(body), headers=_NO_STORE)


async def _open(ctx: Context, client: Client, outer: Mapping[str, str]) -> Signed | None:
    keys: tuple[VerificationKey, ...] = ()
    if "request" in outer:
        keys = await ctx.client_keys.of(client, unverified_kid(outer["request"]))
    return ciba.open_signed(outer, client, keys, ctx.issuer, ctx.clock.now())


def _sealed(
    ctx: Context, checked: CibaRequest, request_id: str, auth_req_id: str
) -> tuple[bytes | None, bytes | None]:
    """What a ping will carry (CIBA Core 10.2); nothing for a client that polls."""
    token, context = checked.notification_token, f"ping {request_id}"
    if token is None:
        return None, None
    return (
        ctx.sealer.seal(token.encode(), context),
        ctx.sealer.seal(auth_req_id.encode(), context),
    )


def _take(
    transaction: Transaction, authenticated: Authenticated, signed: Signed | None
) -> Reason | None:
    """Use what may be used once: the client's assertion, and its signed request."""
    refused = take_proofs(transaction, authenticated, None)
    if refused is not None or signed is None:
        return refused
    whose = f"ciba request {authenticated.client.client_id}"
    until = signed.exp + SKEW_SECONDS
    taken = replay.take(transaction, whose, signed.jti, until)
    return None if taken else CIBA_REQUEST_REPLAYED


def _find_person(transaction: Transaction, checked: CibaRequest, client: Client) -> Citizen | None:
    """Whom the hint means, if they can be asked (CIBA Core 7.2)."""
    if checked.username is not None:
        found = citizens.find_by_username(transaction, checked.username)
    else:
        sector = subjects.sector(client)
        citizen_id = subjects.find_citizen(transaction, checked.sub or "", sector)
        found = citizens.find(transaction, citizen_id) if citizen_id else None
    return found if found is not None and found.active else None
