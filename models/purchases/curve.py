"""A customer's value month by month, and when the next order may come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.config.sections import Economics
from models import economics as money
from models.purchases.predict import PurchaseForecast

Array = NDArray[np.float64]
NEXT_ORDER_DAYS = 365.0
STEPS = np.append(np.arange(1.0, 31.0), np.arange(37.0, NEXT_ORDER_DAYS, 7.0))


@dataclass(frozen=True)
class ValueCurve:
    """The months of a horizon; all but `ends` of shape (n, m).

    ends              of the months, days from as_of, shape (m,)
    expected_revenue  E[net revenue in the month], money, undiscounted; sums to expected_revenue
    survival          P(still a customer at the month's end)
    value             discounted margin less the cost of retention, money; sums to clv
    """

    ends: Array
    expected_revenue: Array
    survival: Array
    value: Array


def value_curve(said: PurchaseForecast, horizon_days: int, economics: Economics) -> ValueCurve:
    """The customers of a forecast along a horizon."""
    over = money.months(horizon_days)
    cumulative = said.expected_revenue(over.ends)
    at = said.survival(np.append(over.starts, over.ends[-1]))
    value = money.margins(cumulative, over, economics)
    value -= money.retention_costs(at[:, :-1], over, economics)
    return ValueCurve(
        ends=over.ends,
        expected_revenue=np.diff(cumulative, axis=1, prepend=0.0),
        survival=at[:, 1:],
        value=value,
    )


def next_order_days(said: PurchaseForecast) -> Array:
    """Days from as_of to the next order, if one comes within a year: the median, > 0, shape (n,).

    What is known is that none has come by as_of, so the day never lies in the past.
    """
    days = np.append(STEPS, NEXT_ORDER_DAYS)
    p_order = np.concatenate([np.zeros((len(said.log_odds), 1)), said.p_order(days)], axis=1)
    half = p_order[:, -1:] / 2.0
    after = np.argmax(p_order >= half, axis=1)
    row = np.arange(len(after))
    low, high = p_order[row, after - 1], p_order[row, after]
    share = (half[:, 0] - low) / (high - low)
    ends = np.append(0.0, days)
    return np.asarray(ends[after - 1] + share * (ends[after] - ends[after - 1]))
