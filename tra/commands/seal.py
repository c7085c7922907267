"""`tra seal`: seal a document through the same API that every agency uses."""

import asyncio
import mimetypes
from pathlib import Path
from typing import Final

import click

from core.outbound import OutboundError
from signing.formats import flattening, pdfium
from signing.formats.seal import File
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat
from tra.agency import Order, agency
from tra.seal_here import seal_here
from tra.settings import settings


@click.command(name="seal")
@click.argument(
    "documents",
    nargs=-1,
    required=True,
    metavar="DOCUMENT...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.argument("out", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--as", "name", required=True, help="The agency in whose name: moc, nssf.")
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
@click.option(
    "--clients",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path(".demo/clients.json"),
    show_default=True,
    help="RFC 7591 metadata of the agency's client, with its private_jwks.",
)
@click.option(
    "--idempotency-key",
    help="To send the same request again after a failure: the same document comes back.",
)
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
) -> None:
    """Seal documents in the name of an agency, and write what comes back to OUT."""
    if local and (len(documents) > 1 or wanted not in {None, SealFormat.PADES} or idempotency_key):
        # Prepared again, a PDF is another: it has its time within.
        raise click.UsageError("--local is for one PDF, and without --idempotency-key.")
    files = tuple(_file(document, flatten=flatten) for document in documents)
    order = Order(files, wanted, level, idempotency_key)
    try:
        sealed = asyncio.run(_seal(order, clients, name, local=local))
    except OutboundError as error:
        raise click.ClickException(f"{error}. Is the service running?") from error
    out.write_bytes(sealed)
    click.echo(f"{out}: sealed in the name of {name}")


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
