"""Cases of files and databases with types: Parquet, JSON, workbooks, SQLite, DuckDB."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.chart import BarChart

from benchmarks.intake_cases.case import HEADER, Case, refused, right

TWO = {"u": 10.0, "v": 20.5}
DAY = datetime(2024, 1, 5)


def _table(**columns: Any) -> pa.Table:
    base = {"customer_id": ["u", "v"], "timestamp": [DAY, DAY], "amount": [10.0, 20.5]}
    return pa.table(base | columns)


def _parquet(table: pa.Table, **options: Any) -> Callable[[Path], object]:
    return lambda path: pq.write_table(table, path, **options)


def _typed(name: str, sums: dict[str, float], more: dict[str, Any] | None = None,
           **columns: Any) -> Case:  # fmt: skip
    return right(f"parquet-{name}", _parquet(_table(**columns)), sums, file="log.parquet",
                 **(more or {}))  # fmt: skip


def _refused(name: str, words: str, more: dict[str, Any] | None = None, **columns: Any) -> Case:
    return refused(f"parquet-{name}", _parquet(_table(**columns)), words, file="log.parquet",
                   **(more or {}))  # fmt: skip


def _at(unit: str, zone: str | None = None) -> pa.Array:
    return pa.array([DAY, DAY], pa.timestamp(unit, zone))


NOON = pa.array([datetime(2024, 1, 5, 12, tzinfo=UTC)] * 2, pa.timestamp("us", "America/New_York"))
SAMES = pa.table([["u"], [DAY], [10.0], [99.0]], names=[*HEADER.strip().split(","), "Amount"])
PARQUET = (
    *(_typed(f"timestamp-{unit}", TWO, {"moments": ["2024-01-05T00:00:00"] * 2},
             timestamp=_at(unit)) for unit in ("s", "ms", "us", "ns")),
    _typed("timestamp-zone", TWO, {"moments": ["2024-01-05T12:00:00"] * 2}, timestamp=NOON),
    _typed("timestamp-ns-zone", TWO, {"moments": ["2024-01-05T00:00:00"] * 2},
           timestamp=_at("ns", "UTC")),
    _typed("date32", TWO, timestamp=[date(2024, 1, 5)] * 2),
    right("parquet-date-and-time", _parquet(_table(timestamp=[date(2024, 1, 5)] * 2,
          hour=pa.array([3_600_000_000, 0], pa.time64("us")))), TWO, file="log.parquet",
          columns={"time": "hour"}, moments=("2024-01-05T00:00:00", "2024-01-05T01:00:00")),
    refused("parquet-zone-and-time", _parquet(_table(timestamp=NOON, hour=["01:00", "02:00"])),
            "columns.time", file="log.parquet", columns={"time": "hour"}),
    right("parquet-int96", _parquet(_table(), use_deprecated_int96_timestamps=True), TWO,
          file="log.parquet"),
    _typed("dictionary", TWO, customer_id=pa.array(["u", "v"]).dictionary_encode()),
    _typed("large-string", TWO, customer_id=pa.array(["u", "v"], pa.large_string())),
    _typed("decimal-amount", TWO, amount=[Decimal("10.00"), Decimal("20.50")]),
    _typed("decimal-id", {"7": 10, "12345678901234567890": 20.5},
           customer_id=[Decimal("7"), Decimal("12345678901234567890")]),
    _typed("decimal-id-scale", {"7": 10, "8": 20.5},
           customer_id=[Decimal("7.00"), Decimal("8.00")]),
    _typed("float-id-nan", {"7": 10}, customer_id=[7.0, float("nan")]),
    _typed("nulls", {"u": 10}, {"missing": "drop"}, amount=[10.0, None]),
    _refused("null-amount", "data.missing", amount=[10.0, None]),
    _refused("nan-amount", "data.missing", amount=[10.0, float("nan")]),
    _refused("float-id-large", "customer_id holds", customer_id=[2.0**53 + 2, 1.0]),
    _refused("float32-id-large", "customer_id holds",
             customer_id=pa.array([16777218.0, 1.0], pa.float32())),
    _typed("int64-id", {"9223372036854775807": 10, "-1": 20.5}, customer_id=[2**63 - 1, -1]),
    _typed("uint64-id", {"18446744073709551615": 10, "1": 20.5},
           customer_id=pa.array([2**64 - 1, 1], pa.uint64())),
    _typed("int-id-lower", {"7": 10, "8": 20.5}, {"id_case": "lower"}, customer_id=[7, 8]),
    _refused("nested-id", "one value a row", customer_id=[["u"], ["v"]]),
    _refused("bytes-id", "one value a row", customer_id=[b"u", b"v"]),
    _refused("nothing-in-date", "data.missing", timestamp=pa.nulls(2)),
    _refused("nothing-in-id", "columns.customer_id", customer_id=pa.nulls(2)),
    _refused("amount-inf", "amount holds", amount=[float("inf"), 1.0]),
    _refused("amount-1e300", "amount holds", amount=[1e300, 1.0]),
    _refused("amount-text-either", "data.thousands", amount=["1.234", "100"]),
    _typed("amount-text", TWO, amount=["10", "$20.50"]),
    _refused("date-int", "data.date_format", timestamp=[20240105, 20240106]),
    _typed("date-int-pattern", TWO, {"date_format": "%Y%m%d"}, timestamp=[20240105, 20240106]),
    _typed("flag-int", TWO, {"keep": {"ok": [1]}}, ok=[1, 1]),
    _typed("flag-float", {"u": 10}, {"keep": {"ok": [1]}}, ok=[1.0, None]),
    _typed("flag-bool", {"u": 10}, {"keep": {"ok": [True]}}, ok=[True, False]),
    _typed("column-of-row-number", TWO, file_row_number=[5, 5]),
    _typed("column-of-filename", TWO, filename=["x", "y"]),
    right("parquet-column-of-filename-wanted", _parquet(_table(filename=["x", "y"])), {"x": 10,
          "y": 20.5}, file="log.parquet", columns={"customer_id": "filename"}),
    right("parquet-case-twice", _parquet(SAMES), {"u": 10}, file="log.parquet"),
    right("parquet-case-twice-other", _parquet(SAMES), {"u": 99}, file="log.parquet",
          columns={"amount": "Amount"}),
    refused("parquet-name-twice", _parquet(SAMES.rename_columns([*SAMES.column_names[:3],
            "amount"])), "2 columns share the name amount", file="log.parquet"),
    right("parquet-schemas", {"logs/a.parquet": _parquet(_table(customer_id=[1, 2])),
          "logs/b.parquet": _parquet(_table(customer_id=["1", "x"], extra=[1, 2]))},
          {"1": 20, "2": 20.5, "x": 20.5}),
    right("parquet-uint-and-int", {"logs/a.parquet": _parquet(_table(customer_id=pa.array(
          [2**64 - 1, 1], pa.uint64()))), "logs/b.parquet": _parquet(_table(customer_id=[1, -2]))},
          {"18446744073709551615": 10, "1": 30.5, "-2": 20.5}),
    refused("parquet-truncated", lambda path: path.write_bytes(b"PAR1" + b"x" * 99),
            "cannot be read as parquet", file="log.parquet"),
    refused("parquet-beside-csv", {"logs/a.parquet": _parquet(_table()), "logs/b.csv": HEADER},
            "keep one kind"),
)  # fmt: skip

ROWS: list[dict[str, Any]] = [
    {"customer_id": "u", "timestamp": "2024-01-05", "amount": 10, "more": {"a": [1]}},
    {"customer_id": "v", "timestamp": "2024-01-06", "amount": "20.5"},
]
JSONS = (
    right("json-array", json.dumps(ROWS), TWO, file="log.json"),
    right("json-lines", "\n".join(map(json.dumps, ROWS)), TWO, file="log.jsonl"),
    right("json-pretty", json.dumps(ROWS, indent=2), TWO, file="log.json"),
    right("json-bom", ("\ufeff" + json.dumps(ROWS)).encode(), TWO, file="log.json"),
    right("json-blank-lines", "\n\n".join(map(json.dumps, ROWS)) + "\n\n", TWO, file="log.jsonl"),
    right("json-unicode", json.dumps([{**ROWS[0], "customer_id": "Zoë"}]), {"Zoë": 10},
          file="log.json"),
    right("json-big-ids", json.dumps([{**ROWS[0], "customer_id": 12345678901234567890123}]),
          {"12345678901234567890123": 10}, file="log.json"),
    right("json-nested-id", json.dumps([{**ROWS[0], "customer": {"id": 7}}]), {"7": 10},
          file="log.json", columns={"customer_id": "customer.id"}),
    right("json-name-with-point", json.dumps([{**ROWS[0], "customer.id": 7}]), {"7": 10},
          file="log.json", columns={"customer_id": "customer.id"}),
    refused("json-object-as-id", json.dumps([{**ROWS[0], "customer": {"id": 7}}]),
            "one value a row", file="log.json", columns={"customer_id": "customer"}),
    refused("json-list-as-id", json.dumps([{**ROWS[0], "customer": [7]}]), "one value a row",
            file="log.json", columns={"customer_id": "customer"}),
    right("json-text-like-an-object", json.dumps([{**ROWS[0], "customer_id": "{7}"}]), {"{7}": 10},
          file="log.json"),
    refused("json-no-such-key", json.dumps(ROWS), "no column 'kind'", file="log.json",
            columns={"category": "kind"}),
    right("json-key-sometimes", json.dumps([{**ROWS[0], "kind": "a"}, ROWS[1]]), TWO,
          file="log.json", columns={"category": "kind"}),
    right("json-key-null", json.dumps([{**ROWS[0], "kind": None}, ROWS[1]]), TWO,
          file="log.json", columns={"category": "kind"}),
    refused("json-missing-amount", json.dumps([ROWS[0], {"customer_id": "v", "timestamp":
            "2024-01-05"}]), "data.missing", file="log.json"),
    refused("json-object-with-list", json.dumps({"orders": ROWS}), "no column", file="log.json"),
    refused("json-truncated", json.dumps(ROWS)[:-9], "cannot be read as json", file="log.json"),
    refused("json-empty-list", "[]", "holds no rows", file="log.json"),
    refused("json-scalars", "[1, 2]", "no column", file="log.json"),
    refused("json-cp1252", json.dumps([{**ROWS[0], "customer_id": "Zoë"}], ensure_ascii=False)
            .encode("cp1252"), "data.encoding", file="log.json"),
)  # fmt: skip


def _book(*rows: list[Any], sheets: tuple[str, ...] = ()) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        first = book.active
        assert first is not None
        for row in rows:
            first.append(row)
        for name in sheets:
            book.create_sheet(name).append(["nothing"])
        book.save(path)

    return write


def _small_dimension(path: Path) -> None:
    _book(NAMES, ["u", DAY, 10], ["v", DAY, 20.5])(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'<dimension ref="A1:C3"', b'<dimension ref="A1"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _broken_sheet(path: Path) -> None:
    _book(NAMES, ["u", DAY, 10])(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[:-120] if "sheet1" in name else content)


def _cut(path: Path) -> None:
    _book(NAMES, ["u", DAY, 10])(path)
    path.write_bytes(path.read_bytes()[:-200])


def _merged(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Sales of 2024"])
    sheet.merge_cells("A1:C1")
    for row in (NAMES, ["u", DAY, 10], ["v", DAY, 20.5]):
        sheet.append(row)
    book.save(path)


def _chart_first(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (NAMES, ["u", DAY, 10], ["v", DAY, 20.5]):
        sheet.append(row)
    book.create_chartsheet("chart", 0).add_chart(BarChart())
    book.save(path)


NAMES = HEADER.strip().split(",")
BOOKS = (
    right("xlsx", _book(NAMES, ["u", DAY, 10], ["v", DAY, 20.5], sheets=("notes",)), TWO,
          file="log.xlsx"),
    right("xlsx-dates-as-text", _book(NAMES, ["u", "05/01/2024", 10]), {"u": 10},
          file="log.xlsx", date_format="%d/%m/%Y"),
    refused("xlsx-dates-mixed", _book(NAMES, ["u", "05/01/2024", 10], ["v", DAY, 1]),
            "data.date_format", file="log.xlsx"),
    right("xlsx-numeric-ids", _book(NAMES, [7, DAY, 10], ["7", DAY, 1], [8.0, DAY, 2]),
          {"7": 11, "8": 2}, file="log.xlsx"),
    refused("xlsx-rounded-ids", _book(NAMES, [1234567890123456000, DAY, 10]), "customer_id holds",
            file="log.xlsx"),
    refused("xlsx-formula", _book(NAMES, ["u", DAY, "=5+5"]), "data.missing", file="log.xlsx"),
    right("xlsx-merged-title", _merged, TWO, file="log.xlsx", skip_rows=1),
    refused("xlsx-merged-title-unset", _merged, "data.skip_rows", file="log.xlsx"),
    right("xlsx-blank-rows", _book(NAMES, ["u", DAY, 10], [None], ["v", DAY, 20.5], [""]), TWO,
          file="log.xlsx"),
    right("xlsx-small-dimension", _small_dimension, TWO, file="log.xlsx"),
    right("xlsx-chart-first", _chart_first, TWO, file="log.xlsx"),
    refused("xlsx-no-such-sheet", _book(NAMES), "data.sheet", file="log.xlsx", sheet="orders"),
    refused("xlsx-header-only", _book(NAMES), "holds no rows", file="log.xlsx"),
    refused("xlsx-empty", _book(), "no header", file="log.xlsx"),
    refused("xlsx-broken-sheet", _broken_sheet, "cannot be read as a workbook", file="log.xlsx"),
    refused("xlsx-cut", _cut, "cannot be read as a workbook", file="log.xlsx"),
    refused("xlsx-is-csv", lambda path: path.write_text(HEADER), "cannot be read as a workbook",
            file="log.xlsx"),
)  # fmt: skip


def _sqlite(*statements: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for each in statements:
                connection.execute(each)

    return write


def _duckdb(*statements: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as connection:
            for each in statements:
                connection.execute(each)

    return write


MAKE = 'CREATE TABLE "the orders" (customer_id, timestamp TEXT, amount NUMERIC)'
FILL = "INSERT INTO \"the orders\" VALUES ('u', '2024-01-05', 10), ('v', '2024-01-06', '20.5')"
NOTES = """CREATE TABLE notes AS SELECT *, 'C:\\"' AS path FROM "the orders" """
TYPED = MAKE.replace("customer_id,", "customer_id HUGEINT,").replace("TEXT", "DATE")
DATABASES = (
    right("sqlite-quoted-name", _sqlite(MAKE, FILL), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=the%20orders"),
    right("sqlite-view", _sqlite(MAKE, FILL, 'CREATE VIEW v AS SELECT * FROM "the orders"'), TWO,
          file="shop.db", transactions="sqlite:///shop.db?table=v"),
    right("sqlite-schema", _sqlite(MAKE, FILL), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=main.the orders"),
    right("sqlite-affinity", _sqlite(MAKE, FILL, "INSERT INTO \"the orders\" VALUES "
          "(7, '2024-01-05', 1), (7.0, '2024-01-06', 2), ('7', '2024-01-07', 3)"),
          {**TWO, "7": 6}, file="shop.db", transactions="sqlite:///shop.db?table=the orders"),
    right("sqlite-backslash", _sqlite(MAKE, FILL, NOTES), TWO, file="shop.db",
          transactions="sqlite:///shop.db?table=notes"),
    right("sqlite-sum-in-query", _sqlite(MAKE, FILL), {"u": 11, "v": 21.5}, file="shop.db",
          transactions='sqlite:///shop.db?query=SELECT customer_id, timestamp, amount+1 AS amount '
          'FROM "the orders"'),
    refused("sqlite-unknown-option", _sqlite(MAKE, FILL), "where", file="shop.db",
            transactions="sqlite:///shop.db?table=the orders&where=amount>15"),
    refused("sqlite-percent", _sqlite(MAKE, FILL), "%25", file="shop.db", transactions=
            "sqlite:///shop.db?query=SELECT * FROM \"the orders\" WHERE customer_id LIKE '%de%'"),
    refused("sqlite-write", _sqlite(MAKE, FILL), "cannot be read", file="shop.db",
            transactions='sqlite:///shop.db?query=DELETE FROM "the orders"'),
    refused("sqlite-no-table", _sqlite(MAKE, FILL), "no such table", file="shop.db",
            transactions="sqlite:///shop.db?table=orders"),
    refused("sqlite-is-no-database", lambda path: path.write_text("x" * 999), "cannot be read",
            file="shop.db", transactions="sqlite:///shop.db?table=orders"),
    right("duckdb-hugeint", _duckdb(TYPED, FILL.replace("'u'", "7").replace("'v'", "8")),
          {"7": 10, "8": 20.5}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=main.the orders"),
    right("duckdb-hugeint-exact", _duckdb(TYPED, FILL.replace("'u'", "12345678901234567891")
          .replace("'v'", "8")), {"12345678901234567891": 10, "8": 20.5}, file="shop.duckdb",
          transactions="duckdb:///shop.duckdb?table=the orders"),
    refused("duckdb-no-table", _duckdb(TYPED), "does not exist", file="shop.duckdb",
            transactions="duckdb:///shop.duckdb?table=orders"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*PARQUET, *JSONS, *BOOKS, *DATABASES)
