from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.ingest.health.finding import Finding
from features.ingest.transactions import read_transactions

Read = Callable[..., tuple[Finding, ...]]
COLUMNS = {"customer_id": "who", "timestamp": "at", "amount": "paid", "order_id": "order"}


@pytest.fixture
def sound() -> pd.DataFrame:
    """Three orders a day from January to March by thirty customers; every second has two rows."""
    orders = pd.DataFrame({"order": range(270)})
    orders["who"] = "c" + (orders["order"] * 7 % 30).astype(str)
    hours = pd.to_timedelta(9 + orders["order"] % 3 * 4, unit="h")
    orders["at"] = pd.Timestamp("2024-01-02") + pd.to_timedelta(orders["order"] // 3, unit="D")
    orders["at"] += hours
    log = pd.concat([orders, orders[::2]]).sort_values("order", kind="stable", ignore_index=True)
    log["paid"] = 5 + log.index * 37 % 101 + 0.25
    log["sku"] = "s" + (log.index % 13).astype(str)
    return log


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Findings of frames, a file each, by name of file in order."""

    def read(*frames: pd.DataFrame, **settings: Any) -> tuple[Finding, ...]:
        for place, frame in enumerate(frames):
            frame.to_csv(tmp_path / f"{place}.csv", index=False)
        columns = COLUMNS | settings.pop("columns", {})
        data = {"transactions": str(tmp_path / "*.csv"), "columns": columns, **settings}
        return read_transactions(PurchaseData.model_validate(data)).findings

    return read
