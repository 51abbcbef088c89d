"""The transaction log: canonical lines, and an account of how they came about."""

from __future__ import annotations

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
from features.ingest.account import account
from features.ingest.files import Fingerprint, SourceFile, some_names
from features.ingest.frames import open_frame
from features.ingest.health.check import check_health
from features.ingest.health.finding import Finding
from features.ingest.health.unread_columns import suspects
from features.ingest.policies import in_order, nothing_left
from features.ingest.raw_rows import write_rows
from features.ingest.settled_numbers import require_settled_numbers
from features.ingest.settling import settle
from features.ingest.shard_lines import write_lines
from features.ingest.source_tables import column_names, open_tables
from features.ingest.sources import named_as_given, open_source
from features.ingest.table import SourceTable
from features.ingest.time_zones import clock_rules, create_zone_tables
from features.ingest.typed_rows import read_table, wanted_columns
from features.ingest.working_memory import working_engine
from features.lines.kept import Facts, keep_lines, key_of
from features.lines.stored import CUSTOMERS, StoredLines, parquet
from features.schema import OPTIONAL
from features.timestamps import from_microseconds, next_midnight, parse_as_of, require_aware


@dataclass(frozen=True, kw_only=True)
class TransactionLog:
    """A transaction log after its policies.

    stored     canonical lines, on disk
    optional   which of category and channel the log really has
    counts     every row accounted for, by reason
    sha256     of the source bytes
    first      the first line
    end        end of knowledge: the local midnight after the last line, exclusive
    findings   of the health check
    """

    noun: ClassVar[str] = "log"

    stored: StoredLines
    optional: tuple[str, ...]
    counts: dict[str, int]
    sha256: str
    timezone: str
    currency: str
    first: datetime
    end: datetime
    findings: tuple[Finding, ...] = ()

    @property
    def lines(self) -> pd.DataFrame:
        """The canonical lines in memory, see `features.ingest.canonical.canonical_lines`."""
        return self.stored.frame


def read_transactions(
    data: PurchaseData,
    *,
    now: datetime | None = None,
    frame: object | None = None,
    kept_in: Path | None = None,
) -> TransactionLog:
    """Read the transactions of a configuration and apply its policies.

    now      until when moments are believable; default: the machine's clock
    frame    what is read in place of data.transactions, see `features.ingest.frames.open_frame`
    kept_in  a folder where canonical lines are kept: a source is read once, for as long as neither
             its bytes nor the configuration change; default: they are gone with the log

    Raises DataError, in one sentence, for a file, column or value that cannot be used.
    """
    with working_engine() as (connection, folder):
        found, fingerprint = (
            open_source(data.transactions, folder)
            if frame is None
            else open_frame(frame, folder, wanted_columns(data))
        )

        def write(out: Path) -> Facts:
            with named_as_given(data.transactions, found):
                facts = _write(connection, found, data, now or datetime.now(UTC), (folder, out))
            fingerprint.require_unchanged()
            return facts.model_copy(update={"sha256": fingerprint.sha256})

        kept = keep_lines(kept_in, _key(data, found, fingerprint), write)
    facts = kept.facts
    return TransactionLog(
        stored=StoredLines(kept.folder, facts.shards, keeper=kept.keeper),
        optional=facts.optional,
        counts=facts.counts,
        sha256=facts.sha256,
        timezone=data.timezone,
        currency=data.currency,
        first=from_microseconds(facts.first),
        end=from_microseconds(facts.end),
        findings=tuple(Finding(*each) for each in facts.findings),
    )


def _key(data: PurchaseData, files: Sequence[SourceFile], fingerprint: Fingerprint) -> str:
    """The key of all that canonical lines follow from."""
    return key_of(
        {
            "sha256": fingerprint.sha256,
            "files": [
                (str(each.path.absolute()), each.partition) for each in files if not each.is_copy
            ],
            "sizes": fingerprint.sizes,
            "data": data.model_dump(mode="json", exclude={"transactions"}),
            "set": sorted(data.model_fields_set),  # what is set is not asked by the health check
            "clock": clock_rules(data.timezone),
            "engine": duckdb.__version__,
        }
    )


def _write(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[SourceFile],
    data: PurchaseData,
    now: datetime,
    folders: tuple[Path, Path],
) -> Facts:
    """Write the canonical lines of some files, and account for every row. Raises DataError.

    folders   one for what is gone afterwards, and an empty one for the lines
    """
    folder, out = folders
    looked_at = suspects(connection, files, data, folder)
    beside = [each.column for each in looked_at]
    tables = _open(connection, files, data, folder, beside=beside)
    create_zone_tables(connection, data.timezone)
    readings = [read_table(each, data, _configured_end(data), beside) for each in tables]
    require_settled_numbers(connection, readings, data)
    raw = write_rows(connection, readings, data, folder / "rows")
    connection.execute(f"CREATE VIEW typed AS {raw.query()}")
    counts = account(connection, readings, data, now).counts
    if not counts["rows_read"]:
        raise DataError(f"{data.transactions}: holds no rows; give a log with transactions")
    settled = settle(connection, data, files=len(files), folder=folder)
    merged = write_lines(connection, raw, settled, out)
    counts |= merged.counts
    if merged.first is None or merged.last is None:
        raise DataError(f"{data.transactions}: {nothing_left(in_order(counts))}")
    stored = StoredLines(out, len(raw.files))
    connection.execute(f"CREATE VIEW counted AS {settled.counted('FROM typed')}")
    connection.execute(f"CREATE VIEW merged AS FROM {stored.scan()}")
    connection.execute(f"CREATE VIEW customer_orders AS FROM {parquet(out / CUSTOMERS)}")
    findings = check_health(connection, data, counts, across=merged.across, looked_at=looked_at)
    end = _configured_end(data) or next_midnight(merged.last[1], data.timezone)
    return Facts(
        shards=stored.shards,
        optional=tuple(name for name in OPTIONAL if name in merged.optional),
        counts=in_order(counts),
        first=merged.first,
        end=require_aware(end),
        findings=tuple((each.name, each.sentence, each.number, each.no_ids) for each in findings),
    )


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


def _configured_end(data: PurchaseData) -> datetime | None:
    if data.end is None:
        return None
    try:
        return parse_as_of(data.end, data.timezone)
    except DataError as error:
        raise DataError(f"data.end: {error}") from None


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
