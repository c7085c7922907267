"""`tra migrate`: bring the databases to the newest schema."""

import click

from tra import assembly
from tra.settings import settings


@click.command(name="migrate")
def command() -> None:
    """Bring both databases to the newest schema. Doing it twice changes nothing."""
    for name, migrate in assembly.MIGRATIONS.items():
        migrate(settings())
        click.echo(f"{name}: newest schema")
