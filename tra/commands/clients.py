"""`tra clients`: the OIDC clients of agencies."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from clients.rules.client import AuthenticationMethod, Client, Secret
from clients.rules.metadata import parse
from clients.store import agencies, clients
from core.clock import SystemClock
from core.database import Transaction
from core.errors import Refusal
from keys.handles import digest, new_handle, new_id
from tra import services
from tra.settings import settings

_BY_SECRET = frozenset(
    {AuthenticationMethod.CLIENT_SECRET_BASIC, AuthenticationMethod.CLIENT_SECRET_POST}
)


@click.group(name="clients")
def command() -> None:
    """The OIDC clients of agencies."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Add the clients of a JSON file, or replace those whose client_id is known.

    The file holds an array of RFC 7591 client metadata, each with `agency`. A client_id and a
    client_secret that stand in it are kept; those that don't are made and printed, once. All
    entries are checked before one is stored.
    """
    made, secrets = _read(file)
    ledger = services.idp_ledger(settings())
    try:
        ledger.write_now(_save, made, SystemClock().now())
    finally:
        ledger.close()
    for client in made:
        secret = secrets.get(client.client_id)
        click.echo(client.client_id + (f"  client_secret: {secret}" if secret else ""))


def _read(file: Path) -> tuple[list[Client], dict[str, str]]:
    """The clients, and the secrets that were made for them."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise click.ClickException(f"{file} is not an array of objects")
    made, secrets = [], {}
    for number, entry in enumerate(entries, 1):
        try:
            client, secret = _client(entry)
        except Refusal as refusal:
            raise click.ClickException(f"{file}, entry {number}: {refusal}") from refusal
        made.append(client)
        if secret is not None:
            secrets[client.client_id] = secret
    return made, secrets


def _client(entry: dict[str, Any]) -> tuple[Client, str | None]:
    """The client, and its secret where one was made. Private keys of a test file are left out."""
    kept = {
        name: value
        for name, value in entry.items()
        if name not in {"client_id", "client_secret", "private_jwks", "agency"}
    }
    client_id, agency_id = str(entry.get("client_id") or new_id()), str(entry.get("agency", ""))
    client = parse(kept, client_id=client_id, agency_id=agency_id)
    if client.token_endpoint_auth_method not in _BY_SECRET:
        return client, None
    given = entry.get("client_secret")
    secret = str(given or new_handle())
    with_secret = replace(client, secrets=(Secret(digest(secret)),))
    return with_secret, None if given else secret


def _save(transaction: Transaction, made: list[Client], now: int) -> None:
    for client in made:
        if agencies.find(transaction, client.agency_id) is None:
            raise click.ClickException(
                f"{client.client_id}: no agency {client.agency_id!r}; run `tra agencies add` first"
            )
        clients.save(transaction, client, now, actor="operator")
