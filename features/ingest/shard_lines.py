"""Rows that count, in shards -> canonical lines on disk, the shards side by side."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from features.config.purchases import PurchaseData
from features.errors import DataError
from features.ingest.line_files import copy_customers, copy_lines, ends, list_customers
from features.ingest.merging import (
    copies,
    count_customers,
    keep,
    known_keys,
    long_order,
    merge,
)
from features.ingest.queries import number
from features.ingest.raw_rows import RawRows
from features.ingest.refunds import settle_refunds
from features.ingest.settling import Settled
from features.ingest.time_zones import create_zone_tables
from features.ingest.working_memory import LEAST, memory_bytes
from features.lines.stored import shard_file
from features.timestamps import from_microseconds

MOVED = "SELECT count(order_us) FROM merged"
LongOrder = tuple[str, str, int, int, int]


@dataclass(frozen=True)
class Merged:
    """What the rows of a shard, or of all, have become.

    counts      by reason
    across      rows that are an exact copy of a row in another file
    long_order  the first order that takes too long, and how many do; None where none does
    first       the first moment, UTC microseconds; None where there is no line
    last        the last moment: UTC and wall clock
    optional    which of category and channel any line has
    """

    counts: dict[str, int]
    across: int
    long_order: LongOrder | None
    first: int | None
    last: tuple[int, int] | None
    optional: frozenset[str]


def write_lines(
    connection: duckdb.DuckDBPyConnection, raw: RawRows, settled: Settled, out: Path
) -> Merged:
    """Write the canonical lines as `features.lines.stored.StoredLines` has them.

    out   an empty folder

    Raises DataError for refunds where they are refused, and for an order that takes too long;
    duckdb.Error.
    """
    shards = range(len(raw.files))
    write = partial(_write_shard, raw, settled, out)
    if len(shards) == 1:
        merged = write(0, connection)
    else:
        merged = _together(_side_by_side(write, shards, out))
    refunds = merged.counts["refund_rows_netted"]
    if settled.data.refunds == "error" and refunds:
        raise DataError(
            f'{refunds} rows are refunds and data.refunds = "error": remove them from the source, '
            "or set data.refunds to another policy"
        )
    if merged.long_order:
        raise DataError(_takes_too_long(merged.long_order, settled.data))
    list_customers(connection, out, len(shards))
    return merged


def _side_by_side(
    write: Callable[[int, duckdb.DuckDBPyConnection], Merged], shards: range, out: Path
) -> list[Merged]:
    """What the shards have become, each written by an engine of one thread."""
    workers = min(len(shards), len(os.sched_getaffinity(0)))
    memory = max(memory_bytes() // workers, LEAST)

    def run(shard: int) -> Merged:
        with _engine(out, memory) as connection:
            return write(shard, connection)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, shards))


def _write_shard(
    raw: RawRows, settled: Settled, out: Path, shard: int, connection: duckdb.DuckDBPyConnection
) -> Merged:
    data, rows = settled.data, raw.query(shard)
    create_zone_tables(connection, data.timezone)
    connection.execute(f"CREATE TEMP TABLE counted AS {settled.counted(rows)}")
    counts = _dropped(connection, settled, rows) | keep(connection, data)
    known = known_keys(data)
    merge(connection, known)
    total, across = copies(connection, known) if data.duplicates != "drop" else (0, 0)
    takes_long = long_order(connection, data.order_span_days) if "order_id" in known else None
    merged = number(connection, "SELECT count(*) FROM merged")
    counts["rows_merged"] = counts.pop("rows_kept") - merged
    if data.refund_matching == "match":
        counts |= settle_refunds(connection, known)
    alone = list(known) == ["customer_id", "us"] and not number(connection, MOVED)
    counts |= {"duplicate_rows_kept": total} | count_customers(connection, known, single=alone)
    single, lines = counts["lines"] == counts["orders"], shard_file(out, shard)
    counts["lines"] = merged
    copy_lines(connection, data, lines, shard=shard, single=single)
    copy_customers(connection, out, shard)
    first, last, labelled = ends(connection, lines)
    return Merged(counts, across, takes_long, first, last, labelled)


@contextmanager
def _engine(out: Path, memory: int) -> Iterator[duckdb.DuckDBPyConnection]:
    with TemporaryDirectory(prefix="spilled-", dir=out.parent) as spilled:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,
            "memory_limit": f"{memory // 10**6}MB",
            "temp_directory": spilled,
        }
        with duckdb.connect(config=settings) as connection:
            yield connection


def _dropped(connection: duckdb.DuckDBPyConnection, settled: Settled, rows: str) -> dict[str, int]:
    """How many rows the policies that look at several rows have set aside."""
    counts = {"duplicate_rows_dropped": 0}
    left = number(connection, "SELECT count(*) FROM counted")
    if settled.newest is not None:
        distinct = number(connection, f"SELECT count(*) FROM ({settled.distinct(rows)})")
        counts["reexported_rows_dropped"] = distinct - left
        left = distinct
    if settled.data.duplicates == "drop":
        every = number(connection, f"SELECT count(*) FROM ({rows}) WHERE aside = 0")
        counts["duplicate_rows_dropped"] = every - left
    return counts


def _together(parts: Sequence[Merged]) -> Merged:
    counts: Counter[str] = Counter()
    for each in parts:
        counts.update(each.counts)
    long = [each.long_order for each in parts if each.long_order]
    return Merged(
        dict(counts),
        sum(each.across for each in parts),
        (*min(long)[:4], sum(each[4] for each in long)) if long else None,
        min((each.first for each in parts if each.first is not None), default=None),
        max((each.last for each in parts if each.last is not None), default=None),
        frozenset().union(*(each.optional for each in parts)),
    )


def _takes_too_long(order: LongOrder, data: PurchaseData) -> str:
    customer, name, first, last, several = order
    return (
        f"{data.transactions}: order {name!r} of customer {customer!r} has rows from "
        f"{from_microseconds(first):%Y-%m-%d} to {from_microseconds(last):%Y-%m-%d}, as have "
        f"{several} orders further apart than data.order_span_days = {data.order_span_days}: "
        "where ids restart or mean nothing, take out columns.order_id; else raise the days"
    )
