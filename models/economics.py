"""From expected revenue along the horizon to value today: months, margin, discount, costs.

A month is a twelfth of 365.25 days, 30.4375. Revenue of a month counts at its end, the last month
of a horizon ends with the horizon, and money d days ahead is worth (1 + rate) ^ (-d / 365.25): a
monthly rate of (1 + rate) ^ (1 / 12) - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.config.sections import Economics
from features.timestamps import MONTH_DAYS, YEAR_DAYS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HorizonMonths:
    """The months of a horizon: where each begins and ends, in days from its start, shape (m,)."""

    starts: Array
    ends: Array

    @property
    def parts(self) -> Array:
        """How much of a month each is: 1, but for the last one, in (0, 1]."""
        return (self.ends - self.starts) / MONTH_DAYS


@lru_cache(maxsize=256)
def horizon_months(horizon_days: float) -> HorizonMonths:
    """The months of a horizon; the last one may be shorter. Cached: few horizons are asked for."""
    whole = np.arange(1, int(np.ceil(horizon_days / MONTH_DAYS - 1e-9))) * MONTH_DAYS
    months = HorizonMonths(np.append(0.0, whole), np.append(whole, float(horizon_days)))
    months.starts.setflags(write=False)
    months.ends.setflags(write=False)
    return months


def discount(days: Array, economics: Economics) -> Array:
    """Value today of one unit of money so many days ahead, in (0, 1]."""
    return np.asarray((1.0 + economics.discount_rate_annual) ** (-days / YEAR_DAYS))


def margins(cumulative: Array, months: HorizonMonths, economics: Economics) -> Array:
    """Discounted margin of each month, money, shape (n, m).

    cumulative  E[revenue by the end of each month], money, shape (n, m)
    """
    monthly = cumulative.copy()
    monthly[:, 1:] -= cumulative[:, :-1]
    return np.asarray(economics.margin * monthly * discount(months.ends, economics))


def retention_costs(active: Array, months: HorizonMonths, economics: Economics) -> Array:
    """Discounted cost of keeping each customer in each month, money, shape (n, m).

    active  P(still a customer at the month's beginning), shape (n, m): nobody is kept who has left
    """
    cost = economics.retention_cost_annual / 12.0 * months.parts
    return np.asarray(active * cost * discount(months.ends, economics))
