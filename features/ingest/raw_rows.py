"""Typed rows on disk, each once, in shards by hash of the customer: what every later step reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import duckdb

from features.config.purchases import PurchaseData
from features.ingest.columns.cast import literal
from features.ingest.queries import number
from features.ingest.table import FILE
from features.ingest.typed_rows import Reading
from features.lines.stored import parquet

# A shard is small enough to be merged and described in memory, on one thread.
ROWS_PER_SHARD = 600_000
# What a log without such a column has in its place, of which nothing is written.
ABSENT = {
    "order_id": "CAST(NULL AS VARCHAR)",
    "cost": "CAST(NULL AS DOUBLE)",
    "category": "CAST(NULL AS VARCHAR)",
    "channel": "CAST(NULL AS VARCHAR)",
}


@dataclass(frozen=True)
class RawRows:
    """The typed rows of a source (see `features.ingest.typed_rows.Reading`), in shards.

    files      of each shard
    constants  column -> SQL of what all rows have, and the files do not hold
    """

    files: tuple[tuple[Path, ...], ...]
    constants: dict[str, str]

    def query(self, shard: int | None = None) -> str:
        """SQL of the rows of a shard, or of all."""
        files = [each for group in self.files for each in group]
        if shard is not None:
            files = list(self.files[shard])
        beside = "".join(f", {sql} AS {name}" for name, sql in self.constants.items())
        return f"SELECT *{beside} FROM {parquet(*files)}"


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    folder: Path,
) -> RawRows:
    """Read the source, once, and write its typed rows. Raises duckdb.Error."""
    rows = sum(
        number(connection, f"SELECT count(*) FROM {each.table.relation}") for each in readings
    )
    shards = max(1, ceil(rows / ROWS_PER_SHARD))
    constants = {name: sql for name, sql in ABSENT.items() if not getattr(data.columns, name, None)}
    paths = [path for each in readings for path in each.table.files]
    if len(paths) == 1:
        constants[FILE] = literal(str(paths[0]))
    typed = " UNION ALL ".join(
        f"SELECT * EXCLUDE ({', '.join(constants)}) FROM ({each.query})" for each in readings
    )
    folder.mkdir()
    if shards == 1:
        only = folder / "shard=0.parquet"
        connection.execute(f"COPY ({typed}) TO {literal(str(only))} (FORMAT parquet)")
        return RawRows(((only,),), constants)
    connection.execute(f"SET partitioned_write_max_open_files = {shards}")
    connection.execute(
        f"COPY (SELECT *, hash(customer_id) % {shards} AS shard FROM ({typed})) "
        f"TO {literal(str(folder))} (FORMAT parquet, PARTITION_BY (shard))"
    )
    groups = (sorted((folder / f"shard={each}").glob("*")) for each in range(shards))
    return RawRows(tuple(tuple(each) for each in groups if each), constants)
