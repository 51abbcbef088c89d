"""How right predictions were by how long the customers had been customers: said and happened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt

from models.card import CardPart

Array = NDArray[np.float64]
AGE_BANDS = {"0-7": (0.0, 7.0), "7-30": (7.0, 30.0), "30-90": (30.0, 90.0), "90+": (90.0, np.inf)}


class AgeBand(CardPart):
    """Customers whose first purchase lay so many days back, and the horizon that followed.

    band                          one of AGE_BANDS, its end excluded
    orders_said, _happened        customers with an order
    revenue_said, _happened       money
    orders_sd, revenue_sd         standard error of what happened: such customers might as well
                                  have brought so much more or less
    """

    band: str
    customers: NonNegativeInt
    orders_said: float
    orders_happened: float
    orders_sd: float
    revenue_said: float
    revenue_happened: float
    revenue_sd: float


def in_band(age_days: Array, band: str) -> NDArray[np.bool_]:
    """Whose first purchase lies in the band, flags."""
    low, high = AGE_BANDS[band]
    return np.asarray((age_days >= low) & (age_days < high))


def age_bands(
    age_days: Array, *, p_order: Array, expected_revenue: Array, ordered: Array, revenue: Array
) -> tuple[AgeBand, ...]:
    """Every band, of customers with these ages: what was predicted of them, and what they did."""
    found = []
    for band in AGE_BANDS:
        inside = in_band(age_days, band)
        found.append(
            AgeBand(
                band=band,
                customers=int(inside.sum()),
                orders_said=float(p_order[inside].sum()),
                orders_happened=float(ordered[inside].sum()),
                orders_sd=_sum_sd(ordered[inside]),
                revenue_said=float(expected_revenue[inside].sum()),
                revenue_happened=float(revenue[inside].sum()),
                revenue_sd=_sum_sd(revenue[inside]),
            )
        )
    return tuple(found)


def _sum_sd(each: Array) -> float:
    """Standard error of a sum, customers being independent."""
    return float(np.std(each) * np.sqrt(len(each))) if len(each) else 0.0
