"""DuckDB, in memory, as the engine that runs the statements."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from features.lines.sessions import session
from features.lines.stored import StoredLines

Columns = dict[str, np.ma.MaskedArray[Any, np.dtype[Any]]]


def run_duckdb(statement: str, lines: pd.DataFrame, instants: dict[str, int]) -> Columns:
    """Run `statement` over the table `lines` and return its columns, masked where null.

    `:name` in the statement stands for `instants[name]`, in UTC microseconds.
    """
    connection = session().connection
    connection.register("lines", lines)
    try:
        return _run(statement, instants)
    finally:
        connection.unregister("lines")


def run_shards(
    statement: str, lines: StoredLines, instants: dict[str, int]
) -> Iterator[tuple[int, Columns]]:
    """Run `statement` over each shard, side by side: its number, and the columns of the result.

    Customers and orders are numbers there, see `StoredLines`. Each shard is run on one thread, so
    that nothing depends on how many there are.
    """
    run = partial(_run_shard, statement, lines, instants)
    if lines.shards == 1:
        yield 0, run(0)
        return
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from enumerate(pool.map(run, range(lines.shards)))


def _run_shard(statement: str, lines: StoredLines, instants: dict[str, int], shard: int) -> Columns:
    connection = session().connection
    connection.execute(f"CREATE OR REPLACE TEMP VIEW lines AS {lines.shard(shard)}")
    try:
        return _run(statement, instants)
    finally:
        connection.execute("DROP VIEW lines")


def _run(statement: str, instants: dict[str, int]) -> Columns:
    for name in instants:
        statement = statement.replace(f":{name}", f"${name}")
    here = session()
    result = here.connection.execute(here.statement(statement), instants)
    return {name: np.ma.asarray(values) for name, values in result.fetchnumpy().items()}
