from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.config import Economics
from models.economics import MONTH_DAYS, discounted_margin, months, retention_cost

Array = NDArray[np.float64]
HALVED_MONTHLY = 2.0**12 - 1.0  # a rate a year at which money is worth half a month later
HORIZON = st.floats(0.5, 3650.0)


def a_hundred_a_month(days: float) -> Array:
    return np.array([100.0 * days / MONTH_DAYS])


def test_value_and_cost_worked_by_hand() -> None:
    # Two months of 100 each, half of it margin, discounted from the middle of each month:
    # 50 * 2^-0.5 = 35.36 and 50 * 2^-1.5 = 17.68. Keeping the customer costs 12 a year, 1 a month:
    # 2^-0.5 + 2^-1.5 = 1.06.
    terms = Economics(margin=0.5, discount_rate_annual=HALVED_MONTHLY, retention_cost_annual=12.0)
    monthly = discounted_margin(a_hundred_a_month, 2 * MONTH_DAYS, terms)
    np.testing.assert_allclose(monthly, [[35.3553, 17.6777]], atol=1e-4)
    assert retention_cost(2 * MONTH_DAYS, terms) == pytest.approx(1.06066, abs=1e-5)


def test_a_part_of_a_month_counts_for_its_part() -> None:
    # A month and a half: the half month is discounted from the middle of itself, at 1.25 months.
    terms = Economics(discount_rate_annual=HALVED_MONTHLY, retention_cost_annual=12.0)
    monthly = discounted_margin(a_hundred_a_month, 1.5 * MONTH_DAYS, terms)
    np.testing.assert_allclose(monthly, [[100 * 2**-0.5, 50 * 2**-1.25]])
    assert retention_cost(1.5 * MONTH_DAYS, terms) == pytest.approx(2**-0.5 + 0.5 * 2**-1.25)


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
    np.testing.assert_allclose(months(horizon), ends)


@settings(max_examples=100, deadline=None)
@given(HORIZON)
def test_months_rise_to_the_horizon_by_a_month_at_most(horizon: float) -> None:
    ends = months(horizon)
    lengths = np.diff(ends, prepend=0.0)
    assert ends[-1] == horizon
    assert (lengths > 0).all()
    assert (lengths <= MONTH_DAYS * (1 + 1e-9)).all()


@settings(max_examples=50, deadline=None)
@given(HORIZON)
def test_without_discount_value_is_margin_times_revenue(horizon: float) -> None:
    terms = Economics(margin=0.3, discount_rate_annual=0.0, retention_cost_annual=73.05)
    monthly = discounted_margin(a_hundred_a_month, horizon, terms)
    assert monthly.sum() == pytest.approx(0.3 * a_hundred_a_month(horizon)[0])
    assert retention_cost(horizon, terms) == pytest.approx(0.2 * horizon)


@settings(max_examples=50, deadline=None)
@given(HORIZON, st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_a_higher_rate_never_makes_money_worth_more(
    horizon: float, first: float, second: float
) -> None:
    low, high = (
        discounted_margin(a_hundred_a_month, horizon, Economics(discount_rate_annual=rate)).sum()
        for rate in sorted((first, second))
    )
    assert 0 < high <= low <= a_hundred_a_month(horizon)[0] * (1 + 1e-9)
