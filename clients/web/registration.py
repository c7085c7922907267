"""The registration endpoint (RFC 7591 §3, OpenID Connect Registration 3) and what manages a
registration (RFC 7592 §2). The provider mounts them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import orjson

from clients.rules import registration
from clients.rules.client import AuthenticationMethod, Client, Secret, is_client_id
from clients.rules.fields import invalid
from clients.rules.metadata import parse
from clients.rules.registration import (
    INITIAL_ACCESS_TOKEN_REFUSED,
    REGISTRATION_TOKEN_REFUSED,
    Invitation,
)
from clients.store import clients
from clients.store import registration as store
from clients.store.clients import Registered
from clients.store.registry import Registry
from core.clock import Clock
from core.database import Ledger, Transaction
from core.errors import MALFORMED_BODY, Reason, Refusal
from core.outbound import Outbound, OutboundError
from core.serving import Answer, Asked
from keys.handles import digest, new_handle, new_id, same

PATH: Final = "/register"

BY_SECRET: Final = frozenset(
    {AuthenticationMethod.CLIENT_SECRET_BASIC, AuthenticationMethod.CLIENT_SECRET_POST}
)
_NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


class Context(Protocol):
    """What registration needs of the provider."""

    @property
    def issuer(self) -> str: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def outbound(self) -> Outbound: ...
    @property
    def registry(self) -> Registry: ...

    def end_client(self, transaction: Transaction, client_id: str, now: int) -> None:
        """Revoke what was granted to a client that is no more."""


async def register(ctx: Context, asked: Asked) -> Answer:
    """POST /register (RFC 7591 §3.1)."""
    token, now = _bearer(ctx, asked, INITIAL_ACCESS_TOKEN_REFUSED), ctx.clock.now()
    invitation = await ctx.ledger.read(store.find_invitation, token, now)
    if invitation is None:
        raise _refuse(ctx, INITIAL_ACCESS_TOKEN_REFUSED)
    metadata = registration.check_asked(_document(asked), invitation.least_profile)
    client_id = new_id()
    client = parse(
        registration.with_sector(metadata, client_id),
        client_id=client_id,
        agency_id=invitation.agency_id,
    )
    await check_sector(ctx.outbound, client)
    client, secret = _with_secret(client)
    fresh = new_handle()

    def save(transaction: Transaction) -> Invitation | None:
        taken = store.take_invitation(transaction, token, now)
        if taken is not None:
            clients.save(transaction, client, now, actor=f"agency {client.agency_id}")
            store.give_token(transaction, client.client_id, fresh)
        return taken

    if await ctx.ledger.write(save) is None:
        raise _refuse(ctx, INITIAL_ACCESS_TOKEN_REFUSED)
    return _information(ctx, client, now, fresh, secret, status=201)


async def show(ctx: Context, asked: Asked) -> Answer:
    """GET /register/{client_id} (RFC 7592 §2.1). A secret is told once, when it is made."""
    token = _bearer(ctx, asked, REGISTRATION_TOKEN_REFUSED)
    client, issued_at = await _find(ctx, asked, token)
    return _information(ctx, client, issued_at, token, None)


async def change(ctx: Context, asked: Asked) -> Answer:
    """PUT /register/{client_id} (RFC 7592 §2.2): the whole of the metadata anew."""
    token, now = _bearer(ctx, asked, REGISTRATION_TOKEN_REFUSED), ctx.clock.now()
    old, issued_at = await _find(ctx, asked, token)
    document = _document(asked)
    metadata = registration.check_update(document, old)
    _check_secret(document, old)
    client = parse(
        registration.with_sector(metadata, old.client_id),
        client_id=old.client_id,
        agency_id=old.agency_id,
    )
    await check_sector(ctx.outbound, client)
    living = [secret for secret in old.secrets if (secret.expires_at or now + 1) > now]
    client, secret = _with_secret(client, living)
    fresh = new_handle()

    def save(transaction: Transaction) -> bool:
        taken = store.exchange_token(transaction, client.client_id, token, fresh)
        if taken:
            clients.save(transaction, client, now, actor=client.client_id)
        return taken

    if not await ctx.ledger.write(save):
        raise _refuse(ctx, REGISTRATION_TOKEN_REFUSED)
    ctx.registry.forget(client.client_id)
    return _information(ctx, client, issued_at, fresh, secret)


async def end(ctx: Context, asked: Asked) -> Answer:
    """DELETE /register/{client_id} (RFC 7592 §2.3): what it was granted ends with it."""
    token, now = _bearer(ctx, asked, REGISTRATION_TOKEN_REFUSED), ctx.clock.now()
    client_id = _client_id(ctx, asked)

    def remove(transaction: Transaction) -> bool:
        removed = store.remove(transaction, client_id, token, now)
        if removed:
            ctx.end_client(transaction, client_id, now)
        return removed

    if not await ctx.ledger.write(remove):
        raise _refuse(ctx, REGISTRATION_TOKEN_REFUSED)
    ctx.registry.forget(client_id)
    return Answer(204, b"", headers=_NO_STORE)


async def check_sector(outbound: Outbound, client: Client) -> None:
    """Fetch the client's sector_identifier_uri, where it has one, and check it; raises Refusal."""
    if client.sector_identifier_uri is None:
        return
    try:
        fetched = await outbound.get(client.sector_identifier_uri)
        if fetched.status != 200:
            raise OutboundError(f"status {fetched.status}")
        document = orjson.loads(fetched.body)
    except (OutboundError, ValueError) as error:
        raise invalid(f"sector_identifier_uri cannot be read: {error}") from error
    registration.check_sector(document, client)


def _bearer(ctx: Context, asked: Asked, otherwise: Reason) -> str:
    """RFC 6750 §2.1."""
    headers = asked.headers(b"authorization")
    scheme, _, token = (headers[0] if len(headers) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refuse(ctx, otherwise)
    return token.strip()


def _refuse(ctx: Context, why: Reason) -> Refusal:
    return Refusal(
        why, headers={"WWW-Authenticate": f'Bearer realm="{ctx.issuer}", error="{why.error}"'}
    )


def _client_id(ctx: Context, asked: Asked) -> str:
    client_id = asked.path.removeprefix(f"{PATH}/")
    if not is_client_id(client_id):
        raise _refuse(ctx, REGISTRATION_TOKEN_REFUSED)
    return client_id


async def _find(ctx: Context, asked: Asked, token: str) -> tuple[Client, int]:
    client_id = _client_id(ctx, asked)

    def look(transaction: Transaction) -> tuple[Registered, int] | None:
        found = store.find_by_token(transaction, client_id, token)
        return (found, store.registered_at(transaction, client_id)) if found else None

    found = await ctx.ledger.read(look)
    if found is None:
        raise _refuse(ctx, REGISTRATION_TOKEN_REFUSED)
    return found[0].client, found[1]


def _document(asked: Asked) -> Any:
    content_type = (asked.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Refusal(MALFORMED_BODY, content_type[:80], detail="send application/json")
    try:
        return orjson.loads(asked.body)
    except ValueError as error:
        raise Refusal(MALFORMED_BODY, str(error), detail="the body is not JSON") from error


def _check_secret(document: Mapping[str, Any], client: Client) -> None:
    """RFC 7592 §2.2: a client may send its secret, and never chooses one."""
    sent = document.get("client_secret")
    if sent is not None and not any(
        isinstance(sent, str) and same(known.digest, digest(sent)) for known in client.secrets
    ):
        raise invalid("client_secret is not this client's")


def _with_secret(client: Client, kept: Sequence[Secret] = ()) -> tuple[Client, str | None]:
    """The client with the secrets it keeps, or where it needs one and has none, with a new one."""
    if client.token_endpoint_auth_method not in BY_SECRET:
        return client, None
    if kept:
        return replace(client, secrets=tuple(kept)), None
    secret = new_handle()
    return replace(client, secrets=(Secret(digest(secret)),)), secret


def _information(
    ctx: Context,
    client: Client,
    issued_at: int,
    token: str,
    secret: str | None,
    *,
    status: int = 200,
) -> Answer:
    """RFC 7591 §3.2.1, RFC 7592 §3."""
    told: dict[str, Any] = {
        **registration.describe(client),
        "client_id_issued_at": issued_at,
        "registration_client_uri": f"{ctx.issuer}{PATH}/{client.client_id}",
        "registration_access_token": token,
    }
    if secret is not None:
        told |= {"client_secret": secret, "client_secret_expires_at": 0}  # 0: never
    return Answer(status, orjson.dumps(told), headers=_NO_STORE)
