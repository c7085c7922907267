"""`tra clock`: is this machine's clock right? Asks the sources that the settings name."""

import asyncio
import sys
from typing import Final

import click

from core.clock import SystemClock
from signing.rules.timekeeping import ACCURACY, Standing
from signing.web.timekeeper import Timekeeper
from tra.settings import settings

_EXIT: Final = {Standing.RIGHT: 0, Standing.OFF: 1}
_NOT_TOLD: Final = 2


@click.command(name="clock")
def command() -> None:
    """Ask each of `time_sources` now, and say what the time-stamp authority would make of it.

    Exit status: 0 the clock is right, 1 it is off, 2 that could not be found out.
    """
    keeper = Timekeeper(settings().time_sources, SystemClock())
    if not keeper.sources:
        click.echo("time_sources is empty: time-stamps rest on this machine's clock alone.")
        sys.exit(_NOT_TOLD)
    asyncio.run(keeper.ask())
    now = keeper.moment
    for source in keeper.sources:
        if (reading := keeper.readings.get(source)) is None:
            click.echo(f"{source}: {keeper.failures[source]}")
        else:
            click.echo(f"{source}: {reading.offset(now):+.6f} s, ± {reading.doubt(now):.6f}")
    found = keeper.judgement()
    click.echo(
        f"{found.standing}: {found.agreeing} of {found.sources} sources say that the clock is "
        f"right to {ACCURACY:g} s"
    )
    sys.exit(_EXIT.get(found.standing, _NOT_TOLD))
