"""A source as tables of the engine: one for all files that are laid out alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import is_nested, quote
from features.ingest.files import SourceFile
from features.ingest.parquet_tables import parquet_names, parquet_tables
from features.ingest.table import SourceTable
from features.ingest.text_tables import text_names, text_query, text_tables

MOST_COLUMNS, MOST_CELLS = 200, 400_000
# How the columns begin that are made here, beside those of a source.
OURS = "perennial_"


def open_tables(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
    *,
    folder: Path,
    beside: Sequence[str] = (),
) -> list[SourceTable]:
    """The tables behind these files, with the wanted columns that they have.

    What is no Parquet is read once, into a table of the engine.

    folder   for copies of what the engine does not read itself
    beside   columns that are read where a table has one of the name

    Raises DataError for a file that cannot be read, for a wanted name that two columns share, and
    for wanted names that the engine cannot tell from each other or from ours.
    """
    _require_different(files[0], wanted)
    taken = Counter(map(str.lower, [*wanted, *beside]))
    beside = [each for each in beside if taken[each.lower()] == 1 and not _is_ours(each)]
    if files[0].kind == "parquet":
        return parquet_tables(connection, files, form, [*wanted, *beside])
    return text_tables(connection, files, form, wanted, folder=folder, beside=beside)


def _require_different(file: SourceFile, wanted: Sequence[str]) -> None:
    """subtle: to the engine, names that differ in case alone are one."""
    known: dict[str, str] = {}
    for name in wanted:
        if (other := known.setdefault(name.lower(), name)) != name:
            raise DataError(
                f"{file.path}: columns {other} and {name} differ in case alone and both are asked "
                "for; rename one in the source"
            )
        if _is_ours(name):
            raise DataError(
                f"{file.path}: column {name} is called like one that is made here; rename it in "
                f"the source, so that it does not begin with {OURS}"
            )


def _is_ours(name: str) -> bool:
    return name.lower().startswith(OURS)


def column_names(files: Sequence[SourceFile], form: SourceFormat, folder: Path) -> list[str]:
    """The names of the first file's columns, in order. Raises DataError."""
    first = files[0]
    own = parquet_names(first) if first.kind == "parquet" else text_names(first, form, folder)
    return [*own, *first.partition]


def first_rows(
    file: SourceFile, form: SourceFormat, without: Sequence[str], *, folder: Path, rows: int
) -> tuple[list[str], str]:
    """Other columns of a file, of one value a row, and SQL of its first rows, all as text.

    Names that two columns share, whatever their case, are left out: of those nobody could say
    which is meant. Raises DataError for a file that cannot be read.
    """
    given = column_names([file], form, folder)
    times = Counter(map(str.lower, given))
    names = [name for name in given if times[name.lower()] == 1 and name not in without]
    names = names[:MOST_COLUMNS]
    if not names:
        return [], ""
    if file.kind == "parquet":
        with duckdb.connect() as connection:
            (table,) = parquet_tables(connection, [file], form, names)
        relation = table.relation
    else:
        table = text_query(file, form, names, folder)
        relation = f"({table.relation})"
    flat = [name for name in names if not is_nested(table.types[name])]
    if not flat:
        return [], ""
    texts = ", ".join(f"CAST({quote(name)} AS VARCHAR) AS {quote(name)}" for name in flat)
    return flat, f"SELECT {texts} FROM {relation} LIMIT {min(rows, MOST_CELLS // len(flat))}"
