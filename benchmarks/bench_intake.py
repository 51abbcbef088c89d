"""What reading, cleaning and the features of a log cost: `python -m benchmarks.bench_intake [N]`.

Beside a bare scan by DuckDB, and recency, frequency and money alone, a small part of the features,
by pandas and by Polars; on one made-up Parquet file of N rows in the order of time, with
whole-number ids. Each in a process of its own; CPU seconds and the peak of its memory are what the
system counts for it.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from features.config.purchases import PurchaseData
from features.ingest.transactions import TransactionLog, read_transactions
from features.purchases.table import build_features
from features.purchases.table_file import write_features

ROWS = 2_000_000
COLUMNS = {
    "customer_id": "customer",
    "order_id": "order_id",
    "timestamp": "placed",
    "amount": "paid",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    given = sys.argv[1:] if argv is None else argv
    rows = int(given[0]) if given else ROWS
    with TemporaryDirectory(prefix="perennial-bench-") as folder:
        path = Path(folder, "log.parquet")
        _write(path, rows)
        sys.stdout.write(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of Parquet\n")
        sys.stdout.write(f"{'':38}{'CPU s':>8}{'peak GB':>9}\n")
        works = {
            "import only": _nothing,
            "bare scan, DuckDB": _scan,
            "recency, frequency, money by pandas": _pandas,
            **({"the same by Polars": _polars} if find_spec("polars") else {}),
            "read and clean": _read,
            "read, clean and features": _features,
            "the same, to a Parquet file": _features_to_file,
            "the same, of lines that were kept": _features_to_file,
        }
        for name, work in works.items():
            seconds, gigabytes = _measured(work, path)
            sys.stdout.write(f"{name:38}{seconds:8.1f}{gigabytes:9.2f}\n")
            sys.stdout.flush()
    if find_spec("polars") is None:
        sys.stdout.write("Polars is not installed: not compared\n")
    return 0


def _write(path: Path, rows: int) -> None:
    """Seven orders a customer, two lines each, over three years; the customers in no order."""
    customers = max(rows // 14, 1)
    step = 3 * 365 * 86_400_000_000 // max(rows // 2, 1)
    duckdb.sql(
        f"""SELECT hash(i // 2) % {customers} AS customer, i // 2 AS order_id,
            make_timestamp(1640995200000000 + (i // 2) * {step}) AS placed,
            round(5 + hash(i) % 10000 / 100.0, 2) AS paid
        FROM range({rows}) AS numbers(i)"""
    ).write_parquet(str(path))


def _nothing(path: Path) -> None:
    """What the process costs by itself."""


def _scan(path: Path) -> None:
    query = f"SELECT sum(customer), sum(order_id), max(placed), sum(paid) FROM '{path}'"
    duckdb.sql(query).fetchall()


def _pandas(path: Path) -> None:
    """Lines, then recency, frequency and money of each customer."""
    rows = pd.read_parquet(path).astype({"customer": "str", "order_id": "str"})
    lines = rows.groupby(["customer", "order_id", "placed"], as_index=False)["paid"].sum()
    lines.groupby("customer").agg({"placed": ["min", "max"], "order_id": "count", "paid": "sum"})


def _polars(path: Path) -> None:
    """The same as `_pandas`, streamed."""
    import polars

    rows = polars.scan_parquet(path).with_columns(polars.col("customer", "order_id").cast(str))
    lines = rows.group_by("customer", "order_id", "placed").agg(polars.sum("paid"))
    placed, paid = polars.col("placed"), polars.col("paid")
    found = lines.group_by("customer").agg(
        placed.min().alias("first"), placed.max().alias("last"), polars.len(), paid.sum()
    )
    found.collect(engine="streaming")


def _read(path: Path) -> None:
    _log(path)


def _features(path: Path) -> None:
    log = _log(path)
    build_features(log.stored, log.end - timedelta(days=90))


def _features_to_file(path: Path) -> None:
    log = _log(path, kept_in=path.parent / "kept")
    with TemporaryDirectory(dir=path.parent) as folder:
        write_features(log.stored, log.end - timedelta(days=90), Path(folder, "features.parquet"))


def _log(path: Path, kept_in: Path | None = None) -> TransactionLog:
    data = {"transactions": str(path), "columns": COLUMNS}
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return read_transactions(PurchaseData.model_validate(data), now=now, kept_in=kept_in)


def _measured(work: Callable[[Path], None], path: Path) -> tuple[float, float]:
    ours, its = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(work, path, its))
    process.start()
    its.close()
    found: tuple[float, float] = ours.recv()
    process.join()
    return found


def _run(work: Callable[[Path], None], path: Path, connection: Connection) -> None:
    work(path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    connection.send((used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9))


if __name__ == "__main__":
    sys.exit(main())
