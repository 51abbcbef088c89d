"""The refunds of a shard's lines, as lines of the orders that they take back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import groupby

import duckdb
import pyarrow as pa

from features.ingest.merging import SORTED
from features.ingest.queries import number
from features.lines.refund_matching import SAME, OrderLine, match_refunds
from features.schema import OPTIONAL

# How a count of `match_refunds` is called among those of a log.
COUNTED = "refunds_matched: "


def settle_refunds(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> dict[str, int]:
    """Change the lines of `merged` that are refunds; how many were matched by what.

    known   which of the keys of a line `merged` has
    """
    refunds = f"SELECT customer_id FROM merged WHERE amount < -{SAME}"
    if not number(connection, f"SELECT count(*) FROM ({refunds})"):
        return {}
    read = {name: name if name in known else "NULL" for name in ("order_id", *OPTIONAL)}
    columns = f"customer_id, {read['order_id']}, us, amount, {read['category']}, {read['channel']}"
    ordered = ", ".join(sql for name, sql in SORTED.items() if name in known)
    rows = connection.execute(
        f"SELECT {columns}, cost FROM merged WHERE customer_id IN ({refunds}) "
        f"ORDER BY customer_id, {ordered}, amount"
    ).fetchall()
    counts, changed = Counter[str](), list[tuple[object, OrderLine]]()
    for customer, group in groupby(rows, key=lambda row: row[0]):
        lines = [OrderLine(_order(row[1], row[2]), *row[2:]) for row in group]
        matched, how = match_refunds(lines)
        counts += how
        changed += [(customer, line) for line in matched]
    connection.execute(f"DELETE FROM merged WHERE customer_id IN ({refunds})")
    _insert(connection, changed, known)
    return {f"{COUNTED}{name}": times for name, times in counts.items()}


def _order(order_id: object, us: int) -> Hashable:
    """A nameless order goes by its moment."""
    return ("", us) if order_id is None else order_id


def _insert(
    connection: duckdb.DuckDBPyConnection,
    lines: Sequence[tuple[object, OrderLine]],
    known: Sequence[str],
) -> None:
    # subtle: as texts, which the engine brings back to any type, for some are no number of Arrow's
    named = [None if isinstance(line.order, tuple) else str(line.order) for _, line in lines]
    began = [line.order[1] if isinstance(line.order, tuple) else None for _, line in lines]
    columns: dict[str, list[object]] = {
        "customer_id": [str(customer) for customer, _ in lines],
        "order_id": list(named),
        "us": [line.us for _, line in lines],
        "category": [line.category for _, line in lines],
        "channel": [line.channel for _, line in lines],
        "amount": [line.amount for _, line in lines],
        "cost": [line.cost for _, line in lines],
        "order_us": list(began),
    }
    shown = [name for name in columns if name in (*known, "amount", "cost", "order_us")]
    connection.register("matched", pa.table({name: columns[name] for name in shown}))
    connection.execute(
        f"INSERT INTO merged ({', '.join(shown)}) SELECT {', '.join(shown)} FROM matched"
    )
    connection.unregister("matched")
