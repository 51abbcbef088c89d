"""The columns of a source: their names, their types, and some of what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from features.errors import DataError
from features.ingest.columns.cast import is_nested, quote, written
from features.ingest.queries import first_row
from features.ingest.table import SourceTable

# What is looked at for roles; the whole source is read in the end.
MOST_ROWS = 300_000
MOST_SAMPLES = 2_000
TABLE, WHOLE = "inspected", "inspected_whole"


@dataclass(frozen=True)
class Column:
    """A column of a source.

    kind       its type in DuckDB's words
    rows       how many there are
    filled     in how many of them it holds something
    distinct   how many different values it holds
    samples    different values as text, MOST_SAMPLES at most, in no order
    """

    name: str
    kind: str
    rows: int
    filled: int
    distinct: int
    samples: tuple[str, ...]

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value of its own."""
        return self.rows == self.filled == self.distinct


def read_columns(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[SourceTable]
) -> list[Column]:
    """Look at the columns of a source's first rows, which are kept as TABLE; WHOLE is all of it.

    Columns of which a value is more than one, and columns that are empty, are passed over.
    Raises DataError for a source without rows.
    """
    names = {name for each in tables for name in each.types}
    nested = {name for each in tables for name, kind in each.types.items() if is_nested(kind)}
    parts = [
        f"SELECT {', '.join(map(quote, own))} FROM {each.relation}"
        for each in tables
        if (own := [name for name in each.types if name not in nested])
    ]
    if names == nested:
        raise DataError(f"{tables[0].files[0]}: no column holds one value a row; give a table")
    connection.execute(f"CREATE VIEW {WHOLE} AS {' UNION ALL BY NAME '.join(parts)}")
    connection.execute(f"CREATE TABLE {TABLE} AS SELECT * FROM {WHOLE} LIMIT {MOST_ROWS}")
    described = connection.execute(f"DESCRIBE {TABLE}").fetchall()
    found = [_column(connection, str(row[0]), str(row[1])) for row in described]
    if not found[0].rows:
        raise DataError(f"{tables[0].files[0]}: holds no rows; give a file with a header and rows")
    return [each for each in found if each.filled]


def values(connection: duckdb.DuckDBPyConnection, column: Column, most: int = 50) -> list[str]:
    """The values of a column in all rows as text, the most frequent first."""
    text = written(column.name, column.kind)
    rows = connection.execute(
        f"SELECT {text} AS value, count(*) AS number FROM {WHOLE} WHERE value IS NOT NULL "
        f"GROUP BY value ORDER BY number DESC, value LIMIT {most}"
    ).fetchall()
    return [str(row[0]) for row in rows]


def by_name(columns: Sequence[Column], name: str | None) -> Column | None:
    """The column of this name."""
    return next((each for each in columns if each.name == name), None)


def _column(connection: duckdb.DuckDBPyConnection, name: str, kind: str) -> Column:
    text = written(name, kind)
    rows, filled, distinct = first_row(
        connection, f"SELECT count(*), count({text}), count(DISTINCT {text}) FROM {TABLE}"
    ) or (0, 0, 0)
    samples = connection.execute(
        f"SELECT value FROM (SELECT DISTINCT {text} AS value FROM {TABLE}) "
        f"WHERE value IS NOT NULL ORDER BY hash(value) LIMIT {MOST_SAMPLES}"
    ).fetchall()
    return Column(name, kind, rows, filled, distinct, tuple(str(row[0]) for row in samples))
