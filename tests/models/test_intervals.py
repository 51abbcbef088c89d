from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.intervals import (
    LEAST_IN_GROUP,
    RevenueDistribution,
    assumed,
    fit,
    revenue_interval,
    total_interval,
)
from models.metrics import coverage
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.purchases.snapshot_cache import PurchaseSnapshots

Array = NDArray[np.float64]


def customers(number: int, seed: int) -> tuple[Array, Array, Array]:
    """P(order), expected spend, and revenue: nothing, or spend times a factor of mean one.

    The likelier a customer orders, the less the factor scatters: a gamma of shape 1, 3 or 9.
    """
    rng = np.random.default_rng(seed)
    p_order = rng.uniform(0.02, 0.999, number)
    spend = rng.gamma(2.0, 40.0, number)
    shape = np.array([1.0, 3.0, 9.0])[np.searchsorted([0.4, 0.7], p_order)]
    factor = rng.gamma(shape, 1 / shape)
    return p_order, spend, np.where(rng.random(number) < p_order, factor * spend, 0.0)


def learnt(seed: int, number: int = 20_000) -> RevenueDistribution:
    p_order, spend, revenue = customers(number, seed)
    back = revenue > 0
    return fit(p_order[back], spend[back], revenue[back], level_sd=0.0)


def within(actual: Array, low: Array, high: Array, some: NDArray[np.bool_]) -> tuple[float, float]:
    """Share of `some` inside their intervals, and its binomial standard error."""
    share = coverage(actual[some], low[some], high[some])
    return share, float(np.sqrt(0.16 / some.sum()))


@pytest.mark.parametrize("seed", range(2))
def test_four_in_five_lie_inside_where_an_order_is_likely_enough(seed: int) -> None:
    p_order, spend, revenue = customers(40_000, seed + 10)
    low, high = revenue_interval(learnt(seed), p_order, spend)
    for least, most in ((0.2, 0.9), (0.9, 1.0)):
        share, error = within(revenue, low, high, (p_order > least) & (p_order < most))
        assert share == pytest.approx(0.8, abs=4 * error + 0.01)
    unlikely = p_order <= 0.2
    assert coverage(revenue[unlikely], low[unlikely], high[unlikely]) == pytest.approx(
        1 - p_order[unlikely].mean(), abs=0.02
    )


def test_each_group_of_returners_has_its_own_spread() -> None:
    p_order, spend, revenue = customers(40_000, 20)
    low, high = revenue_interval(learnt(3), p_order, spend)
    for least, most in ((0.45, 0.6), (0.75, 0.85)):
        share, error = within(revenue, low, high, (p_order > least) & (p_order < most))
        assert share == pytest.approx(0.8, abs=4 * error + 0.02)
    variance = learnt(3).variance
    assert len(variance) == 5
    assert variance[0] > 2 * variance[-1]
    # One spread for all is too wide for those who are almost sure to come back.
    back = revenue > 0
    one = fit(np.full(back.sum(), 0.5), spend[back], revenue[back], level_sd=0.0)
    assert len(set(one.variance)) == 1
    share, error = within(revenue, *revenue_interval(one, p_order, spend), p_order > 0.95)
    assert share > 0.8 + 5 * error


def test_intervals_leave_a_tenth_on_either_side_of_a_sure_customer() -> None:
    p_order, spend, revenue = customers(40_000, 21)
    low, high = revenue_interval(learnt(4), p_order, spend)
    sure = p_order > 0.95
    error = float(np.sqrt(0.09 / sure.sum()))
    assert (revenue[sure] < low[sure]).mean() == pytest.approx(0.1, abs=4 * error + 0.01)
    assert (revenue[sure] > high[sure]).mean() == pytest.approx(0.1, abs=4 * error + 0.01)


@settings(max_examples=100, deadline=None)
@given(
    p_order=st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=20),
    spend=st.floats(1e-3, 1e7),
)
def test_low_is_never_above_high_nor_below_nothing(p_order: list[float], spend: float) -> None:
    money = np.full(len(p_order), spend)
    for spread in (assumed(0.1), SPREAD):
        low, high = revenue_interval(spread, np.array(p_order), money)
        assert ((low >= 0) & (low <= high) & np.isfinite(high)).all()


SPREAD = learnt(5, 2000)


def test_who_will_not_come_back_has_no_interval() -> None:
    low, high = revenue_interval(SPREAD, np.array([1e-6, 0.1, 0.2]), np.full(3, 50.0))
    np.testing.assert_array_equal(low, 0)
    np.testing.assert_array_equal(high, 0)
    assert revenue_interval(SPREAD, np.array([0.25]), np.array([50.0]))[1][0] > 0


def test_intervals_scale_with_the_spend() -> None:
    p_order = np.linspace(0.05, 0.99, 30)
    once = revenue_interval(SPREAD, p_order, np.full(30, 50.0))
    tenfold = revenue_interval(SPREAD, p_order, np.full(30, 500.0))
    np.testing.assert_allclose(np.array(tenfold), 10 * np.array(once))


def test_the_likelier_an_order_the_higher_the_interval_of_one_spread() -> None:
    p_order = np.linspace(0.01, 0.89, 200)
    _, high = revenue_interval(assumed(0.1), p_order, np.full(200, 50.0))
    assert (np.diff(high) >= 0).all()


def test_a_biased_spend_does_not_widen_the_spread() -> None:
    p_order, spend, revenue = customers(2000, 22)
    back = revenue > 0
    fair = fit(p_order[back], spend[back], revenue[back], level_sd=0.0)
    low = fit(p_order[back], spend[back] / 3, revenue[back], level_sd=0.0)
    np.testing.assert_allclose(fair.factors, low.factors)


def test_few_returners_leave_the_assumption() -> None:
    few = np.full(LEAST_IN_GROUP - 1, 0.5)
    assert fit(few, few, few, level_sd=0.2) == assumed(0.2)
    low, high = revenue_interval(assumed(0.2), np.array([1 - 1e-12]), np.array([100.0]))
    # An exponential's tenth and nine tenths.
    np.testing.assert_allclose([low[0], high[0]], [10.54, 230.3], rtol=0.01)


def test_money_given_back_counts_as_nothing() -> None:
    p_order, spend, revenue = customers(2000, 23)
    back = revenue > 0
    eaten = np.where(np.arange(back.sum()) % 4 == 0, -20.0, revenue[back])
    spread = fit(p_order[back], spend[back], eaten, level_sd=0.0)
    low, high = revenue_interval(spread, p_order, spend)
    assert ((low >= 0) & (low <= high)).all()


@pytest.mark.parametrize("level_sd", [0.0, 0.15])
def test_four_in_five_totals_lie_inside(level_sd: float) -> None:
    p_order, spend, _ = customers(300, 24)
    spread = RevenueDistribution((), ((1.0,) * 100,), (0.25,), level_sd)
    low, high = total_interval(spread, p_order, spend)
    rng = np.random.default_rng(25)
    factor = rng.gamma(4.0, 1 / 4.0, (1500, 300))
    each = np.where(rng.random((1500, 300)) < p_order, factor * spend, 0.0)
    totals = each.sum(axis=1) * np.exp(rng.normal(0.0, level_sd, 1500))
    assert ((totals >= low) & (totals <= high)).mean() == pytest.approx(0.8, abs=0.045)
    assert (totals < low).mean() == pytest.approx(0.1, abs=0.035)


def test_the_shared_level_does_not_average_out() -> None:
    p_order, spend, _ = customers(300, 26)
    many = np.tile(p_order, 1000), np.tile(spend, 1000)
    for level_sd, ratio in ((0.0, 1.0), (0.1, np.exp(0.25632))):
        spread = RevenueDistribution((), ((1.0,) * 100,), (1.0,), level_sd)
        low, high = total_interval(spread, *many)
        assert high / low == pytest.approx(ratio, rel=0.01)


def test_a_total_of_nobody_is_nothing() -> None:
    assert total_interval(SPREAD, np.empty(0), np.empty(0)) == (0.0, 0.0)


def test_the_future_of_cdnow_lies_inside_as_often_as_it_should(
    bundle: PurchaseBundle, history: PurchaseSnapshots, table: pd.DataFrame, as_of: datetime
) -> None:
    predicted = PurchasePredictor(bundle).predict(table, as_of=as_of)
    actual = history.outcome(as_of, 91, by=history.source.end)["revenue_future"].to_numpy()
    low, high = predicted["clv_low"].to_numpy(), predicted["clv_high"].to_numpy()
    likely = (predicted["p_churn"] < 0.8).to_numpy()
    share = coverage(actual[likely], low[likely], high[likely])
    assert share == pytest.approx(0.8, abs=0.1)
    assert coverage(actual, low, high) > 0.78
