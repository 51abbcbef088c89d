"""Files as a table of SQL: a FROM item over them, and the columns that they have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.config.sections import Section
from features.ingest.files import header, listed, reader


def scan(files: tuple[Path, ...]) -> str:
    """A FROM item over files of one kind and one set of columns; CSV values stay text."""
    if reader(files[0]) == "csv":
        return f"({' UNION ALL BY NAME '.join(_scan_csv(path) for path in files)})"
    return f"read_parquet([{', '.join(_literal(str(path)) for path in files)}], union_by_name=true)"


def source_types(connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...]) -> dict[str, str]:
    """Source column -> its type in DuckDB's words."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {scan(files)}").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def missing_columns(types: dict[str, str], columns: Section, attributes: Sequence[str] = ()) -> str:
    """The sentence about configured columns that the source lacks; empty where it has them all."""
    missing = [
        f"no column {source!r}, set data.columns.{name}"
        for name, source in columns.model_dump(exclude_none=True).items()
        if source not in types
    ]
    missing += [
        f"no column {name!r}, correct data.attributes" for name in attributes if name not in types
    ]
    return f"{'; '.join(missing)}; the columns are {listed(types)}" if missing else ""


def unreadable(files: tuple[Path, ...], error: duckdb.Error) -> str:
    """The sentence about files that the engine cannot read."""
    shown = ", ".join(str(path) for path in files[:3]) + (", …" if len(files) > 3 else "")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{shown}: cannot be read as {reader(files[0])}: {', '.join(lines[:3])}"


def _scan_csv(path: Path) -> str:
    """subtle: the reader guesses nothing, for it skips rows that do not fit its guess."""
    names, delimiter = header(path)
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names)
    packed = "gzip" if path.name.lower().endswith(".gz") else "none"
    return (
        f"SELECT * FROM read_csv({_literal(str(path))}, auto_detect=false, header=true, "
        f"columns={{{columns}}}, delim={_literal(delimiter)}, quote='\"', escape='\"', "
        f"compression='{packed}')"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
