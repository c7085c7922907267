"""`tra clients`: the OIDC clients of agencies."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from clients.rules.client import Client, Secret, SecurityProfile
from clients.rules.metadata import parse
from clients.rules.registration import Invitation
from clients.store import agencies, clients, registration
from clients.web.registration import BY_SECRET, check_sector
from core.clock import SystemClock
from core.database import Transaction
from core.errors import Refusal
from keys.handles import digest, new_handle, new_id
from tra import assembly
from tra.ledgers import ServiceName, opened
from tra.settings import settings

_DAY = 86_400
_HOUR = 3_600

Entry = tuple[Client, str | None]
"""A client, and the secret that the file gives it."""


@click.group(name="clients")
def command() -> None:
    """The OIDC clients of agencies."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--offline", is_flag=True, help="Don't fetch what sector_identifier_uri leads to.")
def import_(file: Path, *, offline: bool) -> None:
    """Add the clients of a JSON file, or replace those whose client_id is known.

    The file holds an array of RFC 7591 client metadata, each with `agency`. A client_id and a
    client_secret that stand in it are kept; those that don't are made and printed, once. All
    entries are checked before one is stored.
    """
    entries = _read(file)
    if not offline:
        asyncio.run(_check_sectors(file, entries))
    with opened(ServiceName.IDP, settings()) as ledger:
        made = ledger.write_now(_save, entries, SystemClock().now())
    for client, _ in entries:
        secret = made.get(client.client_id)
        click.echo(client.client_id + (f"  client_secret: {secret}" if secret else ""))


@command.command()
@click.option("--agency", required=True, help="Whose clients may be registered with it.")
@click.option("--uses", type=click.IntRange(1, 10_000), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in SecurityProfile]),
    default=SecurityProfile.FAPI2.value,
    show_default=True,
    help="The least strict one that its clients may have, and the one they get unasked.",
)
def invite(agency: str, uses: int, days: int, profile: str) -> None:
    """Print an initial access token: whoever has it can register clients of an agency."""
    handle, now = new_handle(), SystemClock().now()
    invitation = Invitation(agency, SecurityProfile(profile))
    expires_at = now + days * _DAY

    def save(transaction: Transaction) -> None:
        _check_agency(transaction, agency)
        registration.invite(
            transaction, handle, invitation, uses, expires_at, now, actor="operator"
        )

    with opened(ServiceName.IDP, settings()) as ledger:
        ledger.write_now(save)
    click.echo(handle)


@command.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--keep-old-hours",
    type=click.IntRange(0, 24 * 90),
    default=24,
    show_default=True,
    help="How long the secrets that the client has now are good beside the new one.",
)
def rotate_secret(client_id: str, keep_old_hours: int) -> None:
    """Give a client another secret, and print it, once."""
    secret, now = new_handle(), SystemClock().now()

    def rotate(transaction: Transaction) -> None:
        found = clients.find(transaction, client_id)
        if found is None or found.client.token_endpoint_auth_method not in BY_SECRET:
            raise click.ClickException(f"{client_id} is no client that has a secret")
        clients.rotate_secret(
            transaction,
            client_id,
            Secret(digest(secret)),
            now + keep_old_hours * _HOUR,
            now,
            actor="operator",
        )

    with opened(ServiceName.IDP, settings()) as ledger:
        ledger.write_now(rotate)
    click.echo(secret)


def _read(file: Path) -> list[Entry]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        json.dumps(entries, ensure_ascii=False).encode()  # an escape can spell half a character
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise click.ClickException(f"{file} is not an array of objects")
    read = []
    for number, entry in enumerate(entries, 1):
        try:
            read.append(_client(entry))
        except Refusal as refusal:
            raise click.ClickException(f"{file}, entry {number}: {refusal}") from refusal
    return read


def _client(entry: dict[str, Any]) -> Entry:
    """Private keys of a test file are left out."""
    kept = {
        name: value
        for name, value in entry.items()
        if name not in {"client_id", "client_secret", "private_jwks", "agency"}
    }
    client_id, agency_id = str(entry.get("client_id") or new_id()), str(entry.get("agency", ""))
    given = entry.get("client_secret")
    client = parse(kept, client_id=client_id, agency_id=agency_id)
    return client, None if given is None else str(given)


async def _check_sectors(file: Path, entries: list[Entry]) -> None:
    outbound = assembly.outbound(settings())
    try:
        for number, (client, _) in enumerate(entries, 1):
            try:
                await check_sector(outbound, client)
            except Refusal as refusal:
                raise click.ClickException(f"{file}, entry {number}: {refusal}") from refusal
    finally:
        await outbound.close()


def _save(transaction: Transaction, entries: list[Entry], now: int) -> dict[str, str]:
    """Returns the secrets that were made, by client."""
    made: dict[str, str] = {}
    for client, given in entries:
        _check_agency(transaction, client.agency_id)
        known = clients.find(transaction, client.client_id)
        secrets: tuple[Secret, ...] = ()
        if client.token_endpoint_auth_method in BY_SECRET:
            if given is None and known is not None and known.client.secrets:
                secrets = known.client.secrets
            else:
                secret = given or made.setdefault(client.client_id, new_handle())
                secrets = (Secret(digest(secret)),)
        clients.save(transaction, replace(client, secrets=secrets), now, actor="operator")
    return made


def _check_agency(transaction: Transaction, agency_id: str) -> None:
    if agencies.find(transaction, agency_id) is None:
        raise click.ClickException(f"no agency {agency_id!r}; run `tra agencies add` first")
