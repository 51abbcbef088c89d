from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from features.config.purchases import PurchaseConfig
from features.ingest.transactions import TransactionLog
from models.intervals import LEVEL, RevenueDistribution, revenue_interval, total_interval
from models.metrics import coverage
from models.purchases.predictor import PurchasePredictor
from train.customer_codes import customer_codes
from train.purchases.snapshot_cache import PurchaseSnapshots, PurchaseTask
from train.purchases.train import TrainedPurchases, cross_fitted, fit_intervals, train

Array = NDArray[np.float64]
AS_OF = datetime(2025, 1, 1, tzinfo=UTC)


def standard_errors(covered: float, count: int) -> float:
    """How far a coverage is from the level that was promised."""
    return (covered - LEVEL) / np.sqrt(LEVEL * (1 - LEVEL) / count)


def forecasts(shop: Any) -> tuple[RevenueDistribution, Array, Array, Array]:
    """The learnt spread; and of each customer P(order), expected spend, and actual revenue."""
    origin = shop.origin
    days = origin.bundle.card.horizon_days
    predicted = PurchasePredictor(origin.bundle).forecast_table(shop.table, as_of=origin.as_of)
    revenue = origin.actual["revenue_future"].to_numpy(dtype=float)
    return (
        origin.bundle.card.spread,
        predicted.p_order(days),
        predicted.expected_spend(days),
        revenue,
    )


def test_four_of_five_likely_customers_are_inside_their_interval(shop: Any) -> None:
    spread, p_order, spend, revenue = forecasts(shop)
    low, high = revenue_interval(spread, p_order, spend)
    likely = p_order >= 0.2
    assert likely.sum() > 1000
    covered = coverage(revenue[likely], low[likely], high[likely])
    assert abs(standard_errors(covered, int(likely.sum()))) < 3
    assert shop.origin.report["intervals"]["likely_coverage"] == covered


def test_the_intervals_hold_for_rare_and_for_frequent_buyers_alike(shop: Any) -> None:
    spread, p_order, spend, revenue = forecasts(shop)
    low, high = revenue_interval(spread, p_order, spend)
    for least, most in ((0.2, 0.4), (0.4, 0.7), (0.7, 1.0)):
        mine = (p_order >= least) & (p_order < most)
        covered = coverage(revenue[mine], low[mine], high[mine])
        assert abs(standard_errors(covered, int(mine.sum()))) < 4, (least, covered)


def test_customers_who_will_hardly_come_back_are_surely_covered(shop: Any) -> None:
    spread, p_order, spend, revenue = forecasts(shop)
    low, high = revenue_interval(spread, p_order, spend)
    assert (low[p_order < 0.9] == 0).all()
    assert (high[p_order < 0.2] == 0).all()
    assert coverage(revenue[p_order < 0.2], low[p_order < 0.2], high[p_order < 0.2]) > LEVEL


def test_sums_of_groups_are_inside_their_interval_about_as_often(shop: Any) -> None:
    """Scatter alone covers four of five; the doubt about the level, which is none here, adds."""
    spread, p_order, spend, revenue = forecasts(shop)
    group = customer_codes(shop.table.index) % 100
    shares = []
    for each in (replace(spread, level_sd=0.0), spread):
        inside = []
        for number in range(100):
            mine = group == number
            low, high = total_interval(each, p_order[mine], spend[mine])
            inside.append(low <= revenue[mine].sum() <= high)
        shares.append(float(np.mean(inside)))
    assert abs(standard_errors(shares[0], 100)) < 3
    assert shares[0] <= shares[1]


def test_the_interval_of_the_whole_holds_and_says_something(shop: Any) -> None:
    spread, p_order, spend, revenue = forecasts(shop)
    low, high = total_interval(spread, p_order, spend)
    assert low < revenue.sum() < high
    assert low < p_order @ spend < high
    assert high / low < 1.5
    assert shop.origin.report["intervals"]["total_covered"] == 1.0


def test_the_spread_is_evaluated_on_customers_from_whom_it_was_not_learnt(
    clockwork: pd.DataFrame,
    settings: Callable[..., PurchaseConfig],
    log_of: Callable[[pd.DataFrame], TransactionLog],
) -> None:
    made: TrainedPurchases = train(
        PurchaseTask(
            settings(40, snapshots=1, rounds=0), PurchaseSnapshots(log_of(clockwork)), AS_OF, 40
        ),
        step=lambda _: None,
    )
    assert made.holdout is not None
    customers, card = made.holdout.customers, made.bundle.card
    odd = customer_codes(customers.index) % 2 == 1
    spread = fit_intervals(customers[~odd], card.spread.level_sd)
    low, high = revenue_interval(
        spread,
        1.0 - customers.loc[odd, "p_churn"].to_numpy(),
        customers.loc[odd, "expected_spend"].to_numpy(),
    )
    np.testing.assert_array_equal(customers.loc[odd, "low"], low)
    np.testing.assert_array_equal(customers.loc[odd, "high"], high)
    assert card.spread == fit_intervals(customers, card.spread.level_sd)
    assert card.metrics["clv_interval_coverage"] == pytest.approx(
        ((customers["revenue"] >= customers["low"]) & (customers["revenue"] <= customers["high"]))
        .mean()
    )  # fmt: skip
    again = cross_fitted(made.holdout, card.spread.level_sd)
    pd.testing.assert_frame_equal(again.customers, customers)
