"""Parquet files as tables: those of one schema are one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import clean_text, is_nested, is_text, quote
from features.ingest.files import SourceFile
from features.ingest.table import (
    DIGEST,
    FILE,
    SourceTable,
    listed,
    partition_columns,
    selected,
    unreadable,
)

ROW = "perennial_row"


def parquet_tables(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
) -> list[SourceTable]:
    """The tables of these files, as views that are read when they are queried.

    Raises DataError for a file that cannot be read.
    """
    groups: list[tuple[pa.Schema, list[SourceFile]]] = []
    for file in files:
        schema = _schema(file.path)
        group = next((each for known, each in groups if known.equals(schema)), None)
        if group is None:
            groups.append((schema, [file]))
        else:
            group.append(file)
    return [_table(connection, group, form, wanted) for _, group in groups]


def parquet_names(file: SourceFile) -> list[str]:
    """The names of a file's columns. Raises DataError for a file that cannot be read."""
    return list(_schema(file.path).names)


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{path}: cannot be read as parquet: {reason}") from None


def _table(
    connection: duckdb.DuckDBPyConnection,
    files: list[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
) -> SourceTable:
    options = "hive_partitioning=false, file_row_number=true, filename=true"
    scan = f"read_parquet({listed(files)}, {options})"
    paths = tuple(each.path for each in files)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duckdb.Error as error:
        raise DataError(unreadable(paths, error)) from None
    own = {str(row[0]): str(row[1]) for row in described[:-2]}
    columns = {
        name: clean_text(quote(name), form.null_values) if is_text(own[name]) else quote(name)
        for name in wanted
        if name in own
    }
    columns |= partition_columns(files, wanted, "filename")
    whole = ", ".join(quote(name) for name, kind in own.items() if not is_nested(kind)) or "0"
    beside = {FILE: "filename", ROW: "file_row_number", DIGEST: f"hash({whole})"}
    return SourceTable(
        f"(SELECT {selected(columns | beside)} FROM {scan})",
        order=ROW,
        types={name: own.get(name, "VARCHAR") for name in columns},
        as_text=False,
        files=paths,
    )
