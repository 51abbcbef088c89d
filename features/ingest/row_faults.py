"""What is said of rows that stop the reading: which is the first, and how to repair it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from features.config.purchases import PurchaseData
from features.ingest import advice
from features.ingest.chosen_values import rows_by_value
from features.ingest.columns.cast import Cast, quote
from features.ingest.queries import first_row
from features.ingest.table import FILE
from features.ingest.typed_rows import Reading
from features.timestamps import from_microseconds

SAMPLES = 50
ORDER, NUMBER = "perennial_order", "perennial_number"


def misfit(
    connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], data: PurchaseData
) -> str:
    """The sentence about the first value that does not fit, and how many there are."""
    for role in readings[0].casts:
        total, first, samples = 0, "", set[str]()
        for each in readings:
            cast = each.casts[role]
            wrong = f"NOT ({cast.blank}) AND ({cast.misfit})"
            rows = _rows(connection, each, cast, wrong)
            if rows:
                total += rows[0][3]
                samples |= {row[2] for row in rows}
                file, number, value, _ = rows[0]
                held = f"{file}: column {cast.source} holds {value!r} in row {number}"
                first = first or f"{held}, expected {cast.expected}"
        if total:
            return _with_advice(f"{first}; {total} such rows in all", role, sorted(samples), data)
    return "rows that do not fit"


def _with_advice(sentence: str, role: str, samples: list[str], data: PurchaseData) -> str:
    found = ""
    if role == "timestamp":
        found = advice.about_dates([each.strip() for each in samples], data.date_format)
    elif role in ("amount", "refunded", "cost", "quantity"):
        found = advice.about_numbers([each.strip() for each in samples], data.currency)
    return f"{sentence}; {found}" if found else f"{sentence}, correct or remove them"


def blank(connection: duckdb.DuckDBPyConnection, readings: Sequence[Reading], role: str) -> str:
    """The sentence about the first row in which a role is empty."""
    roles = [role, *(["time"] if role == "timestamp" else ["quantity"])]
    for each in readings:
        for cast in (each.casts[name] for name in roles if name in each.casts):
            if rows := _rows(connection, each, cast, cast.blank):
                file, number, _, total = rows[0]
                return (
                    f"{file}: column {cast.source} is empty in row {number}, expected "
                    f"{cast.expected}; {total} such rows in all, correct or remove them, or set "
                    'data.missing = "drop"'
                )
    return f"rows without {role}"


def other_currencies(
    connection: duckdb.DuckDBPyConnection,
    readings: Sequence[Reading],
    data: PurchaseData,
    number: int,
) -> str:
    """The sentence about rows of another currency: the currencies that there are."""
    name = data.columns.currency or ""
    shown = ", ".join(
        f"{value or 'blank'} ({rows:,})"
        for value, rows in rows_by_value(connection, readings, data, name)[:5]
    )
    return (
        f"{data.transactions}: column {name} names several currencies: {shown}; {number} rows are "
        f'not {data.currency}: set data.other_currencies = "drop", or data.currency to another'
    )


def to_come(connection: duckdb.DuckDBPyConnection, data: PurchaseData, last: int) -> str:
    """The sentence about the row at the moment `last`, which has yet to come.

    last   UTC microseconds
    """
    row = first_row(
        connection, f"SELECT {FILE}, customer_id FROM typed WHERE aside = 0 AND us = {last} LIMIT 1"
    ) or ("", "")
    return (
        f"{row[0]}: a row of customer {row[1]!r} lies in the future, at "
        f"{from_microseconds(last).isoformat()}; correct it, or set data.end to the end of what "
        "is known"
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, reading: Reading, cast: Cast, condition: str
) -> list[tuple[str, int, str, int]]:
    """The first rows that meet a condition: file, number, value, and how many there are."""
    return connection.execute(
        f"SELECT {FILE}, {NUMBER}, CAST({quote(cast.source)} AS VARCHAR), count(*) OVER () "
        f"FROM {_numbered(reading)} WHERE {condition} ORDER BY {FILE}, {NUMBER} LIMIT {SAMPLES}"
    ).fetchall()


def _numbered(reading: Reading) -> str:
    """A FROM item: the table's rows with their number in their file, from 1."""
    table = reading.table
    ordered = f"SELECT *, {table.order} AS {ORDER} FROM {table.relation}"
    number = f"{ORDER} - min({ORDER}) OVER (PARTITION BY {FILE}) + 1"
    return f"(SELECT *, {number} AS {NUMBER} FROM ({ordered}))"
