"""Amounts that are probably not a line's money: an order's total, cents."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.health.finding import Finding, share
from features.ingest.queries import first_row
from features.ingest.table import DIGEST

FEWEST_ORDERS, MOSTLY, FEWEST_TOTALS = 10, 0.9, 3
# Of more rows than these some orders are looked at, the same ones whatever the order of the rows.
ROWS_LOOKED_AT = 500_000
FEWEST_AMOUNTS, LARGE, ROUND_SHARE = 20, 500, 0.8
# Whole and large numbers are what money is there.
WITHOUT_CENTS = {
    *("JPY", "KRW", "VND", "CLP", "ISK", "HUF", "IDR", "COP", "PYG", "UGX", "TWD", "RUB"),
    *("INR", "PKR", "NGN", "KZT", "PHP", "THB", "KES", "ARS", "CZK", "LKR", "IRR", "XAF", "XOF"),
}


def about_amounts(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, counts: dict[str, int]
) -> Iterator[Finding]:
    """What is odd about the amounts of the views `counted` and `merged`."""
    if data.columns.order_id is not None and "amount_is" not in data.model_fields_set:
        yield from _totals(connection, data, counts)
    if "amount_unit" not in data.model_fields_set and data.currency not in WITHOUT_CENTS:
        yield from _cents(connection, data)


def _totals(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, counts: dict[str, int]
) -> Iterator[Finding]:
    """Orders whose rows differ, yet carry one amount."""
    rows = counts["lines"] + counts["rows_merged"]
    if rows <= counts["orders"]:
        return
    every = rows // ROWS_LOOKED_AT + 1
    several = (
        "SELECT min(amount) AS low, max(amount) AS high FROM counted WHERE order_id IS NOT NULL "
        f"AND hash(order_id) % {every} = 0 GROUP BY customer_id, order_id "
        f"HAVING count(*) > 1 AND min({DIGEST}) <> max({DIGEST}) AND max(amount) <> 0"
    )
    found = first_row(
        connection,
        "SELECT count(*), count_if(low = high), count(DISTINCT low) FILTER (low = high) "
        f"FROM ({several})",
    )
    orders, alike, totals = found or (0, 0, 0)
    if orders >= FEWEST_ORDERS and alike >= MOSTLY * orders and totals >= FEWEST_TOTALS:
        looked = "" if every == 1 else " that were looked at"
        yield Finding(
            "one_amount_in_each_order",
            f"{alike:,} of {orders:,} orders of several rows{looked} ({share(alike, orders)}) "
            f"carry one amount on all of them: where column {data.columns.amount} is the order's "
            'total, set data.amount_is = "order_total", else "line"',
            alike,
        )


def _cents(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> Iterator[Finding]:
    if first_row(connection, "SELECT 1 FROM merged WHERE amount <> trunc(amount) LIMIT 1"):
        return
    found = first_row(
        connection,
        f"SELECT count(*), count_if(abs(amount) >= {LARGE}), count_if(amount % 10 = 0) "
        "FROM merged WHERE amount <> 0",
    )
    amounts, large, tens = found or (0, 0, 0)
    if amounts >= FEWEST_AMOUNTS and large * 2 >= amounts:
        if tens > ROUND_SHARE * amounts:
            return
        yield Finding(
            "amounts_like_cents",
            f"all {amounts:,} amounts are whole numbers, and {large:,} of them {LARGE} or more: "
            f'where column {data.columns.amount} is in cents, set data.amount_unit = "minor", '
            'else "major"',
            amounts,
        )
