"""Where documents come in: so many at once, and readers of its own for what others made.

The public has one desk and agencies have another: whatever somebody sends to be checked, no seal
waits for it.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, ParamSpec, TypeVar

from core.errors import OVERLOADED, Refusal
from signing.formats.readers import Readers

P = ParamSpec("P")
T = TypeVar("T")

DOCUMENTS_AT_ONCE: Final = 16
"""Documents in memory at the same time; more are asked to wait (503)."""


class Desk:
    """One of them, with its readers."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self._waiting = ThreadPoolExecutor(readers.count, thread_name_prefix="readers")
        self.held = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Room for one document; raises Refusal where there is none."""
        if self.held >= DOCUMENTS_AT_ONCE:
            raise Refusal(OVERLOADED, "too many documents at once", {"Retry-After": "5"})
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    async def wait(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for another process that looks into a file: its readers, or PDFium."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._waiting, partial(fn, *args, **kwargs))
