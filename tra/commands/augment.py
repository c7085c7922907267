"""`tra augment`: what is signed is made to last, through the same API that every agency uses."""

import asyncio
from pathlib import Path

import click

from signing.rules.augmentation import LEVELS
from signing.rules.report import Level
from tra import archive
from tra.agency import agency, as_agency, reached, with_clients
from tra.settings import settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="augment")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=_FILE)
@as_agency
@click.option(
    "--level",
    type=click.Choice([one.value for one in LEVELS]),
    default=Level.LTA.value,
    show_default=True,
    help="How long they are to be provable.",
)
@click.option(
    "--detached",
    multiple=True,
    type=_FILE,
    help="What is signed, where FILE is only the signature; may be repeated.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write there, and leave FILE as it is.",
)
@with_clients
def command(
    files: tuple[Path, ...],
    name: str,
    level: str,
    detached: tuple[Path, ...],
    out: Path | None,
    clients: Path,
) -> None:
    """Add what proves the signatures of each FILE, and a time-stamp over all of it, in its place.

    What FILE signs is looked for beside it, by the names in it, or its own: letter.txt for
    letter.txt.p7s. A file is written whole or not at all.
    Exit status: 0 every file is at the level, 1 one was refused.
    """
    if len(files) > 1 and (detached or out):
        raise click.UsageError("--detached and --out go with one FILE.")
    with reached():
        refused = asyncio.run(_augment(files, name, level, detached, out, clients))
    if refused:
        raise SystemExit(1)


async def _augment(
    files: tuple[Path, ...],
    name: str,
    level: str,
    detached: tuple[Path, ...],
    out: Path | None,
    clients: Path,
) -> int:
    """How many were refused."""
    refused = 0
    async with agency(settings(), clients, name) as ours:
        for file in files:
            try:
                over = await archive.augment(ours, file, level, detached, out)
            except click.ClickException as why:
                click.echo(f"{file}: {why.message}", err=True)
                refused += 1
            else:
                click.echo(f"{out or file}: {level}{''.join(f' + {one}' for one in over)}")
    return refused
