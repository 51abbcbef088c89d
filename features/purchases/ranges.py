"""Which values a feature of a customer with purchases can have, whatever the customer."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

# A sum over a sum may be rounded to more than the whole.
WHOLE = 1.0 + 1e-9
BY_UNIT = {
    "orders": (0.0, inf),
    "categories": (0.0, inf),
    "days": (0.0, inf),
    "money": (0.0, inf),
    "ratio": (0.0, inf),
    "share": (0.0, WHOLE),
    "month": (1.0, 12.0),
}
# Purchases minus refunds.
NET = "revenue_"
# Above zero, however little.
POSITIVE = (float(np.nextafter(0.0, 1.0)), inf)
ABOVE_ZERO = ("age_days", "day_value_mean", "repeat_value_mean")


def possible_ranges(features: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Name and unit of each feature -> lowest and highest value, shape (2, features), inclusive."""
    found = [_range(name, unit) for name, unit in features]
    return np.array(found, dtype=np.float64).reshape(-1, 2).T


def _range(name: str, unit: str) -> tuple[float, float]:
    if name in ABOVE_ZERO:
        return POSITIVE
    free = (-inf, inf)
    return free if name.startswith(NET) else BY_UNIT.get(unit, free)
