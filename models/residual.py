"""What one unit of money at each renewal to come is worth today.

A subscriber leaves at the end of each period with a chance theta drawn from Beta(a, b), so that,
given theta, the renewals to come are worth

    g(theta) = (1 - theta) / (1 - v (1 - theta)),  v = 1 / (1 + discount_rate)

just before the next of them: g(1) = 0 where nobody renews, and g(0) = 1 / (1 - v) where all do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, hyp2f1

Array = NDArray[np.float64]
NODES = 512
SLACK = 1e-9


def discounted_renewals(a: Array, b: Array, discount_rate: float) -> Array:
    """The mean of g over theta, > 0; `discount_rate` is per period, > 0.

    Source: Fader & Hardie (2010), "Customer-Base Valuation in a Contractual Setting: The Perils of
    Ignoring Heterogeneity", equation 6; by quadrature where its hypergeometric function overflows,
    as it does for long lives at small rates.
    """
    least = b / (a + b)
    most = least * (1.0 + 1.0 / discount_rate)
    found = _closed_form(a, b, discount_rate)
    lost = ~((found >= least * (1.0 - SLACK)) & (found <= most * (1.0 + SLACK)))
    if lost.any():
        found[lost] = _quadrature(a[lost], b[lost], discount_rate)
    return np.clip(found, least, most)


def _closed_form(a: Array, b: Array, discount_rate: float) -> Array:
    """Equation 6; NaN or infinite where the hypergeometric function is lost."""
    kept = 1.0 / (1.0 + discount_rate)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.asarray(b / (a + b) * hyp2f1(1.0, b + 1.0, a + b + 1.0, kept))


def _quadrature(a: Array, b: Array, discount_rate: float) -> Array:
    """The mean of g by the trapezoidal rule over the log odds of theta.

    What is summed is g less the straight line through its ends: that falls off at both sides even
    where the density of theta hardly does, and the line's mean is known.
    """
    most = 1.0 + 1.0 / discount_rate
    centre, width = np.log(a / b), np.sqrt(1.0 / a + 1.0 / b)
    start = np.maximum(
        centre - 10.0 * width - 40.0 / a, np.minimum(centre, np.log(discount_rate)) - 40.0
    )
    stop = np.minimum(centre + 10.0 * width + 40.0 / b, np.maximum(centre, 0.0) + 40.0)
    step = (stop - start) / NODES
    total = np.zeros(len(a))
    for node in range(NODES + 1):
        log_odds = start + node * step
        log_leave, log_stay = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
        leave, stay = np.exp(log_leave), np.exp(log_stay)
        worth = stay * (1.0 + discount_rate) / (discount_rate + leave)
        density = np.exp(a * log_leave + b * log_stay - betaln(a, b))
        total += density * (worth - most * stay)
    return np.asarray(total * step + most * b / (a + b))
