"""Cases of Parquet files: their types, and several of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.intake_cases.case import DAY, HEADER, TWO, Case, refused, right


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
CASES: tuple[Case, ...] = (
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
