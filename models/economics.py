"""From expected revenue along the horizon to value today: months, margin, discount, costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from features.config import Economics

Array = NDArray[np.float64]
YEAR_DAYS = 365.25
MONTH_DAYS = YEAR_DAYS / 12


def months(horizon_days: float) -> Array:
    """Ends of the months of a horizon, in days; the last one may be shorter."""
    whole = np.arange(1, int(np.ceil(horizon_days / MONTH_DAYS - 1e-9))) * MONTH_DAYS
    return np.append(whole, horizon_days)


def discounted_margin(
    expected_revenue: Callable[[float], Array], horizon_days: float, economics: Economics
) -> Array:
    """Margin expected in each month, discounted from its middle to as_of, (customers, months).

    expected_revenue  days -> E[revenue within so many days of as_of], money, per customer
    """
    ends = months(horizon_days)
    starts = np.append(0.0, ends[:-1])
    cumulative = np.stack([expected_revenue(float(end)) for end in ends], axis=1)
    monthly = np.diff(cumulative, axis=1, prepend=0.0)
    return np.asarray(economics.margin * monthly * _discount((starts + ends) / 2.0, economics))


def retention_cost(horizon_days: float, economics: Economics) -> float:
    """Cost of keeping one customer for the horizon, discounted month by month, money."""
    ends = months(horizon_days)
    lengths = np.diff(ends, prepend=0.0)
    factors = _discount(ends - lengths / 2.0, economics)
    return float(economics.retention_cost_annual / YEAR_DAYS * (lengths @ factors))


def _discount(days: Array, economics: Economics) -> Array:
    """Value today of one unit of money so many days ahead, in (0, 1]."""
    return np.asarray((1.0 + economics.discount_rate_annual) ** (-days / YEAR_DAYS))
