"""Rows that count -> one row a customer, order, moment, category and channel.

The same to the last bit whatever the order of the rows: amounts are summed small before large.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.queries import first_row, number
from features.ingest.table import DIGEST, FILE
from features.schema import ZERO_AMOUNT
from features.timestamps import DAY_US

KEYS = ("customer_id", "order_id", "us", "category", "channel")
# Of these alone, each line is an order.
SHORTEST = ("customer_id", "us")
ORDER = "customer_id, order_id, CASE WHEN order_id IS NULL THEN us END"


def known_keys(data: PurchaseData) -> list[str]:
    """Those of KEYS that are not null everywhere."""
    columns = data.columns.model_dump()
    return [name for name in KEYS if name == "us" or columns[name]]


def keep(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> dict[str, int]:
    """The view `kept` of the table `counted`, by the policy on refunds; counts by reason."""
    net = "amount >= 0" if data.refunds == "drop" else "true"
    connection.execute(
        f"CREATE TEMP VIEW kept AS SELECT * EXCLUDE (amount), {_amount_once(data)} AS amount "
        f"FROM counted WHERE {net}"
    )
    found = first_row(
        connection, "SELECT count_if(amount < 0), count_if(amount = 0), count(*) FROM counted"
    ) or (0, 0, 0)
    refunds, zero, rows = (int(each or 0) for each in found)
    dropped = refunds if data.refunds == "drop" else 0
    return {
        "refund_rows_dropped": dropped,
        "refund_rows_netted": refunds - dropped,
        "zero_amount_rows": zero,
        "rows_kept": rows - dropped,
    }


def merge(connection: duckdb.DuckDBPyConnection, known: Sequence[str] = KEYS) -> None:
    """The table `merged` of `kept`: a row for each of KEYS, amounts and costs summed.

    known   those of KEYS that are not null everywhere: the others are no columns of it
    """
    keys = ", ".join(known)
    connection.execute(
        f"CREATE TEMP TABLE merged AS SELECT {keys}, sum(amount) AS amount, sum(cost) AS cost, "
        f"count(*) AS rows FROM kept GROUP BY {keys}"
    )
    if number(connection, "SELECT max(rows) FROM merged") >= 3:
        _sum_in_order(connection, known)


def copies(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> tuple[int, int]:
    """Rows of `kept` that are an exact copy of another: all, and those in another file."""
    # subtle: copies share a line, so that only lines of several rows are looked at
    found = first_row(
        connection,
        f"""SELECT sum(rows - 1), sum(files - 1) FROM (
            SELECT count(*) AS rows, count(DISTINCT {FILE}) AS files FROM kept
            SEMI JOIN (SELECT * FROM merged WHERE rows >= 2) many ON {_alike(known)}
            GROUP BY {DIGEST}, kept.customer_id, kept.us)""",
    )
    total, across = found or (0, 0)
    return int(total or 0), int(across or 0)


def long_order(
    connection: duckdb.DuckDBPyConnection, days: int
) -> tuple[str, str, int, int, int] | None:
    """The first order whose lines lie further apart than so many days, and how many there are.

    customer, order, first and last moment in UTC microseconds, number of such orders
    """
    found = first_row(
        connection,
        "SELECT CAST(customer_id AS VARCHAR), CAST(order_id AS VARCHAR), min(us), max(us), "
        "count(*) OVER () FROM merged WHERE order_id IS NOT NULL GROUP BY customer_id, order_id "
        f"HAVING max(us) - min(us) > {days * DAY_US} ORDER BY 1, 2 LIMIT 1",
    )
    return found if found is None else (found[0], found[1], found[2], found[3], found[4])


def count_customers(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> dict[str, int]:
    """The table `customers` of the lines `merged`, and how many orders of which sign there are.

    One row per customer: its number in the order of ids, orders, purchases, refunds.
    """
    source = "merged"
    if len(known) > len(SHORTEST):
        order = ORDER if "order_id" in known else "customer_id, us"
        source = f"(SELECT customer_id, sum(amount) AS amount FROM merged GROUP BY {order})"
    connection.execute(
        f"""CREATE TEMP TABLE customers AS
        SELECT *, CAST(row_number() OVER (ORDER BY CAST(customer_id AS VARCHAR)) - 1 AS INTEGER)
            AS customer
        FROM (SELECT customer_id, count(*) AS orders,
            count_if(amount > {ZERO_AMOUNT}) AS purchases,
            count_if(amount < -{ZERO_AMOUNT}) AS refunds FROM {source} GROUP BY customer_id)"""
    )
    found: Sequence[int | None] = (
        first_row(
            connection,
            "SELECT (SELECT count(*) FROM merged), sum(orders), sum(purchases), sum(refunds), "
            "count(*), count_if(purchases = 0) FROM customers",
        )
        or [0] * 6
    )
    lines, orders, purchases, refunds, customers, without = (int(each or 0) for each in found)
    return {
        "lines": lines,
        "orders": orders,
        "purchases": purchases,
        "refund_orders": refunds,
        "zero_orders": orders - purchases - refunds,
        "customers": customers,
        "customers_without_purchase": without,
    }


def _amount_once(data: PurchaseData) -> str:
    """SQL of a row's own part of the order: its total stands on the first row, 0 on the others."""
    if data.amount_is != "order_total":
        return "amount"
    first = (
        "row_number() OVER (PARTITION BY customer_id, order_id "
        f"ORDER BY us, category NULLS LAST, channel NULLS LAST, {DIGEST}) = 1"
    )
    return f"CASE WHEN order_id IS NULL OR {first} THEN amount ELSE 0 END"


def _sum_in_order(connection: duckdb.DuckDBPyConnection, known: Sequence[str]) -> None:
    """Sum three and more amounts anew, small before large: of two the order does not matter."""
    keys = ", ".join(f"kept.{name}" for name in known)
    connection.execute(
        f"""CREATE TEMP TABLE many AS
        SELECT {keys}, sum(kept.amount ORDER BY kept.amount) AS amount,
            sum(kept.cost ORDER BY kept.cost) AS cost, count(*) AS rows
        FROM kept SEMI JOIN (SELECT * FROM merged WHERE rows >= 3) many ON {_alike(known)}
        GROUP BY {keys}"""
    )
    connection.execute("DELETE FROM merged WHERE rows >= 3")
    connection.execute("INSERT INTO merged SELECT * FROM many")


def _alike(known: Sequence[str]) -> str:
    return " AND ".join(f"kept.{name} IS NOT DISTINCT FROM many.{name}" for name in known)
