"""`tra keys`: what the services sign with."""

from datetime import UTC, datetime
from typing import Final

import click

from core.clock import SystemClock
from keys.ring import KeyRecord, Purpose, State
from keys.rotation import RotationPolicy
from keys.sealing import new_master_key
from keys.store import find_all, generate
from keys.store import rotate as rotate_key
from tra.ledgers import ServiceName, opened
from tra.settings import settings

POLICY: Final = RotationPolicy(publish_before=600, keep_after=2 * 3_600)
"""Published twice as long as a JWKS may be kept, and kept twice as long as an ID token lives."""

WITHOUT_CERTIFICATE: Final = (Purpose.TOKEN, Purpose.AUDIT)
"""Keys of other purposes change with their certificates."""


@click.group(name="keys")
def command() -> None:
    """What the services sign with."""


@command.command("list")
@click.option("--service", type=click.Choice(list(ServiceName)), help="One service alone.")
@click.option("--all", "gone_too", is_flag=True, help="Those that are gone, too.")
def list_(service: ServiceName | None, gone_too: bool) -> None:
    """Every key: its use, its state now, and when that changes (UTC)."""
    now = SystemClock().now()
    layout = "{:<8}  {:<9}  {:<8}  {:<9}  {:<7}  {:<16}  {:<16}  {}"
    click.echo(
        layout.format(
            *("service", "purpose", "owner", "algorithm", "state", "from", "until", "kid")
        )
    )
    for name in [service] if service else ServiceName:
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
@click.option("--service", type=click.Choice(list(ServiceName)), default=ServiceName.IDP)
@click.option("--purpose", type=click.Choice(WITHOUT_CERTIFICATE), default=Purpose.TOKEN)
@click.option("--at-once", is_flag=True, help="Don't publish it first: the old key is known.")
def rotate(service: ServiceName, purpose: Purpose, at_once: bool) -> None:
    """Make a successor for each signing key of a purpose.

    It is published at once and used ten minutes later, when every verifier knows it; the old key
    stays published for two hours after its last use. Running services follow by themselves.
    """
    now = SystemClock().now()
    policy = RotationPolicy(0, 0) if at_once else POLICY
    with opened(service, settings()) as ledger:
        records = [one for one in ledger.read_now(find_all) if one.purpose is purpose]
        waiting = {one.algorithm for one in records if one.state(now) is State.NEXT}
        active = [one for one in records if _signs(one, now)]
        if not active:
            raise click.ClickException(f"{service} has no active {purpose} key.")
        for old in active:
            if old.algorithm in waiting:
                click.echo(f"{old.algorithm}  has a successor already, which is not in use yet")
                continue
            new = generate(purpose, old.algorithm, settings().sealer, now, old.owner)
            begun = ledger.write_now(rotate_key, old, new, policy, now)
            click.echo(f"{begun.algorithm}  {begun.kid}  signs from {_moment(begun.active_from)}")


@command.command()
def master() -> None:
    """Print a fresh master key, for TRA_MASTER_KEYS. Nothing is stored."""
    click.echo(new_master_key())


def _signs(record: KeyRecord, now: int) -> bool:
    """Whether it signs, and nothing is to follow it yet."""
    return record.state(now) is State.ACTIVE and record.retired_from is None


def _moment(at: int | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at is not None else "–"
