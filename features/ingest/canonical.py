"""Rows that count -> canonical lines, the same to the last bit whatever the order of the rows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.queries import first_row, number
from features.ingest.table import DIGEST, FILE
from features.ingest.time_zones import day_of, is_utc, wall_of_utc
from features.schema import ZERO_AMOUNT
from features.timestamps import DAY_US, from_microseconds

KEYS = ("customer_id", "order_id", "us", "category", "channel")
# Of these alone, each line is an order.
SHORTEST = ("customer_id", "us")
# Of each customer: orders, and those by the sign of their sum.
CUSTOMERS = "customer_orders"
ALSO_MERGED = " AND ".join(f"kept.{name} IS NOT DISTINCT FROM many.{name}" for name in KEYS)
LINES = ("customer_id", "order_id", "us", "local_us", "amount", "category", "channel")
SORTED = "customer_id, us, order_id, category NULLS FIRST, channel NULLS FIRST"


def settle_rows(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, files: int
) -> dict[str, int]:
    """Apply the policies that look at several rows: the view `counted`; counts by reason.

    Raises DataError for orders that several files hold, lie too far apart or have several totals.
    """
    connection.execute("CREATE VIEW counted AS SELECT * EXCLUDE aside FROM typed WHERE aside = 0")
    counts = {"duplicate_rows_dropped": 0}
    if data.duplicates == "drop":
        counts["duplicate_rows_dropped"] = _drop_copies(connection)
    if data.columns.order_id is not None:
        if files > 1 and data.reexports != "keep":
            counts |= _settle_reexports(connection, data)
        _require_short_orders(connection, data)
        if data.amount_is == "order_total":
            _require_one_total(connection, data)
    return counts


def merge_lines(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> dict[str, int]:
    """The table `lines` of the view `counted`, and what became of its rows.

    One row per customer, order, moment, category and channel; amounts summed, small before large.
    """
    net = "true" if data.refunds == "net" else "amount >= 0"
    connection.execute(
        f"CREATE VIEW kept AS SELECT * EXCLUDE (amount), {_amount_once(data)} AS amount "
        f"FROM counted WHERE {net}"
    )
    refunds, zero, kept = first_row(
        connection, "SELECT count_if(amount < 0), count_if(amount = 0), count(*) FROM counted"
    ) or (0, 0, 0)
    if data.refunds == "error" and refunds:
        raise DataError(
            f'{refunds} rows are refunds and data.refunds = "error": remove them from the source, '
            "or set data.refunds to another policy"
        )
    columns = data.columns.model_dump()
    known = [name for name in KEYS if name == "us" or columns[name]]
    merge(connection, known)
    copies = 0 if data.duplicates == "drop" else _copies(connection)
    dropped = data.refunds == "drop"
    return {
        "duplicate_rows_kept": copies,
        "refund_rows_dropped": refunds if dropped else 0,
        "refund_rows_netted": 0 if dropped else refunds,
        "zero_amount_rows": zero,
        **_count_lines(connection, kept - (refunds if dropped else 0), known),
    }


def merge(connection: duckdb.DuckDBPyConnection, known: Sequence[str] = KEYS) -> None:
    """The table `merged` of the view `kept`: a row for each of KEYS, amounts and costs summed.

    known   those of KEYS that are not null everywhere
    """
    keys = ", ".join(known)
    shown = ", ".join(
        name if name in known else f"CAST(NULL AS VARCHAR) AS {name}" for name in KEYS
    )
    connection.execute(
        f"CREATE TABLE merged AS SELECT {shown}, sum(amount) AS amount, sum(cost) AS cost, "
        f"count(*) AS rows FROM kept GROUP BY {keys}"
    )
    _sum_in_order(connection)


def lines_query(timezone: str) -> str:
    """SQL of the canonical lines, LINES and the cost, a customer's lines together, in order."""
    local, beside = "us", ""
    if not is_utc(timezone):
        local, beside = wall_of_utc("us"), f" JOIN utc_days ON utc_days.day = {day_of('us')}"
    return (
        "SELECT CAST(customer_id AS VARCHAR) AS customer_id, "
        "COALESCE(CAST(order_id AS VARCHAR), '@' || us) AS order_id, us, "
        f"CAST({local} AS BIGINT) AS local_us, amount, category, channel, cost "
        f"FROM merged{beside} ORDER BY {SORTED}"
    )


def _drop_copies(connection: duckdb.DuckDBPyConnection) -> int:
    """Keep one of rows that are alike in every column of the source."""
    before = number(connection, "SELECT count(*) FROM counted")
    connection.execute(
        f"CREATE TABLE distinct_rows AS SELECT * EXCLUDE ({FILE}), any_value({FILE}) AS {FILE} "
        "FROM counted GROUP BY ALL"
    )
    connection.execute("CREATE OR REPLACE VIEW counted AS SELECT * FROM distinct_rows")
    after = number(connection, "SELECT count(*) FROM counted")
    return before - after


def _settle_reexports(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> dict[str, int]:
    """Of an order that several files hold, the newest file's rows; files are dated by name."""
    # subtle: of whichever customer, for a guest may have signed up in between
    several = (
        f"SELECT order_id, max({FILE}) AS newest, min({FILE}) AS oldest FROM counted "
        f"WHERE order_id IS NOT NULL GROUP BY order_id HAVING newest <> oldest"
    )
    found = first_row(
        connection, f"SELECT *, count(*) OVER () FROM ({several}) ORDER BY order_id LIMIT 1"
    )
    if found is None:
        return {}
    if data.reexports == "error":
        raise DataError(
            f"{found[2]}: order {found[0]!r} is also in {found[1]}, as are {found[3]} orders in "
            'several files: set data.reexports = "newest" where a later file (by name) repeats an '
            'order, or "keep" where an order is spread over files or each file has its own ids'
        )
    connection.execute(f"CREATE TABLE newest_files AS {several}")
    before = number(connection, "SELECT count(*) FROM counted")
    connection.execute(
        f"CREATE TABLE newest_rows AS SELECT counted.* FROM counted ANTI JOIN newest_files ON "
        f"counted.order_id = newest_files.order_id AND counted.{FILE} <> newest_files.newest"
    )
    connection.execute("CREATE OR REPLACE VIEW counted AS SELECT * FROM newest_rows")
    after = number(connection, "SELECT count(*) FROM counted")
    return {"reexported_rows_dropped": before - after}


def _require_short_orders(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> None:
    found = first_row(
        connection,
        "SELECT customer_id, order_id, min(us), max(us), count(*) OVER () FROM counted "
        "WHERE order_id IS NOT NULL GROUP BY customer_id, order_id "
        f"HAVING max(us) - min(us) > {data.order_span_days * DAY_US} ORDER BY 1, 2 LIMIT 1",
    )
    if found is not None:
        customer, order, first, last, several = found
        raise DataError(
            f"{data.transactions}: order {order!r} of customer {customer!r} has rows from "
            f"{from_microseconds(first):%Y-%m-%d} to {from_microseconds(last):%Y-%m-%d}, as have "
            f"{several} orders further apart than data.order_span_days = {data.order_span_days}: "
            "where ids restart or mean nothing, take out columns.order_id; else raise the days"
        )


def _require_one_total(connection: duckdb.DuckDBPyConnection, data: PurchaseData) -> None:
    found = first_row(
        connection,
        "SELECT order_id, min(amount), max(amount), min(customer_id), max(customer_id), "
        "count(*) OVER () FROM counted WHERE order_id IS NOT NULL GROUP BY order_id "
        "HAVING min(amount) <> max(amount) OR min(customer_id) <> max(customer_id) "
        "ORDER BY 1 LIMIT 1",
    )
    if found is not None and found[3] != found[4]:
        raise DataError(
            f"{data.transactions}: order {found[0]!r} has rows of the customers {found[3]!r} and "
            f'{found[4]!r}, though data.amount_is = "order_total" counts its total once: correct '
            'the rows, or set data.amount_is to "line"'
        )
    if found is not None:
        raise DataError(
            f"{data.transactions}: order {found[0]!r} has rows with {found[1]:g} and {found[2]:g}, "
            f"as have {found[5]} orders with several amounts, though data.amount_is = "
            '"order_total" says that each row repeats the order\'s total: set it to "line"'
        )


def _amount_once(data: PurchaseData) -> str:
    """SQL of a row's own part of the order: its total stands on the first row, 0 on the others."""
    if data.amount_is != "order_total":
        return "amount"
    first = (
        "row_number() OVER (PARTITION BY customer_id, order_id "
        f"ORDER BY us, category NULLS LAST, channel NULLS LAST, {DIGEST}) = 1"
    )
    return f"CASE WHEN order_id IS NULL OR {first} THEN amount ELSE 0 END"


def _sum_in_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Sum three and more amounts anew, small before large: of two the order does not matter."""
    if number(connection, "SELECT max(rows) FROM merged") < 3:
        return
    keys = ", ".join(f"kept.{name}" for name in KEYS)
    connection.execute(
        f"""CREATE TABLE many AS
        SELECT {keys}, sum(kept.amount ORDER BY kept.amount) AS amount,
            sum(kept.cost ORDER BY kept.cost) AS cost, count(*) AS rows
        FROM kept SEMI JOIN (SELECT * FROM merged WHERE rows >= 3) many ON {ALSO_MERGED}
        GROUP BY {keys}"""
    )
    connection.execute("DELETE FROM merged WHERE rows >= 3")
    connection.execute("INSERT INTO merged SELECT * FROM many")


def _copies(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows that were kept are an exact copy of another: such share a line."""
    return number(
        connection,
        f"""SELECT count(*) - count(DISTINCT ({DIGEST}, kept.customer_id, kept.us)) FROM kept
        SEMI JOIN (SELECT * FROM merged WHERE rows >= 2) many ON {ALSO_MERGED}""",
    )


def _count_lines(
    connection: duckdb.DuckDBPyConnection, rows: int, known: Sequence[str]
) -> dict[str, int]:
    """What the rows became: lines, orders by the sign of their sum, customers."""
    source = "merged"
    if len(known) > len(SHORTEST):
        instant = "CASE WHEN order_id IS NULL THEN us END AS instant"
        summed = f"SELECT customer_id, order_id, {instant}, sum(amount) AS amount FROM merged"
        source = f"({summed} GROUP BY ALL)"
    connection.execute(
        f"""CREATE TABLE {CUSTOMERS} AS
        SELECT customer_id, count(*) AS orders, count_if(amount > {ZERO_AMOUNT}) AS purchases,
            count_if(amount < -{ZERO_AMOUNT}) AS refunds FROM {source} GROUP BY customer_id"""
    )
    found: Sequence[int | None] = (
        first_row(
            connection,
            "SELECT (SELECT count(*) FROM merged), sum(orders), sum(purchases), sum(refunds), "
            f"count(*), count_if(purchases = 0) FROM {CUSTOMERS}",
        )
        or [0] * 6
    )
    lines, orders, purchases, refunds, customers, without = (int(each or 0) for each in found)
    return {
        "rows_merged": rows - lines,
        "lines": lines,
        "orders": orders,
        "purchases": purchases,
        "refund_orders": refunds,
        "zero_orders": orders - purchases - refunds,
        "customers": customers,
        "customers_without_purchase": without,
    }
