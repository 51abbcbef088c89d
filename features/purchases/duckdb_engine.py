"""DuckDB, in memory, as the engine that runs the statements."""

from __future__ import annotations

import threading
from typing import Any

import duckdb
import numpy as np
import pandas as pd

Columns = dict[str, np.ma.MaskedArray[Any, np.dtype[Any]]]


class _Session:
    """What is stored per thread: a connection, and the statements that it has parsed."""

    def __init__(self) -> None:
        # subtle: one thread, so that floats are added in one order, the same to the last bit
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.parsed: dict[str, duckdb.Statement] = {}


_LOCAL = threading.local()


def run_duckdb(statement: str, lines: pd.DataFrame, instants: dict[str, int]) -> Columns:
    """Run `statement` over the table `lines` and return its columns, masked where null.

    `:name` in the statement stands for `instants[name]`, in UTC microseconds. Connection and
    parsed statements are cached per thread: making them anew takes longer than one customer.
    """
    if not hasattr(_LOCAL, "session"):
        _LOCAL.session = _Session()
    session: _Session = _LOCAL.session
    if statement not in session.parsed:
        text = statement
        for name in instants:
            text = text.replace(f":{name}", f"${name}")
        session.parsed[statement] = session.connection.extract_statements(text)[0]
    session.connection.register("lines", lines)
    try:
        result = session.connection.execute(session.parsed[statement], instants)
        return {name: np.ma.asarray(values) for name, values in result.fetchnumpy().items()}
    finally:
        session.connection.unregister("lines")
