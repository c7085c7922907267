"""`tra docs`: the documents that are generated from the code."""

import click

from tra.documents import documents, publish


@click.command(name="docs")
@click.option("--check", is_flag=True, help="Write nothing; fail where one is out of date.")
def command(check: bool) -> None:
    """Write docs/settings.md, docs/errors.md and docs/events.md."""
    publish(documents(), check=check)
