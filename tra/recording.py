"""A stock of files, proven by one time-stamp: an evidence record beside each (RFC 4998 §4.2)."""

import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from signing.formats import primitives
from signing.formats.ers import reading, renewal
from signing.rules.hash_tree import Tree
from signing.rules.report import Level
from tra import archive, beside
from tra.agency import Agency


@dataclass(frozen=True, slots=True)
class Stock:
    """The files of a folder that have no record, and those that have one, or something else in its
    place, that doesn't fit: they were changed, perhaps, and it is the proof of what they were."""

    files: tuple[Path, ...]
    odd: tuple[Path, ...]


def stock(folder: Path) -> Stock:
    """Hidden files, links and records are left out. Raises OSError."""
    files: list[Path] = []
    odd: list[Path] = []
    for file in sorted(folder.rglob("*")):
        left_out = file.is_symlink() or file.name.startswith(".") or _is_record(file)
        if left_out or not file.is_file() or archive.is_recorded(file):
            continue
        (odd if any(map(_is_taken, beside.records(file))) else files).append(file)
    return Stock(tuple(files), tuple(odd))


async def record(ours: Agency, files: Sequence[Path]) -> AsyncIterator[Path]:
    """Put a record beside each; the files as theirs are there. The first is made for the smallest
    file, and checked by the service, which adds what proves the time-stamp. The disk is waited for
    once: one that is empty after the power failed is made again at the next run."""
    digests = [_digest(file) for file in files]
    tree = Tree.over(digests, partial(primitives.digest, "sha256"))
    token = await ours.time_stamp(tree.root)
    smallest = min(range(len(files)), key=lambda one: files[one].stat().st_size)
    first = renewal.write(tree.reduced(smallest), token)
    content = beside.read([files[smallest]], files[smallest].parent)
    proven = await ours.augment(first, content, Level.LT)
    token = reading.parse(proven).newest.encoded
    if renewal.with_newest(first, token) != proven:
        raise click.ClickException(
            "what came back is not the record, proven: tell whoever runs the service"
        )
    for place, file in enumerate(files):
        path = beside.records(file)[0]
        made = path.with_name(f".{path.name}.new")
        made.write_bytes(renewal.write(tree.reduced(place), token))
        made.replace(path)
        yield file
    os.sync()


def _is_taken(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _is_record(file: Path) -> bool:
    """By its name; the record of a record would be one too many."""
    return file.suffix.lower() in beside.RECORDS


def _digest(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()
