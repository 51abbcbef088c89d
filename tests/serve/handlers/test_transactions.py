"""The compiled fast path and the database engine give the same features."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from serve.api.requests import PredictRequest, parse
from serve.handlers import transactions


def crowd(seed: int) -> dict[str, Any]:
    """Customers with histories of all kinds, refunds and copies among them."""
    rng = np.random.default_rng(seed)
    start = datetime(1996, 1, 1, tzinfo=UTC)
    customers = []
    for number in range(60):
        lines = []
        for _ in range(int(rng.integers(0, 12))):
            time = start + timedelta(minutes=int(rng.integers(0, 900_000)))
            naive = rng.random() < 0.3
            line: dict[str, Any] = {
                "timestamp": (time.replace(tzinfo=None) if naive else time).isoformat(),
                "amount": round(float(rng.normal(20.0, 25.0)), 2),
            }
            if rng.random() < 0.5:
                line["order_id"] = f"o{int(rng.integers(0, 4))}"
            if rng.random() < 0.8:
                line["category"] = str(rng.choice(["low", "middle", "never seen"]))
            lines += [line] * int(rng.integers(1, 3))
        customers.append({"customer_id": f"c{number}", "transactions": lines})
    return {"customers": customers, "as_of": "1997-06-01"}


@pytest.mark.parametrize("seed", range(8))
def test_both_paths_lead_to_the_same_bits(
    store: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = parse(PredictRequest, json.dumps(crowd(seed)).encode())
    fast = transactions.read_features(request, store.bundle)
    monkeypatch.setattr(transactions, "FAST_PATH_LINES", 0)
    engine = transactions.read_features(request, store.bundle)
    assert (fast.ids, fast.as_of, fast.notes) == (engine.ids, engine.as_of, engine.notes)
    np.testing.assert_array_equal(fast.matrix, engine.matrix)
    pd.testing.assert_frame_equal(fast.table(), engine.table(), check_dtype=False)
