"""Files to typed transaction rows, strictly: a value that does not fit stops the run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from features.config.purchases import Data
from features.errors import DataError
from features.ingest.column_types import Cast, moment, number, quote, text
from features.ingest.files import header, reader
from features.timestamps import to_utc

TEXTS = ("customer_id", "order_id", "category", "channel")


def read_rows(files: tuple[Path, ...], data: Data) -> pd.DataFrame:
    """Source files -> one row per *distinct* source row, under the contract's names.

        customer_id, order_id, category, channel   text as written, null where absent or blank
        timestamp                                  UTC, microseconds
        amount                                     money, finite
        copies                                     how often the whole source row occurs, >= 1

    Raises DataError naming the file, column, first row and value that do not fit.
    """
    with duckdb.connect() as connection:
        try:
            types = _columns(connection, files, data)
            casts = _casts(files, types, data)
            query = _query(scan(files), types, casts, data)
            rows = connection.sql(query).to_arrow_table().to_pandas()
            for cast in casts:
                if rows.pop(f"misfit_{cast.source}").any():
                    raise DataError(_misfit(connection, files, cast))
        except duckdb.Error as error:
            raise DataError(unreadable(files, error)) from None
    if rows.empty:
        raise DataError(f"{data.transactions}: holds no rows; give a log with transactions")
    return _with_timestamp(rows, data.timezone)


def scan(files: tuple[Path, ...]) -> str:
    """A FROM item over files of one kind and one set of columns; CSV values stay text."""
    if reader(files[0]) == "csv":
        return f"({' UNION ALL BY NAME '.join(_scan_csv(path) for path in files)})"
    return f"read_parquet([{', '.join(_literal(str(path)) for path in files)}], union_by_name=true)"


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


def _columns(
    connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...], data: Data
) -> dict[str, str]:
    """Source column -> type, alike in all files and holding every configured column."""
    first: dict[str, str] = {}
    for path in files:
        described = connection.execute(f"DESCRIBE SELECT * FROM {scan((path,))}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        if absent := _absent(types, data):
            raise DataError(f"{path}: {absent}; the columns are {', '.join(types)}")
        first = first or types
        if odd := sorted({name for name, _ in types.items() ^ first.items()}):
            raise DataError(
                f"{path}: {', '.join(odd)} differ from the columns of {files[0]}; "
                "give all files the same columns and types"
            )
    return first


def _absent(types: dict[str, str], data: Data) -> str:
    configured = data.columns.model_dump(exclude_none=True)
    return "; ".join(
        f"no column {source!r}, set data.columns.{name}"
        for name, source in configured.items()
        if source not in types
    )


def _casts(files: tuple[Path, ...], types: dict[str, str], data: Data) -> tuple[Cast, Cast]:
    amount, timestamp = data.columns.amount, data.columns.timestamp
    try:
        return number(amount, types[amount]), moment(timestamp, types[timestamp])
    except DataError as error:
        raise DataError(f"{files[0]}: {error}") from None


def _query(scan: str, types: dict[str, str], casts: tuple[Cast, Cast], data: Data) -> str:
    """Distinct source rows with their number of copies, columns cast and renamed."""
    configured = data.columns.model_dump()
    columns = {
        name: text(configured[name], types[configured[name]]) if configured[name] else "NULL"
        for name in TEXTS
    }
    columns = {name: f"CAST({value} AS VARCHAR)" for name, value in columns.items()}
    for cast in casts:
        columns |= cast.columns | {f"misfit_{cast.source}": cast.misfit}
    selected = ", ".join(f"{value} AS {quote(name)}" for name, value in columns.items())
    count = _unused("copies", types)
    counted = f"SELECT *, COUNT(*) AS {count} FROM {scan} GROUP BY ALL"
    return f"SELECT {selected}, {count} AS copies FROM ({counted})"


def _unused(name: str, types: dict[str, str]) -> str:
    """A column name that the source does not have; DuckDB does not tell upper from lower case."""
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
    """Replace `wall_us` and `utc_us`, of which each row has one, by a UTC `timestamp`."""
    wall, instant = rows.pop("wall_us"), rows.pop("utc_us")
    naive = wall.notna()
    stamps = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    for mask, us, zone in ((naive, wall, None), (~naive, instant, "UTC")):
        if mask.any():
            read = pd.to_datetime(us[mask].astype("int64"), unit="us").dt.tz_localize(zone)
            stamps = stamps.where(~mask, to_utc(read, timezone))
    return rows.assign(timestamp=stamps)


def unreadable(files: tuple[Path, ...], error: duckdb.Error) -> str:
    """The sentence about files that the engine cannot read."""
    shown = ", ".join(str(path) for path in files[:3]) + (", …" if len(files) > 3 else "")
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{shown}: cannot be read as {reader(files[0])}: {', '.join(lines[:3])}"
