"""CSV and JSON files, and what was copied to such, as tables: those laid out alike are one."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import clean_text, literal, quote
from features.ingest.csv_scans import (
    csv_fault,
    csv_scans,
    rewritten,
    rewritten_layout,
    rows_with_values,
)
from features.ingest.files import SourceFile
from features.ingest.spreadsheets import sheet_as_csv
from features.ingest.table import (
    DIGEST,
    FILE,
    SourceTable,
    listed,
    partition_columns,
    selected,
    unreadable,
)
from features.ingest.text_files import Layout, layout, readable

SAMPLED_OBJECTS = 1000


@dataclass(frozen=True)
class Group:
    """Files that the engine reads in one scan.

    originals   as the source has them
    plains      as the engine reads them: the same, or copies
    layout      of CSV files; None for JSON
    """

    originals: tuple[SourceFile, ...]
    plains: tuple[SourceFile, ...]
    layout: Layout | None

    @property
    def is_copied(self) -> bool:
        """Whether the engine reads a copy, whose name means nothing."""
        return self.originals[0].path != self.plains[0].path


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
    for group in _alike(files, form, folder):
        named = f"source_{len(tables)}"
        try:
            tables.append(_read(connection, group, form, wanted, named, beside))
        except duckdb.Error as error:
            try:
                again = _rewritten(group, folder)
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
    scans = [_json_scan(group)] if group.layout is None else csv_scans(group.plains, group.layout)
    first: duckdb.Error | None = None
    for scan in scans:
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
            types = _json_types(connection, named, scan, types)
        return replace(table, relation=named, types=types)
    raise first or duckdb.Error("nothing to read")


def _unreadable(group: Group, error: duckdb.Error) -> str:
    paths = [each.path for each in group.originals]
    return csv_fault(paths, error) or unreadable(paths, error)


def _rewritten(group: Group, folder: Path) -> list[Group]:
    """A group of each file, of a copy. Raises csv.Error where there is none."""
    laid = group.layout
    if laid is None:
        raise csv.Error("no CSV")
    pairs = zip(group.originals, group.plains, strict=True)
    return [
        Group(
            (original,),
            (replace(plain, path=rewritten(plain, laid, folder), packing=""),),
            rewritten_layout(laid),
        )
        for original, plain in pairs
    ]


def text_query(
    file: SourceFile, form: SourceFormat, wanted: Sequence[str], folder: Path
) -> SourceTable:
    """The rows of one file, as a query that reads it. Raises DataError."""
    (group,) = _alike([file], form, folder)
    scans = [_json_scan(group)] if group.layout is None else csv_scans(group.plains, group.layout)
    return _table(group, form, wanted, next(iter(scans)))


def text_names(file: SourceFile, form: SourceFormat, folder: Path) -> list[str]:
    """The names of a file's columns: of a CSV file in order, of JSON by the alphabet.

    Raises DataError for a file that cannot be read.
    """
    (group,) = _alike([file], form, folder)
    if group.layout is not None:
        return [each for each in group.layout.names if each]
    scan = _json_scan(group)
    sample = f"SELECT json FROM {scan} LIMIT {SAMPLED_OBJECTS}"
    with duckdb.connect() as connection:
        try:
            keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM ({sample})"
            return sorted(str(row[0]) for row in connection.execute(keys).fetchall())
        except duckdb.Error as error:
            raise DataError(unreadable([file.path], error)) from None


def _alike(files: Sequence[SourceFile], form: SourceFormat, folder: Path) -> list[Group]:
    """Groups of files by what the engine must know of them; a copy is a group of its own."""
    groups: dict[object, Group] = {}
    for original in files:
        plain = _plain(original, form, folder)
        laid = None if plain.kind == "json" else layout(plain, _form_of_copy(original, plain, form))
        group = Group((original,), (plain,), laid)
        if laid is not None and laid.mixed:
            with suppress(csv.Error):  # then the engine says what is wrong
                (group,) = _rewritten(group, folder)
        key = plain.path if group.is_copied else (plain.packing, laid)
        known = groups.get(key)
        groups[key] = group if known is None else _joined(known, group)
    return list(groups.values())


def _joined(one: Group, other: Group) -> Group:
    return replace(one, originals=one.originals + other.originals, plains=one.plains + other.plains)


def _plain(file: SourceFile, form: SourceFormat, folder: Path) -> SourceFile:
    """The file as UTF-8 that is not packed, or with gzip: itself, or a copy."""
    if file.is_copy:
        return file
    if file.kind == "xlsx":
        return SourceFile(sheet_as_csv(file.path, form, folder), "csv", "", file.partition)
    path = readable(file, form, folder)
    return replace(file, path=path, packing=file.packing if path == file.path else "")


def _form_of_copy(original: SourceFile, plain: SourceFile, form: SourceFormat) -> SourceFormat:
    """A copy is in UTF-8; of a sheet and of a database also from the header on, with commas."""
    if original.kind == "xlsx" or original.is_copy:
        return form.model_copy(update={"skip_rows": 0, "delimiter": ",", "encoding": None})
    if plain.path != original.path:
        return form.model_copy(update={"encoding": None})
    return form


def _table(group: Group, form: SourceFormat, wanted: Sequence[str], scan: str) -> SourceTable:
    file = literal(str(group.originals[0].path)) if group.is_copied else "filename"
    if group.layout is None:
        whole, counted = "json", "true"
        columns = {name: _json_value(name) for name in wanted}
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


def _json_scan(group: Group) -> str:
    compression = "gzip" if group.plains[0].packing == "gz" else "none"
    options = f"filename=true, format='auto', compression='{compression}'"
    return f"read_json_objects({listed(group.plains)}, {options})"


def _json_value(name: str) -> str:
    """The text of the member of that name; `customer.id` may be the id of the customer."""
    inner, own = (f"json->>{literal(each)}" for each in _json_paths(name))
    return inner if inner == own else f"COALESCE({inner}, {own})"


def _json_paths(name: str) -> tuple[str, str]:
    escaped = name.replace('"', '\\"')
    return "$" + "".join(f'."{part}"' for part in escaped.split(".")), f'$."{escaped}"'


def _json_types(
    connection: duckdb.DuckDBPyConnection, table: str, scan: str, types: dict[str, str]
) -> dict[str, str]:
    """The columns that an object has at all; those that hold objects or lists are JSON.

    subtle: looked up only where nothing stands in the column, or what could be one of these.
    """
    found = {}
    for name, kind in types.items():
        column = quote(name)
        doubtful = f"count({column}) = 0 OR bool_or({column} LIKE '{{%' OR {column} LIKE '[%')"
        row = connection.execute(f"SELECT {doubtful}, count(*) FROM {table}").fetchone()
        if not row or not row[0] or not row[1]:
            found[name] = kind
            continue
        paths = [literal(each) for each in _json_paths(name)]
        has = " OR ".join(f"json_exists(json, {each})" for each in paths)
        nested = " OR ".join(f"json_type(json, {each}) IN ('OBJECT', 'ARRAY')" for each in paths)
        row = connection.execute(f"SELECT bool_or({has}), bool_or({nested}) FROM {scan}").fetchone()
        if row and row[0]:
            found[name] = "JSON" if row[1] else kind
    return found
