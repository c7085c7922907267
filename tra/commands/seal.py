"""`tra seal`: seal a document through the same API that every agency uses."""

import asyncio
import mimetypes
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import click
import orjson

from signing.formats import flattening, pdfium
from signing.formats.seal import File
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat
from tra import folder, whole_file
from tra.agency import Order, agency, as_agency, reached, with_clients
from tra.folder import Job
from tra.seal_here import seal_here
from tra.settings import settings


@click.command(name="seal")
@click.argument(
    "documents",
    nargs=-1,
    required=True,
    metavar="DOCUMENT...",
    type=click.Path(exists=True, path_type=Path),
)
@click.argument("out", type=click.Path(writable=True, path_type=Path))
@as_agency
@click.option(
    "--format",
    "wanted",
    type=click.Choice([one.value for one in SealFormat]),
    help="What the seal is: it need not be said for a PDF, or for several documents.",
)
@click.option(
    "--level",
    type=click.Choice([one.value for one in Level]),
    default=Level.LT.value,
    show_default=True,
    help="How long it can be proven.",
)
@click.option(
    "--local",
    is_flag=True,
    help="The PDF stays on this machine: the service is sent its digest alone.",
)
@click.option(
    "--flatten",
    is_flag=True,
    help="Make filled-in form fields part of the page first, where it looks the same afterwards.",
)
@with_clients
@click.option(
    "--idempotency-key",
    help="To send the same request again after a failure: the same document comes back.",
)
@click.option("--json", "as_lines", is_flag=True, help="Of a folder: one JSON object a line.")
def command(
    documents: tuple[Path, ...],
    out: Path,
    name: str,
    wanted: str | None,
    level: str,
    local: bool,
    flatten: bool,
    clients: Path,
    idempotency_key: str | None,
    as_lines: bool,
) -> None:
    """Seal documents in the name of an agency, and write what comes back to OUT.

    A folder and another folder as OUT: every PDF below it, under the same name. It may be stopped
    and run again: what is sealed already is left alone. Exit status: 0 all are sealed, 1 one was
    refused.
    """
    if any(document.is_dir() for document in documents):
        if len(documents) > 1 or out.is_file() or local or flatten or wanted or idempotency_key:
            raise click.UsageError("A folder goes with another folder, and --level alone.")
        if out.resolve().is_relative_to(documents[0].resolve()):
            raise click.UsageError(
                f"{out} is in {documents[0]}: what is sealed needs another place."
            )
        _seal_folder(Job(documents[0], out, level), clients, name, as_lines=as_lines)
        return
    if out.is_dir():
        raise click.UsageError(f"Name a file as OUT: {out} is a folder.")
    if local and (len(documents) > 1 or wanted not in {None, SealFormat.PADES} or idempotency_key):
        # Prepared again, a PDF is another: it has its time within.
        raise click.UsageError("--local is for one PDF, and without --idempotency-key.")
    files = tuple(_file(document, flatten=flatten) for document in documents)
    order = Order(files, wanted, level, idempotency_key)
    with reached():
        sealed = asyncio.run(_seal(order, clients, name, local=local))
    whole_file.write(out, sealed)
    click.echo(f"{out}: sealed in the name of {name}")


def _seal_folder(job: Job, clients: Path, name: str, *, as_lines: bool) -> None:
    async def run() -> Counter[str]:
        states: Counter[str] = Counter()
        with click.progressbar(length=len(job.files), file=sys.stderr) as bar:
            async for line in folder.seal(job, lambda: agency(settings(), clients, name)):
                states[line.state] += 1
                bar.update(1)
                if as_lines or line.state == "refused":
                    click.echo(orjson.dumps(line).decode())
        return states

    with reached():
        states = asyncio.run(run())
    click.echo(orjson.dumps({"summary": states}).decode())
    if states["refused"]:
        sys.exit(1)


def _flattened(document: bytes) -> bytes:
    try:
        told, flat = pdfium.ask("flatten", document)
    except pdfium.NoAnswer as error:
        raise click.ClickException("this PDF cannot be read, so it cannot be flattened") from error
    if told["problem"]:
        raise click.ClickException(_NOT_FLATTENED[told["problem"]])
    return flat[0]


_NOT_FLATTENED: Final = {
    flattening.SIGNED: "somebody signed this form: flattening would destroy the signature",
    flattening.NO_PICTURE: "a field of this form has no appearance of its own, so readers may show "
    "it in different ways: open it in the program that filled it in, and print it to a PDF",
    flattening.DIFFERENT: "a page would look different when flattened: print it to a PDF instead, "
    "and look at what comes out",
}


async def _seal(order: Order, clients: Path, name: str, *, local: bool) -> bytes:
    async with agency(settings(), clients, name) as ours:
        return await (seal_here(ours, order) if local else ours.seal(order))


def _file(path: Path, *, flatten: bool) -> File:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.read_bytes()
    return File(path.name, media_type, _flattened(content) if flatten else content)
