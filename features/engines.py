"""The engine that runs the statement. Today DuckDB, in memory."""

from __future__ import annotations

import threading

import duckdb
import pandas as pd

_LOCAL = threading.local()


def run_duckdb(statement: str, lines: pd.DataFrame) -> pd.DataFrame:
    """Run `statement` over the table `lines` and return its rows.

    subtle: one thread, so that floats are added in one order and the result is the same to
    the last bit. The connection is kept for the calling thread: opening one takes longer
    than the answer for one customer.
    """
    connection = _connection()
    connection.register("lines", lines)
    try:
        return connection.execute(statement).df()
    finally:
        connection.unregister("lines")


def _connection() -> duckdb.DuckDBPyConnection:
    if not hasattr(_LOCAL, "connection"):
        _LOCAL.connection = duckdb.connect(":memory:", config={"threads": 1})
    connection: duckdb.DuckDBPyConnection = _LOCAL.connection
    return connection
