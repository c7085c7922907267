"""A stock of files, proven by one time-stamp: an evidence record beside each (RFC 4998 §4.2)."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from signing.formats import primitives
from signing.formats.detached import Detached
from signing.formats.ers import reading, renewal
from signing.rules.hash_tree import Tree
from signing.rules.report import Level
from tra import archive, beside
from tra.agency import Agency


def files_below(folder: Path) -> Iterator[Path]:
    """Those without a record that fits; hidden files, links and records are left out."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.is_symlink() or file.name.startswith("."):
            continue
        if not _is_record(file) and not archive.is_recorded(file):
            yield file


async def record(ours: Agency, files: Sequence[Path]) -> AsyncIterator[Path]:
    """Put a record beside each; the files as theirs are there. The first is made for the smallest
    file, and checked by the service, which adds what proves the time-stamp. One that is cut off
    where the power fails is none, and made again at the next run: the disk is waited for once."""
    digests = [_digest(file) for file in files]
    tree = Tree.over(digests, partial(primitives.digest, "sha256"))
    token = await ours.time_stamp(tree.root)
    smallest = min(range(len(files)), key=lambda one: files[one].stat().st_size)
    first = renewal.write(tree.reduced(smallest), token)
    proven = await ours.augment(first, Detached.of(files[smallest].read_bytes()), Level.LT)
    token = reading.parse(proven).newest.encoded
    if renewal.with_newest(first, token) != proven:
        raise click.ClickException(
            "what came back is not the record, proven: tell whoever runs the service"
        )
    for place, file in enumerate(files):
        path = file.with_name(file.name + beside.RECORDS[0])
        path.write_bytes(renewal.write(tree.reduced(place), token))
        yield file
    os.sync()


def _is_record(file: Path) -> bool:
    """By its name; the record of a record would be one too many."""
    return file.suffix.lower() in beside.RECORDS


def _digest(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()
