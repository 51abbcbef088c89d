"""CSV and JSON files, and what was copied to such, as tables: those laid out alike are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from features.config.source_format import SourceFormat
from features.errors import DataError
from features.ingest.columns.cast import clean_text, literal
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
    files: Sequence[SourceFile],
    form: SourceFormat,
    wanted: Sequence[str],
    folder: Path,
    *,
    beside: Sequence[str] = (),
) -> list[SourceTable]:
    """The tables of these files, as queries that read them.

    beside   columns that are read where one, and only one, has the name

    Raises DataError for a file that cannot be read, and for a wanted name that two columns share.
    """
    groups = _alike(files, form, folder)
    return [_table(each, form, [*wanted, *_single(each, beside)]) for each in groups]


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
        laid = None if plain.kind == "json" else layout(plain, _form_of_copy(original, form))
        group = Group((original,), (plain,), laid)
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


def _form_of_copy(original: SourceFile, form: SourceFormat) -> SourceFormat:
    """A sheet, or a database's rows, were copied from the header on, and separated by commas."""
    if original.kind == "xlsx" or original.is_copy:
        return form.model_copy(update={"skip_rows": 0, "delimiter": ",", "encoding": None})
    return form


def _table(group: Group, form: SourceFormat, wanted: Sequence[str]) -> SourceTable:
    file = literal(str(group.originals[0].path)) if group.is_copied else "filename"
    if group.layout is None:
        scan, whole = _json_scan(group), "json"
        columns = {name: f"json->>{literal(_json_path(name))}" for name in wanted}
    else:
        scan, columns = _csv_scan(group, group.layout), _csv_columns(group, group.layout, wanted)
        whole = ", ".join(f"c{place}" for place, name in enumerate(group.layout.names) if name)
    columns |= partition_columns(group.originals, wanted, file)
    columns = {name: clean_text(f"({sql})", form.null_values) for name, sql in columns.items()}
    first, own = group.originals[0], {FILE: file, DIGEST: f"hash({whole})"}
    return SourceTable(
        f"SELECT {selected(columns | own)} FROM {scan}",
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


def _csv_scan(group: Group, laid: Layout) -> str:
    """subtle: the reader guesses nothing, for it skips rows that do not fit its guess."""
    declared = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(laid.names)))
    return (
        f"read_csv({listed(group.plains)}, auto_detect=false, header=false, skip={laid.skip}, "
        f"columns={{{declared}}}, delim={literal(laid.delimiter)}, quote='\"', "
        f"escape={literal(laid.escape)}, filename=true, hive_partitioning=false, "
        f"compression='{_compression(group)}')"
    )


def _json_scan(group: Group) -> str:
    options = f"filename=true, format='auto', compression='{_compression(group)}'"
    return f"read_json_objects({listed(group.plains)}, {options})"


def _compression(group: Group) -> str:
    return "gzip" if group.plains[0].packing == "gz" else "none"


def _json_path(name: str) -> str:
    """The member of that name; `customer.id` is the id of the customer."""
    parts = name.replace('"', '\\"').split(".")
    return "$" + "".join(f'."{part}"' for part in parts)
