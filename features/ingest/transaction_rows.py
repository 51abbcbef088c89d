"""Files to typed transaction rows, strictly: a value that does not fit stops the run."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pandas as pd

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.column_types import Cast, number_cast, quote, text_sql, timestamp_cast
from features.ingest.files import listed
from features.ingest.scan import missing_columns, scan, source_types, unreadable
from features.timestamps import to_utc

BYTES_PER_ROW = 200  # of memory, once copies are laid out
TEXTS = ("customer_id", "order_id", "category", "channel")


def read_transaction_rows(files: tuple[Path, ...], data: PurchaseData) -> pd.DataFrame:
    """Source files -> one row per *distinct* source row, in the schema's names.

        customer_id, order_id, category, channel   text as written, null where absent or blank
        timestamp                                  UTC, microseconds
        amount                                     money, finite
        copies                                     how often the whole source row occurs, >= 1

    Raises DataError naming the file, column, first row and value that do not fit.
    """
    with duckdb.connect() as connection:
        try:
            types = _require_alike(connection, files, data)
            casts = _casts(files, types, data)
            query = _query(scan(files), types, casts, data)
            rows = connection.sql(query).to_arrow_table().to_pandas()
            for name, cast in casts.items():
                if rows.pop(f"misfit_{name}").any():
                    raise DataError(_misfit(connection, files, cast))
        except duckdb.Error as error:
            raise DataError(unreadable(files, error)) from None
    if rows.empty:
        raise DataError(f"{data.transactions}: holds no rows; give a log with transactions")
    _require_memory(data.transactions, int(rows["copies"].sum()))
    return _with_timestamp(rows, data.timezone)


def _require_memory(transactions: str, rows: int) -> None:
    """Raises DataError before copies are laid out: a small packed file may hold any number."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if rows * BYTES_PER_ROW > memory:
        raise DataError(
            f"{transactions}: holds {rows:,} rows, more than fit into the {memory / 1e9:.0f} GB of "
            "memory of this machine; give fewer, or set data.duplicates to drop"
        )


def _require_alike(
    connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...], data: PurchaseData
) -> dict[str, str]:
    """Source column -> type, alike in all files and holding every configured column."""
    first: dict[str, str] = {}
    for path in files:
        types = source_types(connection, (path,))
        if missing := missing_columns(types, data.columns):
            raise DataError(f"{path}: {missing}")
        first = first or types
        if odd := sorted({name for name, _ in types.items() ^ first.items()}):
            raise DataError(
                f"{path}: {listed(odd)} differ from the columns of {files[0]}; "
                "give all files the same columns and types"
            )
    return first


def _casts(files: tuple[Path, ...], types: dict[str, str], data: PurchaseData) -> dict[str, Cast]:
    """Name -> how its source column is read."""
    amount, timestamp = data.columns.amount, data.columns.timestamp
    try:
        return {
            "amount": number_cast(amount, types[amount]),
            "timestamp": timestamp_cast(timestamp, types[timestamp]),
        }
    except DataError as error:
        raise DataError(f"{files[0]}: {error}") from None


def _query(scan: str, types: dict[str, str], casts: dict[str, Cast], data: PurchaseData) -> str:
    """Distinct source rows with their number of copies, columns cast and renamed."""
    configured = data.columns.model_dump()
    columns = {
        name: text_sql(configured[name], types[configured[name]]) if configured[name] else "NULL"
        for name in TEXTS
    }
    columns = {name: f"CAST({value} AS VARCHAR)" for name, value in columns.items()}
    for name, cast in casts.items():
        columns |= cast.named(name) | {f"misfit_{name}": cast.misfit}
    selected = ", ".join(f"{value} AS {quote(name)}" for name, value in columns.items())
    count = _unused("copies", types)
    counted = f"SELECT *, COUNT(*) AS {count} FROM {scan} GROUP BY ALL"
    return f"SELECT {selected}, {count} AS copies FROM ({counted})"


def _unused(name: str, types: dict[str, str]) -> str:
    """A column name that the source does not have, in upper or lower case either."""
    taken = {each.lower() for each in types}
    while name in taken:
        name += "_"
    return name


def _misfit(connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...], cast: Cast) -> str:
    """The sentence about the first value that does not fit, and how many there are."""
    total, first = 0, ""
    for path in files:
        source = f"SELECT *, ROW_NUMBER() OVER () AS perennial_row FROM {scan((path,))}"
        found = connection.execute(
            f"SELECT perennial_row, CAST({quote(cast.source)} AS VARCHAR) FROM ({source}) "
            f"WHERE {cast.misfit} ORDER BY perennial_row"
        ).fetchall()
        total += len(found)
        if found and not first:
            row, value = found[0]
            held = "is empty" if value is None else f"holds {value!r}"
            first = f"{path}: column {cast.source} {held} in row {row}, expected {cast.expected}"
    return f"{first}; {total} such rows in all, correct or remove them"


def _with_timestamp(rows: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Replace the two columns of microseconds, of which each row has one, by a UTC timestamp."""
    wall, instant = rows.pop("timestamp_wall_us"), rows.pop("timestamp_utc_us")
    naive = wall.notna()
    stamps = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    for mask, us, zone in ((naive, wall, None), (~naive, instant, "UTC")):
        if mask.any():
            read = pd.to_datetime(us[mask].astype("int64"), unit="us").dt.tz_localize(zone)
            stamps = stamps.where(~mask, to_utc(read, timezone))
    return rows.assign(timestamp=stamps)
