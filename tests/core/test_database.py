"""The ledger: a change is answered after its commit, and a failing one harms no neighbour."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.database import Ledger, Transaction


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(database_url, writers=3, readers=2)
    ledger.write_now(lambda tx: tx.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)")))
    yield ledger
    ledger.close()


def put(tx: Transaction, n: int) -> int:
    tx.execute(text("INSERT INTO t VALUES (:n)"), {"n": n})
    return n


def put_then_fail(tx: Transaction, n: int) -> None:
    put(tx, n)
    raise LookupError(n)


def numbers(tx: Transaction) -> list[int]:
    return list(tx.execute(text("SELECT n FROM t ORDER BY n")).scalars())


def test_write_is_visible_to_a_reader_when_it_is_answered(ledger: Ledger) -> None:
    for n in range(20):
        assert ledger.write_now(put, n) == n
        assert n in ledger.read_now(numbers)


def test_function_that_raises_is_rolled_back_and_its_neighbours_are_stored(ledger: Ledger) -> None:
    async def many() -> list[object]:
        jobs = [
            ledger.write(put_then_fail if n % 7 == 3 else put, n)  # type: ignore[arg-type]
            for n in range(60)
        ]
        return await asyncio.gather(*jobs, return_exceptions=True)

    answers = asyncio.run(many())
    failed = [n for n, answer in enumerate(answers) if isinstance(answer, LookupError)]
    assert failed == [n for n in range(60) if n % 7 == 3]
    assert ledger.read_now(numbers) == [n for n in range(60) if n % 7 != 3]


def test_functions_that_wait_are_committed_together(ledger: Ledger) -> None:
    hold, transactions = threading.Event(), []

    def seen(tx: Transaction, n: int) -> None:
        transactions.append(id(tx.get_transaction()))
        put(tx, n)

    held = [
        ledger._writing.submit(lambda tx: hold.wait(10), (), {}) for _ in ledger._writing._threads
    ]
    waiting = [ledger._writing.submit(seen, (n,), {}) for n in range(30)]
    hold.set()
    for future in (*held, *waiting):
        future.result(10)
    assert len(transactions) == 30
    assert len(set(transactions)) <= len(ledger._writing._threads)


def test_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError):
        ledger.read_now(put, 1)
    assert ledger.read_now(numbers) == []


def test_duplicate_key_fails_only_the_one_that_came_second(ledger: Ledger) -> None:
    async def twice() -> list[object]:
        return await asyncio.gather(
            *(ledger.write(put, n // 2) for n in range(20)), return_exceptions=True
        )

    answers = asyncio.run(twice())
    assert sum(isinstance(answer, DBAPIError) for answer in answers) == 10
    assert ledger.read_now(numbers) == list(range(10))


def test_error_does_not_tell_what_was_stored(ledger: Ledger) -> None:
    def put_text(tx: Transaction) -> None:
        tx.execute(text("INSERT INTO t VALUES (:n)"), {"n": "hunter2"})
        tx.execute(text("INSERT INTO nowhere VALUES (:n)"), {"n": "hunter2"})

    with pytest.raises(DBAPIError) as error:
        ledger.write_now(put_text)
    assert "hunter2" not in str(error.value).partition("[SQL")[2]


def test_close_finishes_what_was_submitted(database_url: str) -> None:
    first = Ledger(database_url)
    first.write_now(lambda tx: tx.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)")))
    waiting = [first._writing.submit(put, (n,), {}) for n in range(200)]
    first.close()
    assert [future.result(0) for future in waiting] == list(range(200))
    second = Ledger(database_url)
    assert second.read_now(numbers) == list(range(200))
    second.close()
