"""Transactions in memory -> canonical lines, as those of a request or a frame."""

from __future__ import annotations

import duckdb
import pandas as pd

from features.ingest.merging import merge
from features.ingest.time_zones import create_zone_tables, day_of, is_utc, wall_of_utc
from features.lines.stored import TEXTS
from features.schema import OPTIONAL, TRANSACTIONS
from features.timestamps import microseconds, to_utc


def canonical_lines(transactions: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Transactions (`features.schema.TRANSACTIONS`) -> canonical lines.

    One row per customer, order, timestamp, category and channel; amounts summed; sorted by
    (us, customer_id, order_id):

        customer_id, order_id   text; without an order id, rows of one instant are one order
        us                      UTC microseconds
        local_us                wall clock in `timezone`, microseconds
        amount                  money, negative for a refund
        category, channel       text or null

    The order of the rows does not matter, to the last bit. Naive timestamps are read in
    `timezone`. Raises DataError naming every violation.
    """
    rows = TRANSACTIONS.check(transactions)
    instants = to_utc(rows["timestamp"], timezone)
    texts = {name: _text(rows, name) for name in ("customer_id", "order_id", *OPTIONAL)}
    frame = pd.DataFrame({**texts, "amount": rows["amount"].astype("float64")})
    frame["us"] = microseconds(instants.dt.tz_localize(None))
    with duckdb.connect() as connection:
        create_zone_tables(connection, timezone)
        connection.register("given", frame)
        connection.execute("CREATE VIEW kept AS SELECT *, CAST(NULL AS DOUBLE) AS cost FROM given")
        merge(connection)
        lines: pd.DataFrame = connection.sql(_sorted(timezone)).to_arrow_table().to_pandas()
    return lines.astype(dict.fromkeys(TEXTS, "str"))


def _sorted(timezone: str) -> str:
    """SQL of the table `merged`, sorted by moment, customer, order and labels."""
    local, beside = "us", ""
    if not is_utc(timezone):
        local, beside = wall_of_utc("us"), f" JOIN utc_days ON utc_days.day = {day_of('us')}"
    return (
        "SELECT customer_id, COALESCE(order_id, '@' || us) AS order_id, us, "
        f"CAST({local} AS BIGINT) AS local_us, amount, category, channel FROM merged{beside} "
        "ORDER BY us, customer_id, 2, category NULLS FIRST, channel NULLS FIRST"
    )


def _text(rows: pd.DataFrame, name: str) -> pd.Series[str]:
    values = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype="str")
    return values.astype("str")
