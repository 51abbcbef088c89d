"""The refunds of a shard's lines, as lines of the orders that they take back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from features.ingest.merging import SORTED
from features.lines.refund_matching import SAME, OrderLine, refund_changes
from features.schema import OPTIONAL

# How a count by what matched is called among those of a log.
COUNTED = "refunds_matched: "


def settle_refunds(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> dict[str, int]:
    """Change the lines of `merged` that are refunds; how many were matched by what.

    known   which of the keys of a line `merged` has
    """
    counts, gone, changed = Counter[str](), list[int](), list[tuple[object, OrderLine]]()
    for customer, group in groupby(_lines(connection, known), key=lambda row: row[0]):
        rows = list(group)
        lines = [OrderLine(_order(row[2], row[3]), *row[3:]) for row in rows]
        for was, becomes, how in refund_changes(lines):
            counts[how] += 1
            gone += (row[1] for row in rows[was])
            changed += ((customer, line) for line in becomes)
    if not counts:
        return {}
    connection.register("gone", pa.table({"place": gone}))
    connection.execute("DELETE FROM merged WHERE rowid IN (SELECT place FROM gone)")
    connection.unregister("gone")
    _insert(connection, changed, known)
    return {f"{COUNTED}{name}": times for name, times in counts.items()}


def _lines(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> list[tuple[Any, ...]]:
    """Of customers with refunds, the lines until their last one: what comes later changes nothing.

    Customer, the line's place in `merged`, order, moment, amount, category, channel, cost.
    """
    read = {name: name if name in known else "NULL" for name in ("order_id", *OPTIONAL)}
    ordered = ", ".join(sql for name, sql in SORTED.items() if name in known)
    return connection.execute(
        f"""WITH refunds AS (
            SELECT customer_id, max(us) AS last FROM merged WHERE amount < -{SAME} GROUP BY 1)
        SELECT customer_id, merged.rowid, {read["order_id"]}, us, amount, {read["category"]},
            {read["channel"]}, cost
        FROM merged JOIN refunds USING (customer_id) WHERE us <= last
        ORDER BY customer_id, {ordered}, amount"""
    ).fetchall()


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
