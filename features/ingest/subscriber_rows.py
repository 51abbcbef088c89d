"""A table of subscribers, from files to typed rows: a value that does not fit stops the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from features.config.subscriptions import SubscriptionData
from features.errors import DataError
from features.ingest.columns.cast import FLOATS, WHOLE, Cast, quote
from features.ingest.columns.flags import flag_cast
from features.ingest.columns.ids import id_cast, label
from features.ingest.columns.moments import moment_cast
from features.ingest.columns.money import money_cast
from features.ingest.files import SourceFile, some_names
from features.ingest.queries import first_row
from features.ingest.source_tables import column_names, open_tables
from features.ingest.table import DIGEST, SourceTable, unreadable
from features.ingest.working_memory import working_engine

# A number with zeros in front is a code.
CODE = "'0\\d.*'"


def wanted_columns(data: SubscriptionData) -> list[str]:
    """The source columns that a configuration reads, each once."""
    columns = [each for each in data.columns.model_dump().values() if each]
    return list(dict.fromkeys([*columns, *data.attributes]))


def read_subscriber_rows(files: Sequence[SourceFile], data: SubscriptionData) -> pd.DataFrame:
    """Source files -> one row per distinct source row, in our names.

        customer_id              text, null where blank
        amount                   money per month, null where blank
        start, cancelled         wall clock in the data's time zone, null where blank; or
        tenure, cancelled        months, null where blank; flag 1.0 or 0.0, null where blank
        copies                   how often the whole source row occurs, >= 1
        and the attributes, each under its own name: float64, or text

    Raises DataError naming the file, column, and number of values that do not fit.
    """
    wanted = wanted_columns(data)
    with working_engine() as (connection, folder):
        try:
            tables = open_tables(connection, files, data, wanted, folder=folder)
            _require_columns(files, tables, wanted, data, folder)
            numeric = {
                name for name in data.attributes if _is_numeric(connection, tables, name, data)
            }
            casts = [_casts(each, data) for each in tables]
            query = " UNION ALL ".join(
                _query(each, own, numeric, data) for each, own in zip(tables, casts, strict=True)
            )
            counted = f"SELECT *, count(*) AS copies FROM ({query}) GROUP BY ALL"
            frame = connection.sql(counted).to_arrow_table().to_pandas().drop(columns=DIGEST)
        except duckdb.Error as error:
            raise DataError(unreadable([each.path for each in files], error)) from None
    if frame.empty:
        raise DataError(f"{data.customers}: holds no rows; give a table with customers")
    for name, cast in casts[0].items():
        _refuse_misfits(files[0].path, frame.pop(f"misfit_{name}"), cast)
    return _wall_clocks(frame, data)


def _require_columns(
    files: Sequence[SourceFile],
    tables: Sequence[SourceTable],
    wanted: Sequence[str],
    data: SubscriptionData,
    folder: Path,
) -> None:
    keys = {source: name for name, source in data.columns.model_dump().items() if source}
    for table in tables:
        found = [
            f"no column {name!r}, "
            + (f"set data.columns.{keys[name]}" if name in keys else "correct data.attributes")
            for name in wanted
            if name not in table.types
        ]
        if found:
            file = next(each for each in files if each.path == table.files[0])
            shown = some_names(column_names([file], data, folder))
            raise DataError(f"{file.path}: {'; '.join(found)}; the columns are {shown}")


def _casts(table: SourceTable, data: SubscriptionData) -> dict[str, Cast]:
    """Name -> how its source column is read."""
    columns, types = data.columns, table.types
    try:
        casts = {
            "customer_id": id_cast(columns.customer_id, types[columns.customer_id]),
            "amount": money_cast(columns.amount, types[columns.amount], data, data.currency),
        }
        if columns.start is not None:
            casts["start"] = moment_cast(columns.start, types[columns.start], data)
            casts["cancelled"] = moment_cast(columns.cancelled, types[columns.cancelled], data)
        elif columns.tenure is not None:
            casts["tenure"] = money_cast(columns.tenure, types[columns.tenure], data)
            casts["cancelled"] = flag_cast(columns.cancelled, types[columns.cancelled])
    except DataError as error:
        raise DataError(f"{table.files[0]}: {error}") from None
    return casts


def _query(
    table: SourceTable, casts: dict[str, Cast], numeric: set[str], data: SubscriptionData
) -> str:
    """Source rows, columns cast and renamed."""
    selected: dict[str, str] = {}
    for name, cast in casts.items():
        selected |= cast.named(name)
        misfit = f"CASE WHEN NOT ({cast.blank}) AND ({cast.misfit}) THEN {quote(cast.source)} END"
        selected[f"misfit_{name}"] = f"CAST({misfit} AS VARCHAR)"
    for place, name in enumerate(data.attributes):
        cell = money_cast if name in numeric else None
        value = (
            cell(name, table.types[name], data).columns[""]
            if cell
            else label(name, table.types[name])
        )
        selected[f"attribute_{place}"] = value
    shown = ", ".join(f"{value} AS {quote(name)}" for name, value in selected.items())
    return f"SELECT {shown}, {DIGEST} FROM {table.relation}"


def _is_numeric(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[SourceTable],
    name: str,
    data: SubscriptionData,
) -> bool:
    """Whether an attribute is a number: by its type or, in a text file, by all of its values."""
    known = False
    for table in tables:
        kind = table.types[name]
        if kind in WHOLE or kind in FLOATS or kind.startswith("DECIMAL"):
            known = True
            continue
        if table.relation.startswith("("):
            return False
        cast, text = money_cast(name, kind, data), label(name, kind)
        row = first_row(
            connection,
            f"SELECT count(*), count_if({cast.misfit} OR regexp_full_match({text}, {CODE})) "
            f"FROM {table.relation} WHERE NOT ({cast.blank})",
        ) or (0, 0)
        if row[1]:
            return False
        known = known or bool(row[0])
    return known


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
