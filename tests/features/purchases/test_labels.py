from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from features.errors import DataError
from features.ingest.canonical import canonical_lines
from features.ingest.transactions import TransactionLog
from features.purchases import labels
from features.purchases.table import build_features

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
END = datetime(2024, 6, 1, tzinfo=UTC)


def lines(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "timestamp", "amount"])
    return canonical_lines(
        frame.assign(timestamp=pd.to_datetime(frame["timestamp"], utc=True)), "UTC"
    )


def test_the_horizon_worked_by_hand() -> None:
    log = lines(
        ("ann", "1", "2024-01-01 10:00", 10.0),
        ("ann", "2", "2024-03-01 00:00", 20.0),  # at as_of: inside
        ("ann", "3", "2024-03-01 09:00", 5.0),  # a second order of that day
        ("ann", "4", "2024-03-10 10:00", 20.0),
        ("ann", "5", "2024-03-11 10:00", -8.0),
        ("ann", "6", "2024-03-31 00:00", 70.0),  # at as_of + 30 days: outside
        ("bob", "7", "2024-02-01 10:00", 10.0),
        ("bob", "8", "2024-03-05 10:00", -10.0),  # only a refund
        ("cat", "9", "2024-02-01 10:00", 10.0),  # never again
        ("dan", "10", "2024-03-05 10:00", 10.0),  # not yet a customer at as_of
    )
    outcome = labels.build_labels(log, AS_OF, 30, end=END)
    assert outcome.to_dict("index") == {
        "ann": {
            "n_orders_future": 3,
            "active_days_future": 2,
            "revenue_future": 37.0,
            "churned": 0,
        },
        "bob": {
            "n_orders_future": 0,
            "active_days_future": 0,
            "revenue_future": -10.0,
            "churned": 1,
        },
        "cat": {
            "n_orders_future": 0,
            "active_days_future": 0,
            "revenue_future": 0.0,
            "churned": 1,
        },
    }


def test_a_horizon_may_end_where_the_log_does_and_not_later() -> None:
    log = lines(("ann", "1", "2024-01-01", 10.0))
    last = END - timedelta(days=90)
    assert len(labels.build_labels(log, last, 90, end=END)) == 1
    with pytest.raises(DataError, match=r"as_of must be 2024-03-03T00:00:00\+00:00 or before"):
        labels.build_labels(log, last + timedelta(seconds=1), 90, end=END)


def test_a_horizon_is_positive() -> None:
    with pytest.raises(DataError, match="horizon_days must be positive, got 0"):
        labels.build_labels(lines(("ann", "1", "2024-01-01", 10.0)), AS_OF, 0, end=END)


def test_the_revenue_of_known_retail_customers_adds_up(retail: TransactionLog) -> None:
    as_of = retail.end - timedelta(days=90)
    outcome = labels.build_labels(retail.lines, as_of, 90, end=retail.end)
    assert outcome.index.equals(build_features(retail.lines, as_of).index)
    us = round(as_of.timestamp() * 1e6)
    future = retail.lines[retail.lines["us"] >= us]
    known = future[future["customer_id"].isin(outcome.index)]
    assert outcome["revenue_future"].sum() == pytest.approx(known["amount"].sum())
    orders = known.groupby(["customer_id", "order_id"])["amount"].sum()
    assert outcome["n_orders_future"].sum() == (orders > 1e-6).sum()
    assert (outcome["churned"] == (outcome["n_orders_future"] == 0)).all()
