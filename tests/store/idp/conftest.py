"""The provider's database, empty, on SQLite and on PostgreSQL; and many who want the same thing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from core.database import Ledger, migrate
from idp.store import MIGRATIONS
from tests.prepared import prepare

THREADS = 50
PROCESSES = 5
"""Each with a ledger, and so with connections, of its own."""


def _newest(database_url: str, _now: int) -> None:
    migrate(database_url, MIGRATIONS)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    prepare(database_url, _newest, 0)
    ledger = Ledger(database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def at_once(ledger: Ledger, database_url: str) -> Iterator[Callable[..., list[Any]]]:
    """Runs a store function from 50 threads in the same moment; returns what each got. `{n}` in
    an argument is the thread's number."""
    ledgers = [Ledger(database_url) for _ in range(PROCESSES)]

    def run(fn: Callable[..., Any], *args: Any) -> list[Any]:
        together = Barrier(THREADS)

        def one(n: int) -> Any:
            mine = [arg.replace("{n}", str(n)) if isinstance(arg, str) else arg for arg in args]
            together.wait()
            return ledgers[n % PROCESSES].write_now(fn, *mine)

        with ThreadPoolExecutor(THREADS) as threads:
            return list(threads.map(one, range(THREADS)))

    yield run
    for each in ledgers:
        each.close()
