"""The numbers that are predicted of a customer.

Imports nothing of weight, so that a client can know their names.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class CustomerValues:
    """Predictions of one horizon, each of shape (n,); columns of `Predictor.predict`."""

    p_churn: Array
    expected_spend: Array
    expected_revenue: Array
    clv: Array
    clv_low: Array
    clv_high: Array
    clv_historic: Array
    clv_total: Array
    clv_net: Array


VALUE_COLUMNS = tuple(field.name for field in fields(CustomerValues))


@dataclass(frozen=True)
class ValueCurve:
    """The months of a horizon; all but `ends` of shape (n, m).

    ends              of the months, days from as_of, shape (m,)
    expected_revenue  E[net revenue in the month], money, undiscounted; sums to expected_revenue
    survival          P(still a customer at the month's end)
    value             discounted margin less the cost of retention, money; of purchases it sums to
                      clv, of subscriptions to what clv holds of the horizon
    """

    ends: Array
    expected_revenue: Array
    survival: Array
    value: Array
