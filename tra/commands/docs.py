"""`tra docs`: the documents that are generated from the code."""

import click

from tra.documents import ROOT, documents, settle


@click.command(name="docs")
@click.option("--check", is_flag=True, help="Write nothing; fail where one is out of date.")
def command(check: bool) -> None:
    """Write docs/settings.md, docs/errors.md and docs/events.md."""
    different = settle(documents(), check=check)
    names = ", ".join(str(path.relative_to(ROOT)) for path in different)
    if check and different:
        raise click.ClickException(f"Out of date: {names}. Run `make docs`.")
    if different:
        click.echo(f"Written: {names}")
