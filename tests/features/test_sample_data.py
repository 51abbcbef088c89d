"""The sample logs hold what data/README.md states."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

DATA = Path(__file__).resolve().parent.parent.parent / "data"


@pytest.mark.parametrize(
    ("name", "rows", "customers", "total"),
    [
        ("online_retail_ii", 1_044_847, 5_942, 18_909_744.118),
        ("cdnow", 69_659, 23_570, 2_500_315.63),
        ("cdnow_sample", 6_919, 2_357, 244_091.94),
        ("complete_journey", 391_326, 2_469, 4_596_039.58),
    ],
)
def test_rows_customers_and_sums(name: str, rows: int, customers: int, total: float) -> None:
    path = DATA / f"{name}.parquet"
    found = duckdb.sql(
        f"SELECT COUNT(*), COUNT(DISTINCT customer_id), fsum(amount) FROM '{path}'"
    ).fetchall()
    assert found == [(rows, customers, pytest.approx(total, abs=1e-6))]
    assert path.stat().st_size < 6_000_000
    described = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"`{path.name}` | {rows:,}" in described
    assert f"{total:,}" in described


def test_a_cancellation_is_an_order_id_that_begins_with_c() -> None:
    path = DATA / "online_retail_ii.parquet"
    counts = duckdb.sql(
        "SELECT COUNT(DISTINCT order_id), COUNT(*) FILTER (amount > 0) "
        f"FROM '{path}' WHERE order_id LIKE 'C%' AND customer_id IS NOT NULL"
    ).fetchall()
    assert counts == [(7_901, 0)]
