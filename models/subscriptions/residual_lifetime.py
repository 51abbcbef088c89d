"""What one unit of money at each renewal to come is worth today.

A subscriber leaves at the end of each period with a chance theta drawn from Beta(a, b), so that,
given theta, the renewals to come are worth

    g(theta) = (1 - theta) / (1 - v (1 - theta)),  v = 1 / (1 + discount_rate)

just before the next of them: g(1) = 0 where nobody renews, and g(0) = 1 / (1 - v) where all do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import hyp2f1

from models.beta_expectation import beta_average, lost_digits

Array = NDArray[np.float64]


def discounted_renewals(a: Array, b: Array, discount_rate: float) -> Array:
    """The mean of g over theta, > 0; `discount_rate` is per period, > 0.

    Source: Fader & Hardie (2010), "Customer-Base Valuation in a Contractual Setting: The Perils of
    Ignoring Heterogeneity", equation 6; by quadrature where its hypergeometric function overflows,
    as it does for long lives at small rates.
    """
    least = b / (a + b)
    most = least * (1.0 + 1.0 / discount_rate)
    found = _closed_form(a, b, discount_rate)
    lost = lost_digits(found, least, most)
    if lost.any():
        found[lost] = _quadrature(a[lost], b[lost], discount_rate)
    return np.clip(found, least, most)


def _closed_form(a: Array, b: Array, discount_rate: float) -> Array:
    """Equation 6; NaN or infinite where the hypergeometric function is lost."""
    kept = 1.0 / (1.0 + discount_rate)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.asarray(b / (a + b) * hyp2f1(1.0, b + 1.0, a + b + 1.0, kept))


def _quadrature(a: Array, b: Array, discount_rate: float) -> Array:
    """The mean of g less the straight line through its ends, whose mean is known."""
    most = 1.0 + 1.0 / discount_rate

    def above_the_line(leave: Array, stay: Array) -> Array:
        return np.asarray(stay * (1.0 + discount_rate) / (discount_rate + leave) - most * stay)

    scale = np.full(len(a), -np.log(discount_rate))
    return beta_average(above_the_line, a, b, scale) + most * b / (a + b)
