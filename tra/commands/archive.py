"""`tra archive`: what was signed is renewed before its newest time-stamp ends."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import orjson

from core.clock import SystemClock
from tra import archive, recording
from tra.agency import agency, as_agency, reached, with_clients
from tra.settings import settings

_DAY: Final = 86_400
_FILES_EACH: Final = 50
"""Files for which one access token is asked."""


@click.group(name="archive")
def command() -> None:
    """Keep signed documents provable for longer than the certificates that they rest on."""


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_agency
@click.option(
    "--before",
    type=click.DateTime(("%Y-%m-%d",)),
    help="Renew what can be proven until this day, or less. Default: for a year from now.",
)
@with_clients
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line, the sum last.")
def renew(
    folder: Path, name: str, before: datetime | None, clients: Path, *, as_lines: bool
) -> None:
    """Give every signed file below FOLDER whose proof ends too soon a further time-stamp, in its
    place: PDFs, containers, CMS, JSON, XML and evidence records.

    It may be stopped at any time and run again: what is renewed already is left alone, and no file
    is ever half written. Exit status: 0 nothing is left to do, 1 a file could not be renewed.
    """
    day = SystemClock().now() + 365 * _DAY
    if before is not None:
        day = int(before.replace(tzinfo=UTC).timestamp())
    with reached():
        files = list(archive.files_below(folder))
        found = asyncio.run(_renew(files, name, clients, day, as_lines=as_lines))
    told = {state: found.count(state) for state in sorted(set(found))}
    click.echo(orjson.dumps({"summary": told}).decode())
    if "refused" in found or "unreadable" in found:
        raise SystemExit(1)


@command.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_agency
@with_clients
def record(folder: Path, name: str, clients: Path) -> None:
    """Prove every file below FOLDER, whatever it is, by one time-stamp: an evidence record
    (RFC 4998) is put beside each, letter.pdf.ers for letter.pdf.

    What has a record is left alone; where that does not fit, the file was changed since, which is
    told. `tra verify letter.pdf` finds its record, and `tra archive renew` renews all of one
    time-stamp by one. A signature that has no proof of its certificates yet gets that first:
    `tra augment --level B-LT`. Exit status: 0 every file has a record, 1 one has none that fits.
    """
    try:
        found = recording.stock(folder)
        with reached():
            asyncio.run(_record(found.files, name, clients))
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    for file in found.odd:
        told = "what is beside it is not its record; see `tra verify` what became of it"
        click.echo(orjson.dumps({"file": str(file), "state": "refused", "why": told}).decode())
    told_all = {"recorded": len(found.files), "refused": len(found.odd)}
    click.echo(orjson.dumps({"summary": told_all}).decode())
    if found.odd:
        raise SystemExit(1)


async def _record(files: tuple[Path, ...], name: str, clients: Path) -> None:
    if not files:
        return
    with click.progressbar(length=len(files), file=sys.stderr) as bar:
        async with agency(settings(), clients, name) as ours:
            async for _ in recording.record(ours, files):
                bar.update(1)


async def _renew(
    files: list[Path], name: str, clients: Path, day: int, *, as_lines: bool
) -> list[str]:
    """What became of each file."""
    states: list[str] = []
    renewals = archive.Renewals()
    with click.progressbar(length=len(files), file=sys.stderr) as bar:
        for some in _by(files, _FILES_EACH):
            async with agency(settings(), clients, name) as ours:
                await archive.check_authority(ours, day)
                for file in some:
                    state, why = await archive.renew(ours, file, day, renewals)
                    states.append(state)
                    bar.update(1)
                    if as_lines or state in {"refused", "unreadable"}:
                        line = {"file": str(file), "state": state, "why": why}
                        click.echo(orjson.dumps(line).decode())
    return states


def _by(files: list[Path], count: int) -> Iterator[list[Path]]:
    for first in range(0, len(files), count):
        yield files[first : first + count]
