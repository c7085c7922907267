"""How a database goes about a statement."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from core.database import Ledger, Transaction


def plans(ledger: Ledger, run: Callable[..., Any], *args: Any) -> list[str]:
    """The plan of each statement that a function runs."""

    def explain(transaction: Transaction) -> list[str]:
        said: list[tuple[Any, ...]] = []
        event.listen(transaction, "before_cursor_execute", lambda *told: said.append(told[2:4]))
        run(transaction, *args)
        statements, explain = tuple(said), "EXPLAIN QUERY PLAN"
        if transaction.dialect.name == "postgresql":  # whose planner reads few rows as they lie
            explain = "EXPLAIN"
            for kind in ("seqscan", "bitmapscan", "sort"):
                transaction.exec_driver_sql(f"SET LOCAL enable_{kind} = off")
        return [
            str(transaction.exec_driver_sql(f"{explain} {statement}", parameters).all())
            for statement, parameters in statements
        ]

    return ledger.write_now(explain)
