"""What the features of few customers cost: `python -m benchmarks.small_features`.

The statement by DuckDB (`features.purchases.table`, from a data frame) beside the statement
compiled to Python (`features.compiled.single_customer`, from tuples), for histories with order ids
and without labels. Prints one table of CPU microseconds per call, the least of several repetitions.
"""

from __future__ import annotations

import sys
import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd

from features.compiled.single_customer import Row, customer_features, customer_lines
from features.ingest.canonical import canonical_lines
from features.purchases.table import build_features

AS_OF = datetime(2024, 3, 31, tzinfo=UTC)
AS_OF_US = round(AS_OF.timestamp()) * 10**6
TIMEZONE = "Europe/London"
SECONDS = 0.5
REPEATS = 5


def main() -> int:
    """Measure and print."""
    started = time.perf_counter()
    customer_features([], AS_OF_US, ())
    compiling_ms = 1e3 * (time.perf_counter() - started)
    heads = ("customers", "orders", "DuckDB", "lines", "features", "compiled", "times")
    _print(*heads)
    for customers in (1, 64):
        for orders in (1, 20, 200):
            _print(*_measured(customers, orders))
    sys.stdout.write(f"compiling, once per process: {compiling_ms:.0f} ms\n")
    return 0


def _measured(customers: int, orders: int) -> tuple[object, ...]:
    histories = [_history(number, orders) for number in range(customers)]
    frame = _frame(histories)
    lines = [customer_lines(rows, TIMEZONE) for rows in histories]
    duckdb = _us(lambda: build_features(canonical_lines(frame, TIMEZONE), AS_OF))
    reading = _us(lambda: [customer_lines(rows, TIMEZONE) for rows in histories])
    summing = _us(lambda: [customer_features(each, AS_OF_US, ()) for each in lines])
    compiled = reading + summing
    figures = (duckdb, reading, summing, compiled)
    return customers, orders, *(f"{each:.0f}" for each in figures), f"{duckdb / compiled:.1f}"


def _history(number: int, orders: int) -> list[Row]:
    days = [timedelta(days=13 * place % 2000, hours=number % 24 + 5) for place in range(orders)]
    return [
        (AS_OF_US - day // timedelta(microseconds=1), f"o{place}", 20.0 + place, None, None)
        for place, day in enumerate(days)
    ]


def _frame(histories: list[list[Row]]) -> pd.DataFrame:
    flat = [(f"c{number}", *row) for number, rows in enumerate(histories) for row in rows]
    customers, us, orders, amounts, _, _ = zip(*flat, strict=True)
    return pd.DataFrame(
        {
            "customer_id": pd.Series(customers, dtype="str"),
            "order_id": pd.Series(orders, dtype="str"),
            "timestamp": pd.to_datetime(pd.Series(us), unit="us", utc=True),
            "amount": pd.Series(amounts, dtype="float64"),
        }
    )


def _us(call: Callable[[], object]) -> float:
    timer = timeit.Timer(call, timer=time.process_time)
    once = timer.timeit(3) / 3
    number = max(1, round(SECONDS / REPEATS / max(once, 1e-7)))
    return 1e6 * min(timer.repeat(REPEATS, number)) / number


def _print(*cells: object) -> None:
    sys.stdout.write(" ".join(f"{each:>10}" for each in cells) + "\n")


if __name__ == "__main__":
    sys.exit(main())
