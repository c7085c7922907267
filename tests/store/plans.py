"""How a database goes about a statement."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from core.database import Ledger, Transaction


def plan(ledger: Ledger, run: Callable[..., Any], *args: Any) -> str:
    """The plan of the one statement that a function runs."""

    def explain(transaction: Transaction) -> str:
        said = []
        event.listen(transaction, "before_cursor_execute", lambda *told: said.append(told[2:4]))
        run(transaction, *args)
        [(statement, parameters)] = said
        if transaction.dialect.name == "postgresql":  # whose planner reads few rows as they lie
            for kind in ("seqscan", "bitmapscan", "sort"):
                transaction.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
            return str(transaction.exec_driver_sql(f"EXPLAIN {statement}", parameters).all())
        return str(transaction.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())

    return ledger.write_now(explain)
