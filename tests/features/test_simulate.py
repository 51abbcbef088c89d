from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from features.ingest.canonical import canonical_lines
from features.purchases import labels
from features.purchases.table import build_features
from features.simulate import buy, simulate

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
END = datetime(2024, 6, 1, tzinfo=UTC)


def test_the_truth_is_the_mean_of_many_futures() -> None:
    truth = simulate(customers=60, seed=3, as_of=AS_OF, horizon_days=90).truth
    truth = truth[truth["alive"]]
    futures, n = 4000, len(truth)
    rng = np.random.default_rng(11)
    rate = np.tile(truth["rate_daily"].to_numpy(), futures)
    dropout = np.tile(truth["dropout"].to_numpy(), futures)
    bought = buy(rate, dropout, begin=np.zeros(len(rate)), until=90.0, rng=rng)
    orders = np.bincount(bought.who, minlength=len(rate)).reshape(futures, n)
    for found, name in (((orders > 0), "p_order"), (orders, "expected_orders")):
        error = found.std(axis=0) / futures**0.5
        assert (abs(found.mean(axis=0) - truth[name]) < 4.5 * error + 1e-4).all(), name


def test_the_labels_of_a_simulation_agree_with_its_truth() -> None:
    simulation = simulate(customers=20_000, seed=5, as_of=AS_OF, horizon_days=90)
    outcome = labels.build_labels(
        canonical_lines(simulation.transactions, "UTC"), AS_OF, 90, end=END
    )
    truth = simulation.truth
    assert outcome.index.equals(truth.index)
    assert 1 - outcome["churned"].mean() == pytest.approx(truth["p_order"].mean(), rel=0.02)
    assert outcome["n_orders_future"].mean() == pytest.approx(
        truth["expected_orders"].mean(), rel=0.02
    )
    assert outcome["revenue_future"].mean() == pytest.approx(
        truth["expected_revenue"].mean(), rel=0.03
    )
    gone = outcome[~truth["alive"]]
    assert (gone["churned"] == 1).all()


def test_a_seed_is_a_log_and_a_different_seed_another() -> None:
    first, again, other = (
        simulate(customers=50, seed=seed, as_of=AS_OF, horizon_days=30) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first.transactions, again.transactions)
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert not first.transactions["amount"].equals(other.transactions["amount"])


def test_first_orders_are_spread_over_the_time_before_as_of() -> None:
    start = datetime(2023, 9, 1, tzinfo=UTC)
    simulation = simulate(customers=2000, seed=1, as_of=AS_OF, horizon_days=30, start=start)
    age = build_features(canonical_lines(simulation.transactions, "UTC"), AS_OF)["age_days"]
    assert len(age) == 2000
    assert age.between(0, 182).all()
    assert age.mean() == pytest.approx(91, abs=3)
    assert simulation.transactions["timestamp"].max() < pd.Timestamp("2024-03-31", tz="UTC")
