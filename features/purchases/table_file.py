"""The feature table as a file, however many customers it has: memory is bounded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from features.ingest.columns.cast import literal
from features.ingest.working_memory import working_engine
from features.lines.sessions import session
from features.lines.stored import CUSTOMERS, StoredLines, parquet
from features.purchases.table import expressions, statement
from features.timestamps import require_aware


def write_features(
    lines: StoredLines, as_of: datetime, out: Path, *, optional: tuple[str, ...] = ()
) -> tuple[int, int]:
    """Write what `build_features` returns as Parquet: customer_id, as_of, then the features.

    out   a file in a folder of its own, where parts of it lie meanwhile

    Returns how many rows and columns there are. Raises DataError when `as_of` carries no time
    zone, and where the disk is full.
    """
    parts = out.parent / "parts"
    parts.mkdir()
    sql = statement(optional).replace(":as_of", str(require_aware(as_of)))
    write = partial(_write_part, sql, lines, parts)
    with ThreadPoolExecutor(min(lines.shards, len(os.sched_getaffinity(0)))) as pool:
        files = list(pool.map(write, range(lines.shards)))
    columns = ", ".join(f"features.{each.name}" for each in expressions(optional))
    moment = f"make_timestamptz({require_aware(as_of)})"
    with working_engine(parts) as (connection, _):
        connection.execute(
            f"COPY (SELECT ids.customer_id, {moment} AS as_of, {columns} "
            f"FROM {parquet(*files)} features JOIN {parquet(lines.folder / CUSTOMERS)} ids "
            "ON features.shard = ids.shard AND features.customer_id = ids.customer "
            f"ORDER BY ids.customer_id) TO {literal(str(out))} (FORMAT parquet)"
        )
    found = pq.read_metadata(out)
    return found.num_rows, found.num_columns


def _write_part(sql: str, lines: StoredLines, parts: Path, shard: int) -> Path:
    part = parts / f"{shard}.parquet"
    connection = session().connection
    connection.execute(f"CREATE OR REPLACE TEMP VIEW lines AS {lines.shard(shard)}")
    connection.execute(
        f"COPY (SELECT *, {shard} AS shard FROM ({sql})) TO {literal(str(part))} (FORMAT parquet)"
    )
    return part
