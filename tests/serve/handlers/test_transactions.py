"""The compiled fast path and the database engine give the same features."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.config.purchases import PurchaseData
from features.ingest.transactions import read_transactions
from features.purchases.table import build_features
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


def asked(**customer: Any) -> dict[str, Any]:
    lines = [{"timestamp": "1996-05-01T10:00:00Z", "amount": 10.0, "category": "low"}]
    return {"customers": [{"customer_id": "7", "transactions": lines} | customer]}


def features_of(store: Any, body: dict[str, Any], **options: Any) -> Any:
    request = parse(PredictRequest, json.dumps(body).encode())
    return transactions.read_features(request, store.bundle, **options)


@pytest.mark.parametrize(
    ("own", "same"),
    [
        ({"customer_id": 7}, {"customer_id": "7"}),
        ({"customer_id": 7.0}, {"customer_id": "7"}),
        ({"customer_id": " 7.0\u200b"}, {"customer_id": "7"}),
        ({"customer_id": "A\u030a"}, {"customer_id": "\u00c5"}),
    ],
)
def test_an_id_is_that_of_a_file(store: Any, own: dict[str, Any], same: dict[str, Any]) -> None:
    assert features_of(store, asked(**own)).ids == [same["customer_id"]]


def test_lines_are_read_as_those_of_a_file(store: Any, tmp_path: Path) -> None:
    """The same lines as a CSV and as a request: the same row of features."""
    lines = [
        {"ts": "1996-05-01 10:00", "order": 1, "amount": 10.0, "category": "low"},
        {"ts": "1996/05/02", "order": "1.0", "amount": 2.5, "category": " low\u00a0"},
        {"ts": "1996-07-01 10:00 +02:00", "order": "NULL", "amount": 7.0, "category": "N/A"},
        {"ts": "1996-08-01 10:00:00 UTC", "order": "Z", "amount": 30.0, "category": "high"},
        {"ts": "1996-8-1 5:00", "order": "Z", "amount": 30.0, "category": "-"},
    ]
    path = tmp_path / "log.csv"
    pd.DataFrame(lines).assign(who="7").to_csv(path, index=False)
    columns = {"customer_id": "who", "timestamp": "ts", "order_id": "order"}
    data = PurchaseData.model_validate(
        {
            "transactions": str(path),
            "timezone": store.bundle.card.timezone,
            "columns": columns | {"amount": "amount", "category": "category"},
            "end": "1997-01-01",
        }
    )
    log = read_transactions(data)
    as_of = datetime(1997, 1, 1, 5, tzinfo=UTC)
    table = build_features(log.lines, as_of, optional=store.bundle.card.optional)
    sent = [
        {
            "timestamp": each["ts"],
            "order_id": each["order"],
            "amount": each["amount"],
            "category": each["category"],
        }
        for each in lines
    ]
    found = features_of(store, asked(customer_id=7, transactions=sent) | {"as_of": "1997-01-01"})
    assert found.as_of == as_of
    pd.testing.assert_frame_equal(
        found.table(), table[list(store.bundle.names)], check_dtype=False, check_exact=True
    )
    assert table["n_orders"].item() == 3


def test_an_as_of_from_the_future_is_warned_of(store: Any) -> None:
    now = datetime(1996, 5, 1, 9, tzinfo=UTC)
    body = asked()
    body["customers"] += [{"customer_id": "8", "transactions": []}]
    [note] = features_of(store, body, now=now).notes["8"]
    assert note.startswith("as_of is the midnight after the last transaction of the request, and")
    assert features_of(store, body, now=now).notes["7"][-1] == note
    for quiet in (
        features_of(store, body, now=now + timedelta(hours=1)),
        features_of(store, body | {"as_of": "1996-06-01"}, now=now),
    ):
        assert not quiet.notes
