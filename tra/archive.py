"""A stock of signed files, renewed one by one through the service's own API."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from keys.certificates import Certificate
from signing.formats import outside
from signing.formats.augmentation import Augmentable, open_document
from signing.formats.cms import Pieces
from signing.formats.detached import NOTHING, Detached
from signing.formats.ers import reading as records
from signing.formats.ers import renewal
from signing.formats.ers.reading import is_record
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

_RENEWALS: Final = 1_000
"""Time-stamps of evidence records that are remembered."""

_LEFT: Final = ": the file was left as it was; tell whoever runs the service"

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
        raise click.ClickException(
            f"the time-stamp authority's own certificate ends on {ends}: name a day before that"
        )


def files_below(folder: Path) -> Iterator[Path]:
    """Those that may be signed, by their names and by what is in them; links are left out."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.is_symlink() or file.name.startswith("."):
            continue
        kind = file.suffix.lower()
        sure = kind in _ALWAYS or kind in beside.RECORDS
        if sure or (kind in _PERHAPS and _may_be_signed(file.read_bytes())):
            yield file


def _may_be_signed(document: bytes) -> bool:
    marked = any(mark in document for mark in _MARKS)
    known = is_compact(document) or is_record(document)
    return marked or known or kind_of(document) is Format.CMS


def read(file: Path, content: Sequence[Path] = ()) -> Signed:
    """`content`: what it signs, where that is elsewhere. Else what is beside it under the names
    that it has for that: `letter.txt.p7s` signs `letter.txt`."""
    document = file.read_bytes()
    paths = content or beside.sure(file, outside.names(document))
    return Signed(document, beside.read(paths, file.parent))


@dataclass(frozen=True, slots=True)
class Renewals:
    """How evidence records were renewed, by their newest time-stamps: those that have that in
    common are renewed by one."""

    made: dict[bytes, bytes] = field(default_factory=dict)

    def of(self, record: bytes) -> bytes | None:
        """A record, renewed; None where none that has its time-stamp was. Raises ValueError."""
        made = self.made.get(_newest(record))
        return renewal.as_another(record, made) if made is not None else None

    def add(self, record: bytes, made: bytes) -> None:
        if len(self.made) == _RENEWALS:
            self.made.clear()
        self.made[_newest(record)] = made


async def renew(
    ours: Agency, file: Path, day: int, renewals: Renewals | None = None
) -> tuple[str, str | None]:
    """What became of a file, and why: `good`, `renewed`, `recorded` (it lasts by the evidence
    record beside it), `not_signed`, `refused`, `unreadable`."""
    try:
        found, state = _due(file, day)
    except Exception as error:  # whatever the reader stumbles over
        return "unreadable", type(error).__name__
    if state != "renewed":
        return state, None
    try:
        renewed = await _renewed(ours, found, renewals)
    except click.ClickException as refused:
        return "refused", refused.message
    until = Signed(renewed, found.content).open().protection().until
    if not _is_more(found, renewed) or until is None or until <= day:
        return "refused", f"what came back is not this document, renewed{_LEFT}"
    whole_file.write(file, renewed)
    return "renewed", None


def _due(file: Path, day: int) -> tuple[Signed, str]:
    """A file, and what is to become of it. Raises whatever the readers stumble over."""
    found = read(file)
    if is_recorded(file):
        return found, "recorded"
    held = found.open().protection()
    if not held.signed:
        return found, "not_signed"
    good = held.until is not None and held.until > day
    return found, "good" if good else "renewed"


async def _renewed(ours: Agency, found: Signed, renewals: Renewals | None) -> bytes:
    if renewals is None or not is_record(found.document):
        return await ours.augment(found.document, found.content)
    renewed = renewals.of(found.document)
    if renewed is None:
        renewed = await ours.augment(found.document, found.content)
        renewals.add(found.document, renewed)
    return renewed


def is_recorded(file: Path) -> bool:
    """Whether the evidence record beside a file is over it as it is now, so that it has to stay as
    it is. Raises OSError, ValueError."""
    over = beside.record(file)
    if over is None:
        return False
    return records.parse(over.read_bytes()).holds([Pieces((file.read_bytes(),))])


async def augment(
    ours: Agency, file: Path, level: str, content: Sequence[Path] = (), out: Path | None = None
) -> tuple[str, ...]:
    """Raise a file to a level, in its place or at `out`; the names of the files that it signs,
    where these are elsewhere. Raises ClickException where it cannot."""
    if is_recorded(file):
        raise click.ClickException("an evidence record beside it is over it as it is: augment that")
    found = read(file, content)
    made = await ours.augment(found.document, found.content, level)
    if not _is_more(found, made):
        raise click.ClickException(f"what came back is not this document{_LEFT}")
    whole_file.write(out or file, made)
    return tuple(name for name, _ in found.content.files)


def _is_more(before: Signed, renewed: bytes) -> bool:
    """Whether what came back is what was sent, with something added to it."""
    if before.document.startswith(b"%PDF-"):
        return renewed.startswith(before.document)
    if is_record(before.document):
        objects = [Pieces((one,)) for _, one in before.content.files]
        return records.parse(renewed).holds(objects)
    after = Signed(renewed, before.content).open()
    return before.open().certificates() <= after.certificates()


def _newest(record: bytes) -> bytes:
    return hashlib.sha256(records.parse(record).newest.renewed).digest()
