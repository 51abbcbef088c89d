"""The transaction log: canonical lines, and an account of how they came about."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import duckdb
import pandas as pd

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest import missing_columns
from features.ingest.account import account, require_settled_numbers
from features.ingest.canonical import LINES, lines_query, merge, merge_lines, settle_rows
from features.ingest.files import SourceFile, some_names
from features.ingest.frames import open_frame
from features.ingest.health.check import check_health
from features.ingest.health.finding import Finding
from features.ingest.health.unread_columns import suspects
from features.ingest.policies import in_order, nothing_left
from features.ingest.source_tables import column_names, open_tables
from features.ingest.sources import named_as_given, open_source
from features.ingest.table import SourceTable
from features.ingest.time_zones import create_zone_tables
from features.ingest.typed_rows import read_table, wanted_columns
from features.ingest.working_memory import working_engine
from features.schema import OPTIONAL, TRANSACTIONS
from features.timestamps import from_microseconds, microseconds, next_midnight, parse_as_of, to_utc

BYTES_PER_LINE = 200  # of memory, as a frame


@dataclass(frozen=True, kw_only=True)
class TransactionLog:
    """A transaction log after its policies.

    lines      canonical lines, see `canonical_lines`
    optional   which of category and channel the log really has
    counts     every row accounted for, by reason
    sha256     of the source bytes
    first      the first line
    end        end of knowledge: the local midnight after the last line, exclusive
    findings   of the health check
    """

    noun: ClassVar[str] = "log"

    lines: pd.DataFrame
    optional: tuple[str, ...]
    counts: dict[str, int]
    sha256: str
    timezone: str
    currency: str
    first: datetime
    end: datetime
    findings: tuple[Finding, ...] = ()


def read_transactions(
    data: PurchaseData, *, now: datetime | None = None, frame: object | None = None
) -> TransactionLog:
    """Read the transactions of a configuration and apply its policies.

    now     until when moments are believable; default: the machine's clock
    frame   what is read in place of data.transactions, see `features.ingest.frames.open_frame`

    Raises DataError, in one sentence, for a file, column or value that cannot be used.
    """
    with working_engine() as (connection, folder):
        found, fingerprint = (
            open_source(data.transactions, folder)
            if frame is None
            else open_frame(frame, folder, wanted_columns(data))
        )
        with named_as_given(data.transactions, found):
            looked_at = suspects(connection, found, data, folder)
            beside = [each.column for each in looked_at]
            tables = _open(connection, found, data, folder, beside=beside)
            now = now or datetime.now(UTC)
            counts = _clean(connection, tables, data, now, beside=beside)
            findings = check_health(connection, data, counts, files=len(found), looked_at=looked_at)
            _require_memory(data.transactions, counts["lines"])
            lines = _frame(connection, data.timezone)
        fingerprint.require_unchanged()
    return TransactionLog(
        lines=lines,
        optional=tuple(name for name in OPTIONAL if lines[name].notna().any()),
        counts=in_order(counts),
        sha256=fingerprint.sha256,
        timezone=data.timezone,
        currency=data.currency,
        first=from_microseconds(int(lines["us"].iloc[0])),
        end=_end(lines, data),
        findings=findings,
    )


def canonical_lines(transactions: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Transactions (`features.schema.TRANSACTIONS`) -> canonical lines.

    One row per customer, order, timestamp, category and channel; amounts summed; sorted by
    (us, customer_id, order_id):

        customer_id, order_id   text; without an order id, rows of one instant are one order
        us                      UTC microseconds
        local_us                wall clock in `timezone`, microseconds
        amount                  money, negative for a refund
        category, channel       text or null

    The order of the rows does not matter, to the last bit. Naive timestamps are read in
    `timezone`. Raises DataError naming every violation.
    """
    rows = TRANSACTIONS.check(transactions)
    instants = to_utc(rows["timestamp"], timezone)
    texts = {name: _text(rows, name) for name in ("customer_id", "order_id", *OPTIONAL)}
    frame = pd.DataFrame({**texts, "amount": rows["amount"].astype("float64")})
    frame["us"] = microseconds(instants.dt.tz_localize(None))
    with duckdb.connect() as connection:
        create_zone_tables(connection, timezone)
        connection.register("given", frame)
        connection.execute("CREATE VIEW kept AS SELECT *, CAST(NULL AS DOUBLE) AS cost FROM given")
        merge(connection)
        return _frame(connection, timezone)


def _open(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    data: PurchaseData,
    folder: Path,
    *,
    beside: Sequence[str] = (),
) -> list[SourceTable]:
    """The tables behind the files. Raises DataError where one lacks a configured column."""
    wanted = wanted_columns(data)
    tables = open_tables(connection, files, data, wanted, folder=folder, beside=beside)
    for table in tables:
        if missing := [name for name in wanted if name not in table.types]:
            first = next(each for each in files if each.path == table.files[0])
            raise DataError(_missing(first, missing, data, folder))
    return tables


def _missing(file: SourceFile, missing: Sequence[str], data: PurchaseData, folder: Path) -> str:
    """The sentence about configured columns that a file lacks."""
    keys = {source: name for name, source in data.columns.model_dump().items() if source}
    found = "; ".join(
        f"no column {name!r}, set data.columns.{keys[name]}"
        if name in keys
        else f"no column {name!r}, which data.keep, data.drop or data.fill_down names"
        for name in missing
    )
    names = column_names([file], data, folder)
    hint = missing_columns.hint(missing, names, len(missing) == len(set(wanted_columns(data))))
    return f"{file.path}: {found}; the columns are {some_names(names)}{hint}"


def _clean(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[SourceTable],
    data: PurchaseData,
    now: datetime,
    *,
    beside: Sequence[str] = (),
) -> dict[str, int]:
    """The table `merged` of what counts, and the counts. Raises DataError."""
    create_zone_tables(connection, data.timezone)
    readings = [read_table(each, data, _configured_end(data), beside) for each in tables]
    require_settled_numbers(connection, readings, data)
    typed = " UNION ALL ".join(each.query for each in readings)
    # what is quick to read again need not be stored
    texts = any(each.types[name] == "VARCHAR" for each in tables for name in wanted_columns(data))
    stored = "TABLE" if texts else "VIEW"
    connection.execute(f"CREATE {stored} typed AS {typed}")
    accounted = account(connection, readings, data, now)
    if not accounted.counts["rows_read"]:
        raise DataError(f"{data.transactions}: holds no rows; give a log with transactions")
    files = sum(len(each.files) for each in tables)
    counts = accounted.counts | settle_rows(connection, data, files)
    counts |= merge_lines(connection, data)
    if not counts["lines"]:
        raise DataError(f"{data.transactions}: {nothing_left(in_order(counts))}")
    return counts


def _require_memory(transactions: str, lines: int) -> None:
    """Raises DataError before lines are laid out that would not fit into the machine's memory."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if lines * BYTES_PER_LINE > memory:
        raise DataError(
            f"{transactions}: has {lines:,} orders or lines of orders, more than fit into the "
            f"{memory / 1e9:.0f} GB of memory of this machine; give fewer"
        )


def _configured_end(data: PurchaseData) -> datetime | None:
    if data.end is None:
        return None
    try:
        return parse_as_of(data.end, data.timezone)
    except DataError as error:
        raise DataError(f"data.end: {error}") from None


def _end(lines: pd.DataFrame, data: PurchaseData) -> datetime:
    """The end of what is known: as configured, else the midnight after the last line."""
    configured = _configured_end(data)
    return configured or next_midnight(int(lines["local_us"].iloc[-1]), data.timezone)


def _frame(connection: duckdb.DuckDBPyConnection, timezone: str) -> pd.DataFrame:
    """The table `merged` as canonical lines, sorted by moment, customer, order and labels."""
    columns = ", ".join(LINES)
    query = (
        f"SELECT {columns} FROM ({lines_query(timezone)}) ORDER BY us, customer_id, order_id, "
        "category NULLS FIRST, channel NULLS FIRST"
    )
    table = connection.sql(query).to_arrow_table()
    frame: pd.DataFrame = table.to_pandas()
    texts = ("customer_id", "order_id", *OPTIONAL)
    return frame.astype(dict.fromkeys(texts, "str"))


def _text(rows: pd.DataFrame, name: str) -> pd.Series[str]:
    values = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype="str")
    return values.astype("str")


def most_frequent_label(data: PurchaseData, column: str, *, before: datetime) -> pd.Series | None:
    """customer_id -> what most of the customer's rows hold in a column, the first by name of two.

    Rows that do not count, and those at or after `before`, are not seen. None where the source
    has no such column, or nothing in it.
    """
    named = data.model_copy(
        update={"columns": data.columns.model_copy(update={"category": column})}
    )
    with working_engine() as (connection, folder):
        found, _ = open_source(data.transactions, folder)
        if column not in column_names(found, data, folder):
            return None
        tables = _open(connection, found, named, folder)
        create_zone_tables(connection, data.timezone)
        readings = [read_table(each, named, before) for each in tables]
        typed = " UNION ALL ".join(each.query for each in readings)
        rows = connection.execute(
            f"SELECT customer_id, category FROM ({typed}) "
            "WHERE aside = 0 AND category IS NOT NULL GROUP BY customer_id, category "
            "QUALIFY row_number() OVER (PARTITION BY customer_id "
            "ORDER BY count(*) DESC, category) = 1 ORDER BY customer_id"
        ).fetchall()
    if not rows:
        return None
    customers, labels = zip(*rows, strict=True)
    index = pd.Index(customers, dtype="str", name="customer_id")
    return pd.Series(labels, index=index, name=column, dtype="str")
