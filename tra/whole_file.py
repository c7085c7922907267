"""A file is written whole or not at all, whenever the power fails."""

import os
from pathlib import Path


def write(file: Path, content: bytes) -> None:
    """Write beside it, wait for the disk, and put it in its place."""
    beside = file.with_name(f".{file.name}.new")
    with beside.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
