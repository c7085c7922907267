"""A stock of signed files, renewed one by one through the service's own API."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from keys.certificates import Certificate
from signing.formats import outside
from signing.formats.augmentation import Augmentable, open_document
from signing.formats.detached import NOTHING, Detached
from signing.formats.jades.jws import is_compact
from signing.formats.kinds import kind as kind_of
from signing.rules.report import Format
from tra import beside, whole_file
from tra.agency import Agency

_ALWAYS: Final = frozenset({".pdf", ".p7m", ".p7s", ".asics", ".asice", ".scs", ".sce", ".bdoc"})
_PERHAPS: Final = frozenset(
    (*(".json", ".jws", ".xml", ".pem", ".eml", ".tsr", ".tst"), *(".docx", ".xlsx", ".pptx"))
)
"""What is looked into: it may be signed, and mostly is not."""

_MARKS: Final = (b"ignature", "ignature".encode("utf-16-le"))


@dataclass(frozen=True, slots=True)
class Signed:
    """A file with signatures, and what these are over, where that is beside it."""

    document: bytes
    content: Detached = NOTHING

    def open(self) -> Augmentable:
        """Raises whatever the readers stumble over."""
        return open_document(self.document, self.content)


async def check_authority(ours: Agency, day: int) -> None:
    """A time-stamp that ends as soon would have to be renewed at every run."""
    newest = Certificate.load(await ours.certificate("timestamp"))
    if newest.not_after <= day:
        ends = datetime.fromtimestamp(newest.not_after, UTC).date()
        raise click.ClickException(f"the time-stamp authority's own certificate ends on {ends}")


def files_below(folder: Path) -> Iterator[Path]:
    """Those that may be signed, by their names and by what is in them."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.name.startswith("."):
            continue
        kind = file.suffix.lower()
        if kind in _ALWAYS or (kind in _PERHAPS and _may_be_signed(file.read_bytes())):
            yield file


def _may_be_signed(document: bytes) -> bool:
    marked = any(mark in document for mark in _MARKS)
    return marked or is_compact(document) or kind_of(document) is Format.CMS


def read(file: Path, content: Sequence[Path] = ()) -> Signed:
    """`content`: what it signs, where that is elsewhere. Else what is beside it under the names
    that it has for that: `letter.txt.p7s` signs `letter.txt`."""
    document = file.read_bytes()
    paths = content or beside.sure(file, outside.names(document))
    return Signed(document, beside.read(paths, file.parent))


async def renew(ours: Agency, file: Path, day: int) -> tuple[str, str | None]:
    """What became of a file, and why: `good`, `renewed`, `not_signed`, `refused`, `unreadable`."""
    try:
        found = read(file)
        held = found.open().protection()
    except Exception as error:  # whatever the reader stumbles over
        return "unreadable", type(error).__name__
    if not held.signed:
        return "not_signed", None
    if held.until is not None and held.until > day:
        return "good", None
    try:
        renewed = await ours.augment(found.document, found.content)
    except click.ClickException as refused:
        return "refused", refused.message
    until = Signed(renewed, found.content).open().protection().until
    if not _is_more(found, renewed) or until is None or until <= day:
        return "refused", "what came back is not this document, renewed"
    whole_file.write(file, renewed)
    return "renewed", None


async def augment(
    ours: Agency, file: Path, level: str, content: Sequence[Path] = (), out: Path | None = None
) -> tuple[str, ...]:
    """Raise a file to a level, in its place or at `out`; the names of the files that it signs,
    where these are elsewhere. Raises ClickException where it cannot."""
    found = read(file, content)
    made = await ours.augment(found.document, found.content, level)
    if not _is_more(found, made):
        raise click.ClickException("what came back is not this document")
    whole_file.write(out or file, made)
    return tuple(name for name, _ in found.content.files)


def _is_more(before: Signed, renewed: bytes) -> bool:
    """Whether what came back is what was sent, with something added to it."""
    if before.document.startswith(b"%PDF-"):
        return renewed.startswith(before.document)
    after = Signed(renewed, before.content).open()
    return before.open().certificates() <= after.certificates()
