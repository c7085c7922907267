"""`tra keys`: what the services sign with."""

from datetime import UTC, datetime
from typing import Final

import click

from core.clock import SystemClock
from idp.rules.lifetimes import KEY_POLICY
from keys.ring import Purpose, State
from keys.rotation import RotationPolicy
from keys.sealing import new_master_key
from keys.store import find_all
from keys.store import rotate as rotate_key
from tra.ledgers import SERVICE, ServiceName, opened
from tra.settings import settings

WITHOUT_CERTIFICATE: Final = (Purpose.TOKEN.value, Purpose.AUDIT.value)
"""Keys of other purposes change with their certificates."""


@click.group(name="keys")
def command() -> None:
    """What the services sign with."""


@command.command("list")
@click.option("--service", type=SERVICE, help="One service alone.")
@click.option("--all", "gone_too", is_flag=True, help="Those that are gone, too.")
def list_(service: str | None, gone_too: bool) -> None:
    """Every key: its use, its state now, and when that changes (UTC)."""
    now = SystemClock().now()
    layout = "{:<8}  {:<9}  {:<8}  {:<9}  {:<7}  {:<16}  {:<16}  {}"
    click.echo(
        layout.format(
            *("service", "purpose", "owner", "algorithm", "state", "from", "until", "kid")
        )
    )
    for name in [ServiceName(service)] if service else ServiceName:
        with opened(name, settings()) as ledger:
            records = ledger.read_now(find_all)
        for record in records:
            state = record.state(now)
            if state is State.GONE and not gone_too:
                continue
            begins, ends = _moment(record.active_from), _moment(record.retired_from)
            click.echo(
                layout.format(
                    *(name, record.purpose, record.owner or "–", record.algorithm),
                    *(state, begins, ends, record.kid),
                )
            )


@command.command()
@click.option("--service", type=SERVICE, default="idp", show_default=True)
@click.option(
    "--purpose", type=click.Choice(WITHOUT_CERTIFICATE), default="token", show_default=True
)
@click.option("--at-once", is_flag=True, help="Don't publish it first: the old key is known.")
def rotate(service: str, purpose: str, at_once: bool) -> None:
    """Make a successor for each signing key of a purpose.

    It is published at once and used ten minutes later, when every verifier knows it; the old key
    stays published for 13 hours after its last use, as long as anything is that it signed.
    Running services follow by themselves.
    """
    now = SystemClock().now()
    policy = RotationPolicy(0, 0) if at_once else KEY_POLICY
    with opened(ServiceName(service), settings()) as ledger:
        active = [
            record
            for record in ledger.read_now(find_all)
            if record.purpose == purpose and record.state(now) is State.ACTIVE
        ]
        if not active:
            raise click.ClickException(f"{service} has no active {purpose} key.")
        for old in active:
            if old.retired_from is not None and not at_once:
                click.echo(f"{old.algorithm}  has a successor already, which is not in use yet")
                continue
            new = settings().custody.generate(old.purpose, old.algorithm, now, old.owner)
            begun = ledger.write_now(rotate_key, old, new, policy, now)
            if begun is None:
                raise click.ClickException(f"{old.algorithm} was rotated meanwhile: look again")
            click.echo(f"{begun.algorithm}  {begun.kid}  signs from {_moment(begun.active_from)}")


@command.command()
def master() -> None:
    """Print a fresh master key, for TRA_MASTER_KEYS. Nothing is stored."""
    click.echo(new_master_key())


def _moment(at: int | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at is not None else "–"
