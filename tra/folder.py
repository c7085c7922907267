"""A folder of PDFs, sealed file by file: it may be stopped at any time and begun again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signing.formats.seal import File
from tra import whole_file
from tra.agency import Agency, Order, Refused

_FILES_EACH: Final = 50
"""Files for which one access token is asked."""

_TRIES: Final = 5
_BUSY: Final = frozenset({409, 503})

Open = Callable[[], AbstractAsyncContextManager[Agency]]
"""Lets an agency's program in, with a fresh token."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of a file: `sealed`, `already` sealed by an earlier run, or `refused`, with the
    refusal's stable code and what to do."""

    file: str
    state: str
    code: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """From where to where, how long it can be proven, and how many at once."""

    source: Path
    target: Path
    level: str
    at_once: int = 4

    @property
    def files(self) -> list[Path]:
        """Every PDF below the source, by name."""
        return sorted(
            one for one in self.source.rglob("*") if one.suffix.lower() == ".pdf" and one.is_file()
        )


async def seal(job: Job, let_in: Open) -> AsyncIterator[Line]:
    """Each file's line, as soon as its seal is on the disk."""
    files = job.files
    for first in range(0, len(files), _FILES_EACH):
        async with let_in() as ours:
            async for line in _some(job, ours, files[first : first + _FILES_EACH]):
                yield line


async def _some(job: Job, ours: Agency, files: Iterable[Path]) -> AsyncIterator[Line]:
    room = asyncio.Semaphore(job.at_once)

    async def one(file: Path) -> Line:
        async with room:
            return await _seal(job, ours, file)

    tasks = [asyncio.create_task(one(file)) for file in files]
    try:
        for finished in asyncio.as_completed(tasks):
            yield await finished
    finally:
        for task in tasks:
            task.cancel()


async def _seal(job: Job, ours: Agency, file: Path) -> Line:
    name = str(file.relative_to(job.source))
    out = job.target / name
    content = await asyncio.to_thread(_unsealed, file, out)
    if content is None:
        return Line(name, "already")
    # The same document again is the same request: a run that was stopped seals nothing twice.
    key = hashlib.sha256(content).hexdigest() + f"-{job.level}"
    order = Order((File(file.name, "application/pdf", content),), None, job.level, key)
    try:
        sealed = await _patiently(ours, order)
    except Refused as refused:
        return Line(name, "refused", refused.code, refused.message)
    await asyncio.to_thread(_write, out, sealed)
    return Line(name, "sealed")


async def _patiently(ours: Agency, order: Order) -> bytes:
    """A service that is busy, or still at the same document, is asked again a little later."""
    for again in range(_TRIES):
        try:
            return await ours.seal(order)
        except Refused as refused:
            if refused.status not in _BUSY or again == _TRIES - 1:
                raise
            await asyncio.sleep(2**again)
    raise AssertionError("the last try returns or raises")


def _unsealed(file: Path, out: Path) -> bytes | None:
    """What is to be sealed; None where it is: a seal follows the document's own bytes."""
    content = file.read_bytes()
    sealed = out.read_bytes() if out.exists() else b""
    return None if sealed.startswith(content) and len(sealed) > len(content) else content


def _write(out: Path, sealed: bytes) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(out, sealed)
