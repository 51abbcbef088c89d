"""CSV and JSON files, and what was copied to such, as tables: those laid out alike are one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import clean_text, literal
from features.ingest.csv_scans import csv_fault, csv_scans, rows_with_values
from features.ingest.file_groups import Group, alike, rewritten_groups
from features.ingest.files import SourceFile
from features.ingest.json_scans import json_names, json_scan, json_types, json_value
from features.ingest.table import (
    DIGEST,
    FILE,
    SourceTable,
    partition_columns,
    selected,
    unreadable,
)
from features.ingest.text_files import Layout


def text_tables(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
    *,
    folder: Path,
    beside: Sequence[str] = (),
) -> list[SourceTable]:
    """The rows of these files, each group of files read once, into a table of the engine.

    folder   for copies of what the engine does not read itself

    beside   columns that are read where one, and only one, has the name

    Raises DataError for a file that cannot be read, and for a wanted name that two columns share.
    """
    tables: list[SourceTable] = []
    for group in alike(files, form, folder):
        named = f"source_{len(tables)}"
        try:
            tables.append(_read(connection, group, form, wanted, named, beside))
        except duckdb.Error as error:
            try:
                again = rewritten_groups(group, folder)
            except csv.Error:
                raise DataError(_unreadable(group, error)) from None
            for place, each in enumerate(again):
                name = f"{named}_{place}"
                tables.append(_read(connection, each, form, wanted, name, beside))
    return tables


def _read(
    connection: duckdb.DuckDBPyConnection,
    group: Group,
    form: SourceFormat,
    wanted: Sequence[str],
    named: str,
    beside: Sequence[str],
) -> SourceTable:
    """The group's rows as a table; one that lacks a wanted column is not read, but described.

    Raises duckdb.Error where the engine cannot read the files.
    """
    first: duckdb.Error | None = None
    for scan in _scans(group):
        table = _table(group, form, [*wanted, *_single(group, beside)], scan)
        if group.layout is not None and set(wanted) - set(table.types):
            return table
        try:
            connection.execute(f"CREATE TABLE {named} AS {table.relation}")
        except duckdb.Error as error:
            first = first or error
            continue
        types = table.types
        if group.layout is None:
            types = json_types(connection, named, scan, types)
        return replace(table, relation=named, types=types)
    raise first or duckdb.Error("nothing to read")


def _unreadable(group: Group, error: duckdb.Error) -> str:
    paths = [each.path for each in group.originals]
    return csv_fault(paths, error) or unreadable(paths, error)


def text_query(
    file: SourceFile, form: SourceFormat, wanted: Sequence[str], folder: Path
) -> SourceTable:
    """The rows of one file, as a query that reads it. Raises DataError."""
    (group,) = alike([file], form, folder)
    return _table(group, form, wanted, next(_scans(group)))


def text_names(file: SourceFile, form: SourceFormat, folder: Path) -> list[str]:
    """The names of a file's columns: of a CSV file in order, of JSON by the alphabet.

    Raises DataError for a file that cannot be read.
    """
    (group,) = alike([file], form, folder)
    if group.layout is not None:
        return [each for each in group.layout.names if each]
    with duckdb.connect() as connection:
        try:
            return json_names(connection, json_scan(group.plains))
        except duckdb.Error as error:
            raise DataError(unreadable([file.path], error)) from None


def _table(group: Group, form: SourceFormat, wanted: Sequence[str], scan: str) -> SourceTable:
    file = literal(str(group.originals[0].path)) if group.is_copied else "filename"
    if group.layout is None:
        whole, counted = "json", "true"
        columns = {name: json_value(name) for name in wanted}
    else:
        counted = rows_with_values(group.layout)
        columns = _csv_columns(group, group.layout, wanted)
        whole = ", ".join(f"c{place}" for place, name in enumerate(group.layout.names) if name)
    columns |= partition_columns(group.originals, wanted, file)
    columns = {name: clean_text(f"({sql})", form.null_values) for name, sql in columns.items()}
    first, own = group.originals[0], {FILE: file, DIGEST: f"hash({whole})"}
    return SourceTable(
        f"SELECT {selected(columns | own)} FROM {scan} WHERE {counted}",
        order="rowid",
        types=dict.fromkeys(columns, "VARCHAR"),
        as_text=first.kind == "csv" and not first.is_copy,
        files=tuple(each.path for each in group.originals),
    )


def _scans(group: Group) -> Iterator[str]:
    """FROM items, each to be tried where the engine refuses the one before."""
    if group.layout is None:
        yield json_scan(group.plains)
    else:
        yield from csv_scans(group.plains, group.layout)


def _single(group: Group, names: Sequence[str]) -> list[str]:
    laid = group.layout
    return [each for each in names if laid is None or laid.names.count(each) == 1]


def _csv_columns(group: Group, laid: Layout, wanted: Sequence[str]) -> dict[str, str]:
    """Wanted name -> the engine's name of the column, by its place."""
    columns = {}
    for name in wanted:
        if (times := laid.names.count(name)) > 1:
            raise DataError(
                f"{group.originals[0].path}: {times} columns share the name {name}; rename one"
            )
        if times:
            columns[name] = f"c{laid.names.index(name)}"
    return columns
