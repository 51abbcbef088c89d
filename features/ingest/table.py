"""Rows of files that are laid out alike, as a table of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.ingest.columns.cast import literal, quote
from features.ingest.files import BLANK_PARTITION, SourceFile, kind_of
from features.ingest.text_files import unreadable_text

FILE, DIGEST = "perennial_file", "perennial_digest"


@dataclass(frozen=True)
class SourceTable:
    """Rows of files that are laid out alike.

    relation   of SQL: the columns that are wanted, texts as `clean_text` has them, the file of a
               row, a digest of all that the row says
    order      SQL of a number that grows with the rows of a file
    types      column -> its type in DuckDB's words
    as_text    whether people wrote the numbers: else a point is a point
    files      whose rows they are
    """

    relation: str
    order: str
    types: dict[str, str]
    as_text: bool
    files: tuple[Path, ...]


def unreadable(files: Sequence[Path], error: duckdb.Error) -> str:
    """The sentence about files that the engine cannot read."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if any("unicode" in line.lower() or "utf-8" in line.lower() for line in lines):
        return unreadable_text(files[0], "utf-8")
    shown = ", ".join(map(str, files[:3])) + (", …" if len(files) > 3 else "")
    return f"{shown}: cannot be read as {kind_of(files[0].name)[0]}: {', '.join(lines[:3])}"


def selected(columns: Mapping[str, str]) -> str:
    """The columns of a SELECT, by name."""
    return ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns.items())


def listed(files: Sequence[SourceFile]) -> str:
    """The files as a list of SQL.

    subtle: the engine would take the signs of a glob for one.
    """
    names = (
        "".join(f"[{each}]" if each in "*?[" else each for each in str(file.path)) for file in files
    )
    return f"[{', '.join(map(literal, names))}]"


def partition_columns(
    files: Sequence[SourceFile], wanted: Sequence[str], file: str
) -> dict[str, str]:
    """What the folders' names say: a column each, read from the path of a row's file."""
    found = {}
    for name in wanted:
        if all(name in each.partition for each in files):
            pattern = f"/{name}=([^/]*)/"
            value = f"url_decode(regexp_extract({file}, {literal(pattern)}, 1))"
            found[name] = f"NULLIF({value}, {literal(BLANK_PARTITION)})"
    return found
