"""`tra smoke`: walk the whole journey against a running demo, or one of its own."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from core.outbound import Outbound, OutboundError, OutboundPolicy
from tra.demo import Demo
from tra.processes import ChildDied
from tra.smoke import StepFailed, Walk


@click.command(name="smoke")
@click.option("--data", type=click.Path(path_type=Path), default=Path(".demo"), show_default=True)
@click.option("--port", default=8000, show_default=True, help="The first of the demo's ports.")
@click.option("--tls", is_flag=True, help="The demo's provider is behind TLS.")
@click.option("--tls-port", default=8443, show_default=True)
def command(data: Path, port: int, tls: bool, tls_port: int) -> None:
    """Walk the whole journey: sign in twice, seal, verify, change a byte, sign out.

    Uses the demo that runs on --port. Where none runs, it starts one in a temporary folder and
    stops it afterwards. Exit status 0 only if every step holds.
    """
    demo = Demo(data.absolute(), port, tls, tls_port)
    with contextlib.ExitStack() as stack:
        if not asyncio.run(_runs(demo)):
            demo = stack.enter_context(_own(port, tls, tls_port))
        click.echo(f"Walking through {demo.addresses.services['moc']}")
        try:
            Walk(demo, click.echo).all()
        except StepFailed as error:
            raise click.ClickException(str(error)) from error
        click.echo("Every step holds.")


@contextlib.contextmanager
def _own(port: int, tls: bool, tls_port: int) -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="tra-smoke-") as folder:
        demo = Demo(Path(folder), port, tls, tls_port)
        click.echo("No demo is running: starting one …")
        demo.prepare()
        with demo.children() as children:
            try:
                demo.start(children)
            except ChildDied as error:
                raise click.ClickException(str(error)) from error
            yield demo


async def _runs(demo: Demo) -> bool:
    """Whether the demo's second service answers."""
    url = demo.addresses.services["nssf"]
    outbound = Outbound(OutboundPolicy(frozenset({url.partition("://")[2]})))
    try:
        return (await outbound.get(f"{url}/healthz", accept="*/*")).status == 200
    except OutboundError:
        return False
    finally:
        await outbound.close()
