"""A file is written whole or not at all, whenever the power fails."""

import os
from contextlib import suppress
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """Write beside it, wait for the disk, and put it in its place: in that of the file that a link
    leads to, for those who might read that."""
    file = file.resolve()
    beside = file.with_name(f".{file.name}.new")
    with beside.open("wb") as written:
        with suppress(FileNotFoundError):
            os.fchmod(written.fileno(), file.stat().st_mode & 0o777)
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
