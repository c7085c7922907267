"""Statements that hot endpoints run: written in SQLAlchemy Core, run by the driver itself.

SQLAlchemy spends five times a driver's work on a small statement, on what is the same each time.
Here that is done once: the statement is compiled for the database at hand and kept as text, with
the order of its parameters and the names of its columns.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Delete, Insert, Select, Update

from core.database import Transaction

Clause = Select[Any] | Insert | Update | Delete

_PLAIN: Final = (Text, Integer, BigInteger, LargeBinary)
"""Types that the drivers take and give as they are."""

_NAMED: Any = namedtuple  # noqa: PYI024  # names are known when it runs, too late for types


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    names: tuple[str, ...] | None  # of its parameters, where the driver counts them
    constants: Mapping[str, Any]
    row: Callable[[tuple[Any, ...]], Any]

    def values(self, parameters: Mapping[str, Any]) -> Any:
        given = {**self.constants, **parameters} if self.constants else parameters
        return given if self.names is None else [given[name] for name in self.names]


class Prepared:
    """A statement that is compiled once. Rows are named tuples."""

    def __init__(self, clause: Clause) -> None:
        self._clauses: dict[str, Clause] = {"sqlite": clause, "postgresql": clause}
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    @classmethod
    def upsert(cls, clause: Callable[[Any], Clause]) -> "Prepared":
        """`clause` is handed the `insert` of the dialect, which has `on_conflict_do_nothing`."""
        prepared = cls(clause(sqlite.insert))
        prepared._clauses["postgresql"] = clause(postgresql.insert)
        return prepared

    def run(self, transaction: Transaction, parameters: Mapping[str, Any]) -> int:
        """Run it; return how many rows it changed."""
        _, cursor = self._execute(transaction, parameters)
        return int(cursor.rowcount)

    def first(self, transaction: Transaction, parameters: Mapping[str, Any]) -> Any:
        """Run it; return its first row, or None."""
        compiled, cursor = self._execute(transaction, parameters)
        found = cursor.fetchone()
        return None if found is None else compiled.row(found)

    def _execute(
        self, transaction: Transaction, parameters: Mapping[str, Any]
    ) -> tuple[_Compiled, Any]:
        dialect = transaction.dialect
        key = dialect.name, *parameters
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = _compile(transaction, self._clauses[dialect.name], tuple(parameters))
            self._compiled[key] = compiled
        driver: Any = transaction.connection.driver_connection
        try:
            return compiled, driver.execute(compiled.sql, compiled.values(parameters))
        except dialect.loaded_dbapi.Error as error:
            raise _told(transaction, compiled.sql, error, driver) from error


def _compile(transaction: Transaction, clause: Clause, given: tuple[str, ...]) -> _Compiled:
    compiled: Any = clause.compile(dialect=transaction.dialect, column_keys=list(given))
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    if set(given) != compiled.binds.keys() - constants.keys():
        raise TypeError(f"{list(compiled.binds)} are the parameters, not {list(given)}")
    columns = clause.exported_columns
    for column in (*columns, *compiled.binds.values()):
        if not isinstance(column.type, _PLAIN):
            raise TypeError(f"{column.type!r} is no type that drivers take as it is")
    names = compiled.positiontup
    return _Compiled(
        str(compiled), None if names is None else tuple(names), constants, _row(columns.keys())
    )


def _row(names: list[Any]) -> Callable[[tuple[Any, ...]], Any]:
    # SQLAlchemy's own rows look each name up: fifteen times a named tuple's work.
    kind: Any = _NAMED("Row", names)
    return kind._make  # type: ignore[no-any-return]


def _told(transaction: Transaction, sql: str, error: Any, driver: Any) -> BaseException:
    """The driver's error as SQLAlchemy tells it, which the ledger weighs."""
    dialect = transaction.dialect
    lost = dialect.is_disconnect(error, driver, None)
    if lost:
        transaction.invalidate(error)
    told: BaseException = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return told
