"""A table of subscribers, from files to typed rows: a value that does not fit stops the run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from features.config.subscriptions import SubscriptionData
from features.errors import DataError
from features.ingest.column_types import (
    NUMBERS,
    Cast,
    flag_cast,
    number_cast,
    quote,
    text_sql,
    timestamp_cast,
)
from features.ingest.scan import missing_columns, scan, source_types, unreadable


def read_subscriber_rows(files: tuple[Path, ...], data: SubscriptionData) -> pd.DataFrame:
    """Source files -> one row per distinct source row, in our names.

        customer_id              text, null where blank
        amount                   money per month, null where blank
        start, cancelled         wall clock in the data's time zone, null where blank; or
        tenure, cancelled        months, null where blank; flag 1.0 or 0.0, null where blank
        copies                   how often the whole source row occurs, >= 1
        and the attributes, each under its own name: float64, or text

    Raises DataError naming the file, column, and number of values that do not fit.
    """
    with duckdb.connect() as connection:
        try:
            types = source_types(connection, files)
            if missing := missing_columns(types, data.columns, data.attributes):
                raise DataError(f"{files[0]}: {missing}")
            casts = _casts(files[0], types, data)
            rows = connection.sql(_query(scan(files), types, casts, data)).to_arrow_table()
            frame = rows.to_pandas()
        except duckdb.Error as error:
            raise DataError(unreadable(files, error)) from None
    if frame.empty:
        raise DataError(f"{data.customers}: holds no rows; give a table with customers")
    for name, cast in casts.items():
        _refuse_misfits(files[0], frame.pop(f"misfit_{name}"), cast)
    return _wall_clocks(frame, data)


def _casts(path: Path, types: dict[str, str], data: SubscriptionData) -> dict[str, Cast]:
    """Name -> how its source column is read."""
    columns = data.columns
    try:
        casts = {"amount": number_cast(columns.amount, types[columns.amount])}
        if columns.start is not None:
            casts["start"] = timestamp_cast(columns.start, types[columns.start])
            casts["cancelled"] = timestamp_cast(columns.cancelled, types[columns.cancelled])
        elif columns.tenure is not None:
            casts["tenure"] = number_cast(columns.tenure, types[columns.tenure])
            casts["cancelled"] = flag_cast(columns.cancelled)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return casts


def _query(
    scanned: str, types: dict[str, str], casts: dict[str, Cast], data: SubscriptionData
) -> str:
    """Distinct source rows with their number of copies, columns cast and renamed."""
    key = data.columns.customer_id
    selected = {"customer_id": f"CAST({text_sql(key, types[key])} AS VARCHAR)"}
    for name, cast in casts.items():
        blank = f"COALESCE(trim(CAST({quote(cast.source)} AS VARCHAR)), '') = ''"
        selected |= cast.named(name)
        misfit = f"CASE WHEN NOT ({blank}) AND ({cast.misfit}) THEN {quote(cast.source)} END"
        selected[f"misfit_{name}"] = f"CAST({misfit} AS VARCHAR)"
    for place, name in enumerate(data.attributes):
        numeric = types[name].startswith(NUMBERS)
        value = f"CAST({quote(name)} AS DOUBLE)" if numeric else text_sql(name, types[name])
        selected[f"attribute_{place}"] = value
    shown = ", ".join(f"{value} AS {quote(name)}" for name, value in selected.items())
    return f"SELECT {shown}, COUNT(*) AS copies FROM {scanned} GROUP BY ALL"


def _refuse_misfits(path: Path, misfits: pd.Series[str], cast: Cast) -> None:
    wrong = misfits.dropna()
    if len(wrong):
        raise DataError(
            f"{path}: column {cast.source} holds {min(wrong)!r}, expected {cast.expected}; "
            f"{len(wrong)} such rows in all, correct or remove them"
        )


def _wall_clocks(frame: pd.DataFrame, data: SubscriptionData) -> pd.DataFrame:
    """Replace microseconds by wall clocks, and the places of attributes by their names."""
    for name in ("start", "cancelled"):
        if f"{name}_wall_us" in frame:
            wall = pd.to_datetime(frame.pop(f"{name}_wall_us").astype("Int64"), unit="us")
            instant = pd.to_datetime(
                frame.pop(f"{name}_utc_us").astype("Int64"), unit="us", utc=True
            )
            local = instant.dt.tz_convert(data.timezone).dt.tz_localize(None)
            frame = frame.assign(**{name: wall.fillna(local).dt.as_unit("us")})
    places = {f"attribute_{place}": name for place, name in enumerate(data.attributes)}
    return frame.rename(columns=places)
