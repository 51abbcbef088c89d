from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS
from models.economics import discount, horizon_months, margins, retention_costs

Array = NDArray[np.float64]
HALVED_MONTHLY = 2.0**12 - 1.0  # a rate a year at which money is worth half a month later
HORIZON = st.floats(0.5, 3650.0)


def a_hundred_a_month(horizon_days: float) -> Array:
    """What has come in by the end of each month, of one customer."""
    return 100.0 * horizon_months(horizon_days).ends[None, :] / MONTH_DAYS


def test_value_and_cost_worked_by_hand() -> None:
    # Two months of 100 each, half of it margin, discounted from the end of each month: 50 * 1/2
    # and 50 * 1/4. Keeping the customer costs 12 a year, 1 a month, while there is one: surely in
    # the first month, with 60 % at the beginning of the second: 1 * 1/2 and 0.6 * 1/4.
    terms = Economics(margin=0.5, discount_rate_annual=HALVED_MONTHLY, retention_cost_annual=12.0)
    over = horizon_months(2 * MONTH_DAYS)
    np.testing.assert_allclose(
        margins(a_hundred_a_month(2 * MONTH_DAYS), over, terms), [[25, 12.5]]
    )
    costs = retention_costs(np.array([[1.0, 0.6]]), over, terms)
    np.testing.assert_allclose(costs, [[0.5, 0.15]])


def test_a_part_of_a_month_counts_for_its_part() -> None:
    # A month and a half: the half month is discounted from its own end, at 1.5 months.
    terms = Economics(discount_rate_annual=HALVED_MONTHLY, retention_cost_annual=12.0)
    over = horizon_months(1.5 * MONTH_DAYS)
    np.testing.assert_allclose(over.parts, [1.0, 0.5])
    monthly = margins(a_hundred_a_month(1.5 * MONTH_DAYS), over, terms)
    np.testing.assert_allclose(monthly, [[100 * 2**-1.0, 50 * 2**-1.5]])
    costs = retention_costs(np.ones((1, 2)), over, terms)
    np.testing.assert_allclose(costs, [[2**-1.0, 0.5 * 2**-1.5]])


@pytest.mark.parametrize("annual", [0.0, 0.1, 1.0, 12.5])
def test_a_month_costs_a_twelfth_root_of_a_year(annual: float) -> None:
    monthly = (1.0 + annual) ** (1.0 / 12.0) - 1.0
    found = discount(np.array([MONTH_DAYS, 7 * MONTH_DAYS]), Economics(discount_rate_annual=annual))
    np.testing.assert_allclose(found, [(1 + monthly) ** -1, (1 + monthly) ** -7])


@pytest.mark.parametrize(
    ("horizon", "ends"),
    [
        (7, [7]),
        (30, [30]),
        (MONTH_DAYS, [MONTH_DAYS]),
        (31, [MONTH_DAYS, 31]),
        (365.25, [MONTH_DAYS * each for each in range(1, 13)]),
    ],
)
def test_months_end_with_the_horizon(horizon: float, ends: list[float]) -> None:
    np.testing.assert_allclose(horizon_months(horizon).ends, ends)


@settings(max_examples=100, deadline=None)
@given(HORIZON)
def test_months_rise_to_the_horizon_by_a_month_at_most(horizon: float) -> None:
    over = horizon_months(horizon)
    assert over.starts[0] == 0
    assert over.ends[-1] == horizon
    np.testing.assert_array_equal(over.starts[1:], over.ends[:-1])
    assert (over.parts > 0).all()
    assert (over.parts <= 1 + 1e-9).all()


@settings(max_examples=50, deadline=None)
@given(HORIZON)
def test_without_discount_value_is_margin_times_revenue(horizon: float) -> None:
    terms = Economics(margin=0.3, discount_rate_annual=0.0, retention_cost_annual=73.05)
    over, revenue = horizon_months(horizon), a_hundred_a_month(horizon)
    assert margins(revenue, over, terms).sum() == pytest.approx(0.3 * revenue[0, -1])
    costs = retention_costs(np.ones((1, len(over.ends))), over, terms)
    assert costs.sum() == pytest.approx(0.2 * horizon)


@settings(max_examples=50, deadline=None)
@given(HORIZON, st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_a_higher_rate_never_makes_money_worth_more(
    horizon: float, first: float, second: float
) -> None:
    revenue = a_hundred_a_month(horizon)
    low, high = (
        margins(revenue, horizon_months(horizon), Economics(discount_rate_annual=rate)).sum()
        for rate in sorted((first, second))
    )
    assert 0 < high <= low <= revenue[0, -1] * (1 + 1e-9)
