"""A stock of signed PDFs, renewed file by file through the service's own API."""

from datetime import UTC, datetime
from pathlib import Path

import click

from keys.certificates import Certificate
from signing.formats.pades import augmentation
from signing.formats.pades.augmentation import Protection
from tra import whole_file
from tra.agency import Agency


async def check_authority(ours: Agency, day: int) -> None:
    """A time-stamp that ends as soon would have to be renewed at every run."""
    newest = Certificate.load(await ours.certificate("timestamp"))
    if newest.not_after <= day:
        ends = datetime.fromtimestamp(newest.not_after, UTC).date()
        raise click.ClickException(f"the time-stamp authority's own certificate ends on {ends}")


async def renew(ours: Agency, file: Path, day: int) -> tuple[str, str | None]:
    """What became of a file, and why: `good`, `renewed`, `not_signed`, `refused`, `unreadable`."""
    try:
        document, held = _read(file)
    except Exception as error:  # whatever the reader stumbles over
        return "unreadable", type(error).__name__
    if not held.signed:
        return "not_signed", None
    if held.until is not None and held.until > day:
        return "good", None
    try:
        renewed = await ours.augment(document)
    except click.ClickException as refused:
        return "refused", refused.message
    until = augmentation.protection(renewed).until
    if not renewed.startswith(document) or until is None or until <= day:
        return "refused", "what came back is not this document, renewed"
    whole_file.write(file, renewed)
    return "renewed", None


def _read(file: Path) -> tuple[bytes, Protection]:
    document = file.read_bytes()
    return document, augmentation.protection(document)
