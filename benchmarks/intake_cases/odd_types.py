"""Cases of odd types in Parquet files and databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.intake_cases.case import DAY, TWO, Case, Content, refused, right

BASE: dict[str, Any] = {"customer_id": ["u", "v"], "timestamp": [DAY, DAY], "amount": [10.0, 20.5]}


def _parquet(rows: slice = slice(None), **columns: Any) -> Callable[[Path], object]:
    table = pa.table(BASE | columns)
    start, stop, _ = rows.indices(len(table))
    return lambda path: pq.write_table(table.slice(start, stop - start), path)


def _duckdb(select: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            connection.execute("SET TimeZone = 'Asia/Tokyo'")
            connection.execute(f"CREATE TABLE log AS {select}")

    return write


def _sqlite(*rows: tuple[Any, ...]) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE log (customer_id, timestamp, amount)")
            connection.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)

    return write


FIRST, SECOND = slice(0, 1), slice(1, 2)
ZONED = {name: pa.array([datetime(2024, 1, 5, 12, tzinfo=UTC)] * 2, pa.timestamp("us", name))
         for name in ("UTC", "Asia/Tokyo")}  # fmt: skip
NOON = "2024-01-05T12:00:00"
PARTS: Mapping[str, Content] = {
    "in/day=2024-01-05/a.parquet": _parquet(FIRST),
    "in/day=2024-01-06/b.parquet": _parquet(SECOND, amount=pa.array([10, 20.5], pa.float32()),
                                            customer_id=pa.array(["u", "v"]).dictionary_encode()),
}  # fmt: skip
STRUCT = pa.array([{"id": "u"}, {"id": "v"}])
PARQUET = (
    right("parquet-parts-of-several-types", PARTS, TWO),
    right("parquet-partition-as-moment", PARTS, TWO, columns={"timestamp": "day"},
          moments=("2024-01-05T00:00:00", "2024-01-06T00:00:00")),
    right("parquet-partition-kept", PARTS, {"u": 10}, keep={"day": ["2024-01-05"]}),
    right("parquet-parts-of-several-zones", {
          "in/a.parquet": _parquet(FIRST, timestamp=ZONED["UTC"]),
          "in/b.parquet": _parquet(SECOND, timestamp=ZONED["Asia/Tokyo"])}, TWO,
          moments=(NOON, NOON)),
    right("parquet-parts-naive-and-aware", {"in/a.parquet": _parquet(FIRST),
          "in/b.parquet": _parquet(SECOND, timestamp=ZONED["UTC"])}, TWO, timezone="Asia/Tokyo",
          moments=("2024-01-04T15:00:00", NOON)),
    right("parquet-parts-ids-of-several-types", {
          "in/a.parquet": _parquet(FIRST, customer_id=[7, 8]),
          "in/b.parquet": _parquet(FIRST, customer_id=[7.0, 8.0]),
          "in/c.parquet": _parquet(FIRST, customer_id=["7", "8"])}, {"7": 30}),
    right("parquet-decimal-38", _parquet(amount=pa.array([Decimal("10.0000000001"),
          Decimal("20.5")], pa.decimal128(38, 10))), {"u": 10.0000000001, "v": 20.5},
          file="log.parquet"),
    right("parquet-decimal-256", _parquet(amount=pa.array([Decimal("10.00"), Decimal("20.50")],
          pa.decimal128(18, 2))), {"u": 0.1, "v": 0.205}, file="log.parquet",
          amount_unit="minor"),
    right("parquet-dictionary-kept", _parquet(status=pa.array(["ok", None]).dictionary_encode()),
          {"u": 10}, file="log.parquet", keep={"status": ["ok"]}),
    right("parquet-nested-beside", _parquet(lines=[[1, 2], []], who=STRUCT), TWO,
          file="log.parquet"),
    refused("parquet-nested-member", _parquet(who=STRUCT), "data.columns.customer_id",
            file="log.parquet", columns={"customer_id": "who.id"}),
    refused("parquet-nested-kept", _parquet(who=STRUCT), "expected one value a row",
            file="log.parquet", keep={"who": ["u"]}),
    refused("parquet-id-with-nul", _parquet(customer_id=["a\0b", "a\0c"]), "NUL",
            file="log.parquet"),
    right("parquet-category-with-nul", _parquet(kind=["a\0b", "a\0c"]), TWO, file="log.parquet",
          columns={"category": "kind"}),
    refused("parquet-year-9999", _parquet(timestamp=[date(2024, 1, 5), date(9999, 12, 31)]),
            "of the years 1901 to 2099", file="log.parquet"),
    right("parquet-int8-amounts", _parquet(amount=pa.array([10, -1], pa.int8())),
          {"u": 10, "v": -1}, file="log.parquet"),
    refused("parquet-interval-as-moment", _parquet(timestamp=pa.array([1, 2], pa.time32("s"))),
            "timestamp", file="log.parquet"),
    refused("parquet-in-name-only", {"log.parquet": "customer_id,timestamp,amount\n"},
            "cannot be read as parquet"),
)  # fmt: skip
ENUM = "CAST('u' AS ENUM ('u', 'v'))"
BASES = (
    right("duckdb-enum-and-zone", _duckdb(f"SELECT {ENUM} AS customer_id, TIMESTAMPTZ '2024-01-05 "
          "21:00' AS timestamp, 10::DECIMAL(4, 1) AS amount"), {"u": 10}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=log", moments=(NOON,)),
    right("duckdb-uuid", _duckdb("SELECT '6d3d1e26-0000-4000-8000-000000000000'::UUID AS "
          "customer_id, DATE '2024-01-05' AS timestamp, 10 AS amount"),
          {"6d3d1e26-0000-4000-8000-000000000000": 10}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=log"),
    right("duckdb-query-with-an-end", _duckdb("SELECT 'u' AS customer_id, DATE '2024-01-05' AS "
          "timestamp, 10 AS amount"), {"u": 10}, file="shop.duckdb", transactions="duckdb:///"
          f"shop.duckdb?query={quote('SELECT * FROM log ; ')}"),
    refused("duckdb-two-statements", _duckdb("SELECT 'u' AS customer_id"), "must be one SELECT",
            file="shop.duckdb", transactions="duckdb:///"
            f"shop.duckdb?query={quote('SELECT * FROM log; SELECT 1')}"),
    refused("duckdb-writes", _duckdb("SELECT 'u' AS customer_id"), "must be one SELECT",
            file="shop.duckdb", transactions="duckdb:///"
            f"shop.duckdb?query={quote('DELETE FROM log RETURNING *')}"),
    refused("duckdb-table-of-nothing", _duckdb("SELECT 'u' AS customer_id, DATE '2024-01-05' AS "
            "timestamp, 10 AS amount LIMIT 0"), "holds no rows", file="shop.duckdb",
            transactions="duckdb:///shop.duckdb?table=log"),
    right("sqlite-types-of-all-kinds", _sqlite(("u", "2024-01-05", 10), ("v", "2024-01-05",
          "20.5"), (None, "2024-01-05", 7)), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=log"),
    refused("sqlite-float-ids", _sqlite((2.0**53 + 2, "2024-01-05", 10)), "customer_id holds",
            file="shop.db", transactions="sqlite:///shop.db?table=log"),
    right("sqlite-query-with-an-end", _sqlite(("u", "2024-01-05", 10)), {"u": 10}, file="shop.db",
          transactions=f"sqlite:///shop.db?query={quote('SELECT * FROM log ;')}"),
    right("sqlite-seconds", _sqlite((7, 1704456000, 10), (8.0, 1704456000, 20.5)),
          {"7": 10, "8": 20.5}, file="shop.db", transactions="sqlite:///shop.db?table=log",
          date_format="epoch_s", moments=(NOON, NOON)),
    right("sqlite-bytes-as-id", _sqlite((b"\x00\xff", "2024-01-05", 10)), {"00ff": 10},
          file="shop.db", transactions="sqlite:///shop.db?table=log"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*PARQUET, *BASES)
