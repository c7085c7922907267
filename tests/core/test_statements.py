"""Prepared statements say what SQLAlchemy says, and fail as it does."""

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.database import Ledger, Transaction
from core.statements import Prepared
from tests.postgres import Cluster

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("name", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("secret", LargeBinary),
)
flags = Table("flags", metadata, Column("flag", Boolean))

ADD = Prepared(insert(things))
ADD_ONCE = Prepared.upsert(lambda insert: insert(things).on_conflict_do_nothing())
FIND = Prepared(select(things).where(things.c.name == bindparam("wanted")))
TAKE = Prepared(
    update(things)
    .where(things.c.name == bindparam("wanted"), things.c.count < 10)
    .values(count=things.c.count + 1)
    .returning(things.c.count)
)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(database_url)
    ledger.write_now(metadata.create_all)
    yield ledger
    ledger.close()


def add(transaction: Transaction, name: str, count: int = 1) -> int:
    return ADD.run(transaction, {"name": name, "count": count, "secret": b"\x00\xff"})


def test_rows_have_the_names_and_the_types_of_their_columns(ledger: Ledger) -> None:
    assert ledger.write_now(add, "one", 1 << 40) == 1
    row = ledger.read_now(FIND.first, {"wanted": "one"})
    assert (row.name, row.count, row.secret) == ("one", 1 << 40, b"\x00\xff")


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    assert ledger.read_now(FIND.first, {"wanted": "none"}) is None


def test_values_that_stand_in_the_statement_count(ledger: Ledger) -> None:
    ledger.write_now(add, "one", 9)
    assert ledger.write_now(TAKE.first, {"wanted": "one"}).count == 10
    assert ledger.write_now(TAKE.first, {"wanted": "one"}) is None


def test_a_column_that_is_not_given_has_its_default(ledger: Ledger) -> None:
    ledger.write_now(ADD.run, {"name": "bare", "count": 0})
    assert ledger.read_now(FIND.first, {"wanted": "bare"}).secret is None


def test_a_conflict_that_is_expected_changes_no_row(ledger: Ledger) -> None:
    row = {"name": "one", "count": 1, "secret": None}
    assert [ledger.write_now(ADD_ONCE.run, row) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("given", [{}, {"wanted": "one", "more": 1}, {"other": "one"}])
def test_parameters_are_those_of_the_statement(ledger: Ledger, given: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="wanted"):
        ledger.read_now(FIND.first, given)


def test_types_that_need_sqlalchemy_are_refused(ledger: Ledger) -> None:
    with pytest.raises(TypeError, match="Boolean"):
        ledger.write_now(Prepared(insert(flags)).run, {"flag": True})


def test_an_error_is_told_as_sqlalchemy_tells_it_without_what_was_stored(ledger: Ledger) -> None:
    ledger.write_now(add, "hunter2")
    with pytest.raises(IntegrityError) as error:
        ledger.write_now(add, "hunter2")
    assert "hunter2" not in str(error.value).partition("[SQL")[2]
    assert ledger.write_now(add, "another") == 1


def test_a_lost_connection_is_made_again(postgres: Cluster) -> None:
    """A server that was started again has ended every connection."""
    ledger = Ledger(postgres.new_database(), writers=1)
    ledger.write_now(metadata.create_all)
    pid = ledger.write_now(lambda tx: tx.execute(text("SELECT pg_backend_pid()")).scalar_one())
    ledger.read_now(lambda tx: tx.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)")))
    assert ledger.write_now(add, "one") == 1
    assert ledger.read_now(FIND.first, {"wanted": "one"}).count == 1
    ledger.close()


def test_a_connection_that_is_lost_in_the_middle_is_told_so(postgres: Cluster) -> None:
    ledger = Ledger(postgres.new_database())
    ledger.write_now(metadata.create_all)

    def die(transaction: Transaction) -> None:
        transaction.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        add(transaction, "one")

    with pytest.raises(DBAPIError) as error:
        ledger.write_now(die)
    assert error.value.connection_invalidated
    assert ledger.read_now(FIND.first, {"wanted": "one"}) is None
    ledger.close()
