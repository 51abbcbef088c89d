"""How the engine is asked to read JSON files, and what their objects hold."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.ingest.columns.cast import literal, quote
from features.ingest.files import SourceFile
from features.ingest.table import listed

SAMPLED_OBJECTS = 1000


def json_scan(files: Sequence[SourceFile]) -> str:
    """A FROM item: the objects of these files, each as `json`."""
    compression = "gzip" if files[0].packing == "gz" else "none"
    options = f"filename=true, format='auto', compression='{compression}'"
    return f"read_json_objects({listed(files)}, {options})"


def json_names(connection: duckdb.DuckDBPyConnection, scan: str) -> list[str]:
    """The names of the members of the first objects, by the alphabet. Raises duckdb.Error."""
    sample = f"SELECT json FROM {scan} LIMIT {SAMPLED_OBJECTS}"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM ({sample})"
    return sorted(str(row[0]) for row in connection.execute(keys).fetchall())


def json_value(name: str) -> str:
    """The text of the member of that name; `customer.id` may be the id of the customer."""
    inner, own = (f"json->>{literal(each)}" for each in _paths(name))
    return inner if inner == own else f"COALESCE({inner}, {own})"


def json_types(
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
        paths = [literal(each) for each in _paths(name)]
        has = " OR ".join(f"json_exists(json, {each})" for each in paths)
        nested = " OR ".join(f"json_type(json, {each}) IN ('OBJECT', 'ARRAY')" for each in paths)
        row = connection.execute(f"SELECT bool_or({has}), bool_or({nested}) FROM {scan}").fetchone()
        if row and row[0]:
            found[name] = "JSON" if row[1] else kind
    return found


def _paths(name: str) -> tuple[str, str]:
    escaped = name.replace('"', '\\"')
    return "$" + "".join(f'."{part}"' for part in escaped.split(".")), f'$."{escaped}"'
