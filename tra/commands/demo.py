"""`tra demo`: everything on this machine, with fictitious people."""

from pathlib import Path

import click
import pyotp

from tra.demo import Demo
from tra.demo_clients import AGENCIES
from tra.processes import ChildDied, until_stopped

SHOWN = 6


@click.group(invoke_without_command=True)
@click.option("--data", type=click.Path(path_type=Path), default=Path(".demo"), show_default=True)
@click.option("--port", default=8000, show_default=True, help="The first of four ports.")
@click.option("--tls", is_flag=True, help="The provider by https, behind nginx.")
@click.option("--tls-port", default=8443, show_default=True, help="The first of two ports.")
@click.option(
    "--people", type=click.Path(exists=True, path_type=Path), help="A CSV file of more people."
)
@click.option(
    "--clients",
    type=click.Path(exists=True, path_type=Path),
    help="A JSON file of more clients (a list of RFC 7591 metadata).",
)
@click.pass_context
def command(
    ctx: click.Context,
    data: Path,
    port: int,
    tls: bool,
    tls_port: int,
    people: Path | None,
    clients: Path | None,
) -> None:
    """Start the provider, the signing service and two demo services; Ctrl-C stops them."""
    demo = ctx.obj = Demo(data.absolute(), port, tls, tls_port)
    if ctx.invoked_subcommand is not None:
        return
    click.echo(f"Preparing {data} …")
    demo.prepare(people, clients)
    with until_stopped() as stopped, demo.children() as children:
        try:
            demo.start(children)
            _welcome(demo, data)
            while not stopped.wait(0.5):
                children.check()
        except ChildDied as error:
            raise click.ClickException(str(error)) from error
        click.echo("\nStopping …")


@command.command()
@click.argument("username")
@click.pass_obj
def code(demo: Demo, username: str) -> None:
    """Print the code of a fictitious person's second factor, as of now."""
    for person in demo.people():
        if person["username"] == username:
            if person["totp_secret"] is None:
                raise click.ClickException(f"{username} has no second factor.")
            click.echo(pyotp.TOTP(person["totp_secret"]).now())
            return
    raise click.ClickException(f"Nobody in {demo.people_file} is called {username}.")


def _welcome(demo: Demo, data: Path) -> None:
    addresses = demo.addresses
    click.echo(f"\n  Identity provider          {addresses.issuer}")
    if demo.tls:
        click.echo(f"    with client certificates https://localhost:{demo.tls_port + 1}")
    click.echo(f"  Signing and verification   {addresses.signing}")
    for agency in AGENCIES:
        click.echo(f"  {agency.name_en:<26} {addresses.services[agency.agency_id]}")
    people = demo.people()
    click.echo(
        f"\nStart at {addresses.services['moc']} and sign in as one of {len(people)} people:\n"
    )
    click.echo(f"  {'username':<14}{'password':<20}{'level':<7}what is special")
    for person in people[:SHOWN]:
        username, password = person["username"], person["password"]
        click.echo(f"  {username:<14}{password:<20}{person['level']:<7}{person['special']}")
    click.echo(
        f"\nThe code of the second factor:   .venv/bin/tra demo code {people[0]['username']}"
    )
    click.echo(f"Everybody, and every client:     {data}/people.json, {data}/clients.json")
    click.echo(f"For a program of your own:       the clients try-…, at {addresses.yours}")
    click.echo(f"For other commands:              export TRA_CONFIG={data}/tra.toml")
    click.echo("\nCtrl-C stops everything.")
