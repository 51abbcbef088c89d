"""A source as tables of the engine: one for all files that are laid out alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.config.source_format import SourceFormat
from features.ingest.files import SourceFile
from features.ingest.parquet_tables import parquet_names, parquet_tables
from features.ingest.table import SourceTable
from features.ingest.text_tables import text_names, text_tables


def open_tables(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
    *,
    folder: Path,
) -> list[SourceTable]:
    """The tables behind these files, with the wanted columns that they have.

    What is no Parquet is read once, into a table of the engine.

    folder   for copies of what the engine does not read itself

    Raises DataError for a file that cannot be read, and for a wanted name that two columns share.
    """
    if files[0].kind == "parquet":
        return parquet_tables(connection, files, form, wanted)
    return text_tables(connection, files, form, wanted, folder=folder)


def column_names(files: Sequence[SourceFile], form: SourceFormat, folder: Path) -> list[str]:
    """The names of the first file's columns, in order. Raises DataError."""
    first = files[0]
    own = parquet_names(first) if first.kind == "parquet" else text_names(first, form, folder)
    return [*own, *first.partition]
