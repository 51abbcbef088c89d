"""Parquet files as tables: those of one schema are one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import clean_text, is_nested, is_text, literal, quote
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

ROW, ROW_NUMBER = "perennial_row", "file_row_number"


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
    return [_table(connection, schema, group, form, wanted) for schema, group in groups]


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
    schema: pa.Schema,
    files: list[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
) -> SourceTable:
    names = schema.names
    numbered = ROW_NUMBER not in names
    options = f"hive_partitioning=false, filename={literal(FILE)}"
    scan = f"read_parquet({listed(files)}, {options}{', file_row_number=true' * numbered})"
    paths = tuple(each.path for each in files)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duckdb.Error as error:
        raise DataError(unreadable(paths, error)) from None
    # subtle: the engine calls columns anew whose names differ only in case
    own = {name: (quote(row[0]), str(row[1])) for name, row in zip(names, described, strict=False)}
    for name in wanted:
        if (times := names.count(name)) > 1:
            raise DataError(f"{paths[0]}: {times} columns share the name {name}; rename one")
    columns = {
        name: clean_text(own[name][0], form.null_values) if is_text(own[name][1]) else own[name][0]
        for name in wanted
        if name in own
    }
    columns |= partition_columns(files, wanted, FILE)
    whole = ", ".join(column for column, kind in own.values() if not is_nested(kind)) or "0"
    row = ROW_NUMBER if numbered else "row_number() OVER ()"
    beside = {FILE: FILE, ROW: row, DIGEST: f"hash({whole})"}
    return SourceTable(
        f"(SELECT {selected(columns | beside)} FROM {scan})",
        order=ROW,
        types={name: own[name][1] if name in own else "VARCHAR" for name in columns},
        as_text=not files[0].is_copy,
        files=paths,
    )
