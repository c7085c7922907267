"""The ledger: every read and write of the database is one function of a transaction.

A change of state is answered after its commit, never before. Functions that wait at the same
time are run in one transaction and committed together (group commit); where one of them raises,
the batch is rolled back and each is run alone, so a function may run more than once and must
have no effect outside its transaction.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import alembic.command
import alembic.config
import alembic.migration
import alembic.script
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import OVERLOADED, Refusal

P = ParamSpec("P")
T = TypeVar("T")

Transaction = Connection
"""What a store function is handed: one open transaction."""

BATCH = 64
"""Functions in one group commit, at most."""

WAITING = 2_000
"""Functions that may wait before the ledger refuses more (answered as 503)."""

RETRIES = 4
"""How often one function is run again after a deadlock or a serialization failure."""

_SQLITE_BUSY_SECONDS = 30
_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected


@dataclass(slots=True)
class _Job:
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():  # the caller went away (a cancelled request)
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Ledger:
    """The database of one service. Threads inside, one connection each; safe to share."""

    def __init__(self, url: str | URL, *, writers: int = 2, readers: int = 2) -> None:
        parsed = make_url(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self._write_engine = _engine(parsed, read_only=False)
        self._read_engine = _engine(parsed, read_only=True)
        # SQLite has one writer at a time: a second thread would only wait for the lock.
        self._writing = _Lane(self._write_engine, 1 if self.sqlite else writers)
        self._reading = _Lane(self._read_engine, readers)

    async def write(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn(transaction, *args)`; return what it returns, after its commit."""
        return await self._writing.submit_async(fn, args, kwargs)  # type: ignore[no-any-return]

    async def read(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `fn` on a connection that cannot write."""
        return await self._reading.submit_async(fn, args, kwargs)  # type: ignore[no-any-return]

    def write_now(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for callers without an event loop: commands, worker threads, tests."""
        return self._writing.submit(fn, args, kwargs).result()  # type: ignore[no-any-return]

    def read_now(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`read` for callers without an event loop."""
        return self._reading.submit(fn, args, kwargs).result()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Finish what was submitted, then stop the threads and close the connections."""
        for lane in (self._writing, self._reading):
            lane.close()
        for engine in (self._write_engine, self._read_engine):
            engine.dispose()


class _Lane:
    """Threads that take what waits and run it together in one transaction."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit_async(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(_Job(fn, args, kwargs, future, loop))
        return future

    def submit(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> "Future[Any]":
        future: Future[Any] = Future()
        self._put(_Job(fn, args, kwargs, future, None))
        return future

    def close(self) -> None:
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _put(self, job: _Job) -> None:
        if self._closed:
            raise RuntimeError("the ledger is closed")
        if self._jobs.qsize() >= WAITING:
            raise Refusal(OVERLOADED, "the ledger's queue is full", {"Retry-After": "2"})
        self._jobs.put(job)

    def _work(self) -> None:
        connection: Connection | None = None
        while True:
            batch, last = self._take()
            if batch:
                connection = self._run(batch, connection)
                _settle(batch)
            if last:
                if connection is not None:
                    connection.close()
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for one job, then take the others that wait already."""
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH:
                return batch, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _run(self, batch: list[_Job], connection: Connection | None) -> Connection | None:
        """Run the batch in one transaction, or where that fails each function in its own."""
        connection, error, committing = self._attempt(batch, connection)
        if error is None:
            return connection
        if _final(error, committing) and (committing or len(batch) == 1):
            for job in batch:
                job.error = error
            return connection
        for job in batch:
            connection = self._run_alone(job, connection)
        return connection

    def _run_alone(self, job: _Job, connection: Connection | None) -> Connection | None:
        for _ in range(RETRIES):
            connection, error, committing = self._attempt([job], connection)
            job.error = error
            if error is None or _final(error, committing):
                break
        return connection

    def _attempt(
        self, batch: list[_Job], connection: Connection | None
    ) -> tuple[Connection | None, Exception | None, bool]:
        committing = False
        try:
            if connection is None:
                connection = self._engine.connect()
            with connection.begin() as transaction:
                for job in batch:
                    job.result = job.fn(connection, *job.args, **job.kwargs)
                committing = True
                transaction.commit()
        except Exception as error:  # whatever a function raises belongs to its caller
            if connection is not None and (connection.invalidated or _disconnected(error)):
                connection.close()
                connection = None
            return connection, error, committing
        return connection, None, False


def _settle(batch: list[_Job]) -> None:
    """Wake those who wait: one call into each event loop for the whole batch."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        if job.loop is None:
            job.settle()
        else:
            by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, jobs)
        except RuntimeError:  # that loop is closed: nobody waits any more
            continue


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def _final(error: Exception, committing: bool) -> bool:
    """Whether running it again would be wrong: a commit whose answer was lost may have happened."""
    return not _retryable(error) or (committing and _disconnected(error))


def _disconnected(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _retryable(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in _RETRYABLE_SQLSTATES or _disconnected(error):
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


def _engine(url: URL, *, read_only: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, read_only=read_only)
    options = "-c default_transaction_read_only=on" if read_only else ""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        hide_parameters=True,  # what is logged of an error must not tell what was stored
        connect_args={"options": options, "connect_timeout": 10},
    )


def _sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file: the threads of a ledger share one database")
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": _SQLITE_BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # an answered change survives a power cut
            "foreign_keys = ON",
            f"query_only = {'ON' if read_only else 'OFF'}",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: no upgrade from read to write can deadlock.
        connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")

    return engine


def migrate(url: str, scripts: Path, *, revision: str = "head") -> None:
    """Bring the database to `revision` (Alembic scripts in the folder `scripts`)."""
    engine = _engine(make_url(url), read_only=False)
    try:
        with engine.begin() as connection:
            config = _alembic(scripts)
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, revision)
    finally:
        engine.dispose()


def at_head(transaction: Transaction, scripts: Path) -> bool:
    """Whether the database has the newest schema."""
    wanted = alembic.script.ScriptDirectory.from_config(_alembic(scripts)).get_current_head()
    context = alembic.migration.MigrationContext.configure(transaction)
    return context.get_current_revision() == wanted


def _alembic(scripts: Path) -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(scripts))
    return config
