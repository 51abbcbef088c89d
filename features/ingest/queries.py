"""Results of one row."""

from __future__ import annotations

from typing import Any

import duckdb


def first_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...] | None:
    """The first row of a short result, None where it has none.

    subtle: the engine does nothing else before a result is read to its end.
    """
    rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return rows[0] if rows else None


def number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one whole number that a query answers; null is 0."""
    row = first_row(connection, sql)
    return int(row[0] or 0) if row else 0
