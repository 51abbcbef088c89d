"""Policies that look at several rows: copies, orders that several files hold, orders' totals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.columns.cast import literal
from features.ingest.queries import first_row
from features.ingest.table import FILE
from features.lines.stored import parquet

NEWEST = "newest_files.parquet"


@dataclass(frozen=True)
class Settled:
    """What becomes of rows that are copies, or of an order that a later file repeats.

    newest   of orders that several files hold, the newest file; None where all rows are kept
    """

    data: PurchaseData
    newest: Path | None = None

    def distinct(self, rows: str) -> str:
        """SQL of rows with `aside` -> SQL of those that count, of copies one."""
        counted = f"SELECT * EXCLUDE aside FROM ({rows}) WHERE aside = 0"
        if self.data.duplicates != "drop":
            return counted
        return f"SELECT * EXCLUDE ({FILE}), max({FILE}) AS {FILE} FROM ({counted}) GROUP BY ALL"

    def counted(self, rows: str) -> str:
        """As `distinct`, without the rows of an order that a later file repeats."""
        distinct = self.distinct(rows)
        if self.newest is None:
            return distinct
        return (
            f"SELECT own.* FROM ({distinct}) own ANTI JOIN {parquet(self.newest)} newest "
            f"ON CAST(own.order_id AS VARCHAR) = newest.order_id AND own.{FILE} < newest.newest"
        )


def settle(
    connection: duckdb.DuckDBPyConnection, data: PurchaseData, *, files: int, folder: Path
) -> Settled:
    """Look through the view `typed` for what concerns several rows.

    folder   for what is to be remembered

    Raises DataError for orders that several files hold or that have several totals.
    """
    settled = Settled(data)
    if data.columns.order_id is not None:
        if files > 1 and data.reexports != "keep":
            settled = _settle_reexports(connection, settled, folder)
        if data.amount_is == "order_total":
            _require_one_total(connection, settled)
    return settled


def _settle_reexports(
    connection: duckdb.DuckDBPyConnection, settled: Settled, folder: Path
) -> Settled:
    """Of an order that several files hold, the newest file's rows; files are dated by name."""
    # subtle: of whichever customer, for a guest may have signed up in between; a refund that comes
    # later is no repetition, but one that was never bought is an order of its own
    bought = f"COALESCE({{0}}({FILE}) FILTER (amount > 0), {{0}}({FILE}))"
    several = (
        f"SELECT CAST(order_id AS VARCHAR) AS order_id, {bought.format('max')} AS newest, "
        f"{bought.format('min')} AS oldest FROM ({settled.distinct('FROM typed')}) "
        "WHERE order_id IS NOT NULL GROUP BY order_id HAVING newest <> oldest"
    )
    found = first_row(
        connection, f"SELECT *, count(*) OVER () FROM ({several}) ORDER BY order_id LIMIT 1"
    )
    if found is None:
        return settled
    if settled.data.reexports == "error":
        raise DataError(
            f"{found[2]}: order {found[0]!r} is also in {found[1]}, as are {found[3]} orders in "
            'several files: set data.reexports = "newest" where a later file (by name) repeats an '
            'order, or "keep" where an order is spread over files or each file has its own ids'
        )
    path = folder / NEWEST
    connection.execute(f"COPY ({several}) TO {literal(str(path))} (FORMAT parquet)")
    return Settled(settled.data, path)


def _require_one_total(connection: duckdb.DuckDBPyConnection, settled: Settled) -> None:
    data, counted = settled.data, settled.counted("FROM typed")
    found = first_row(
        connection,
        "SELECT order_id, min(amount), max(amount), min(customer_id), max(customer_id), "
        f"count(*) OVER () FROM ({counted}) WHERE order_id IS NOT NULL GROUP BY order_id "
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
