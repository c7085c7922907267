"""`tra migrate`: bring the databases to the newest schema."""

import click

from tra import services
from tra.settings import settings


@click.command(name="migrate")
def command() -> None:
    """Bring both databases to the newest schema. Doing it twice changes nothing."""
    for name, migrate in services.MIGRATIONS.items():
        migrate(settings())
        click.echo(f"{name}: newest schema")
