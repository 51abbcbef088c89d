"""What no transactions can break: the future is not seen, and the order of rows does not show."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.ingest.canonical import canonical_lines
from features.ingest.transactions import TransactionLog
from features.purchases import labels
from features.purchases.table import build_features
from features.schema import OPTIONAL

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


def random_log(seed: int) -> pd.DataFrame:
    """Few customers, orders and timestamps, so that ties, straddling orders and refunds abound."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 80))
    hours = rng.choice([rng.integers(-9000, 9000, n), rng.integers(-30, 30, n)])
    return pd.DataFrame(
        {
            "customer_id": rng.choice(list("abcd"), n),
            "order_id": rng.choice(["1", "2", "3", "4", "5", None], n),
            "timestamp": AS_OF + pd.to_timedelta(hours, unit="h"),
            "amount": rng.normal(10, 20, n).round(2),
            "category": rng.choice(["tea", "cup", None], n),
            "channel": rng.choice(["web", "shop"], n),
        }
    )


def table(log: pd.DataFrame) -> pd.DataFrame:
    return build_features(canonical_lines(log, "Europe/London"), AS_OF, optional=OPTIONAL)


seeds = st.integers(0, 10**9)
few = settings(max_examples=8, deadline=None)


@few
@given(seeds)
def test_rows_at_or_after_as_of_change_nothing(seed: int) -> None:
    log = random_log(seed)
    past = log[log["timestamp"] < AS_OF]
    if len(past):
        pd.testing.assert_frame_equal(table(log), table(past), check_exact=True)


@few
@given(seeds)
def test_the_order_of_rows_does_not_show(seed: int) -> None:
    log = random_log(seed)
    shuffled = log.sample(frac=1, random_state=seed % 2**32)
    pd.testing.assert_frame_equal(table(log), table(shuffled), check_exact=True)


@few
@given(seeds)
def test_a_customer_is_the_same_alone(seed: int) -> None:
    log = random_log(seed)
    together = table(log)
    for customer in together.index[:2]:
        alone = table(log[log["customer_id"] == customer])
        pd.testing.assert_frame_equal(alone, together.loc[[customer]], check_exact=True)


@few
@given(seeds)
def test_features_keep_their_ranges(seed: int) -> None:
    found = table(random_log(seed))
    assert (found["recency_days"] > 0).all()
    assert (found["age_days"] >= found["recency_days"]).all()
    assert (found["n_orders"] >= found["active_days"]).all()
    assert ((found["last_repeat_days"] > 0) == (found["repeat_days"] > 0)).all()
    assert found["repeat_value_mean"].notna().equals(found["repeat_days"] > 0)
    shares = found.filter(like="_share")
    assert (shares.isna() | ((shares >= 0) & (shares <= 1))).all(axis=None)


@few
@given(seeds, st.integers(1, 400))
def test_labels_are_of_the_same_customers(seed: int, horizon_days: int) -> None:
    log = canonical_lines(random_log(seed), "UTC")
    outcome = labels.build_labels(log, AS_OF, horizon_days, end=datetime(2026, 1, 1, tzinfo=UTC))
    assert outcome.index.equals(build_features(log, AS_OF).index)


def test_one_retail_customer_is_the_same_to_the_last_bit_alone(retail: TransactionLog) -> None:
    together = build_features(retail.lines, retail.end)
    for customer in together.index[::1000]:
        lines = retail.lines[retail.lines["customer_id"] == customer]
        alone = build_features(lines, retail.end)
        pd.testing.assert_frame_equal(alone, together.loc[[customer]], check_exact=True)


@pytest.mark.parametrize("customers", [1, 100])
def test_building_twice_gives_the_same_bits(retail: TransactionLog, customers: int) -> None:
    chosen = retail.lines["customer_id"].drop_duplicates()[:customers]
    lines = retail.lines[retail.lines["customer_id"].isin(chosen)]
    first, second = build_features(lines, retail.end), build_features(lines, retail.end)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
