"""How many days a customer still buys who may leave for good after each of them.

The customer buys at a rate drawn from Gamma(shape, rate) and leaves after each purchase day with a
chance theta drawn from Beta(a, b). Given theta, the horizon t holds

    g(theta) = (1 - (rate / (rate + theta t)) ^ shape) / theta

days on average, between P(at least one day) = g(1) and shape t / rate = g(0), where nobody leaves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, hyp2f1

Array = NDArray[np.float64]
NODES = 512
SLACK = 1e-9


def expected_days(*, shape: Array, rate: Array, a: float, b: Array, horizon_days: float) -> Array:
    """E[purchase days in the horizon] of living customers: the mean of g over theta.

    shape, rate  of each customer's purchase rate, rate in days; b: of each one's chance to leave

    Source: Fader, Hardie & Lee (2005), equation 10, in closed form; by quadrature where the
    hypergeometric function of the closed form overflows or loses its digits.
    """
    least = -np.expm1(-shape * np.log1p(horizon_days / rate))
    most = shape * horizon_days / rate
    found = _closed_form(shape, rate, a, b, horizon_days)
    lost = ~((found >= least * (1.0 - SLACK)) & (found <= most * (1.0 + SLACK)))
    if lost.any():
        found[lost] = _quadrature(shape[lost], rate[lost], a, b[lost], horizon_days)
    return np.clip(found, least, most)


def _closed_form(shape: Array, rate: Array, a: float, b: Array, horizon_days: float) -> Array:
    """Equation 10, the hypergeometric factor in its Euler-transformed form.

    Its parameters stay small however many repeats a customer has; NaN where it overflows.
    """
    a_less_1 = a - 1.0 if abs(a - 1.0) > 1e-6 else 1e-6
    c = a_less_1 + b
    z = horizon_days / (rate + horizon_days)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        decay = np.exp(a_less_1 * np.log1p(-z)) * hyp2f1(c - shape, a_less_1, c, z)
        return np.asarray(c / a_less_1 * (1.0 - decay))


def _quadrature(shape: Array, rate: Array, a: float, b: Array, horizon_days: float) -> Array:
    """The mean of g by the trapezoidal rule over the log odds of theta.

    What is summed is g less the straight line through its ends: that falls off at both sides even
    where the density of theta hardly does, and the line's mean is known.
    """
    most = shape * horizon_days / rate
    least = -np.expm1(-shape * np.log1p(horizon_days / rate))
    centre, width = np.log(a / b), np.sqrt(1.0 / a + 1.0 / b)
    start = np.maximum(centre - 10.0 * width - 40.0 / a, np.minimum(centre, -np.log1p(most)) - 40.0)
    stop = np.minimum(centre + 10.0 * width + 40.0 / b, np.maximum(centre, 0.0) + 40.0)
    step = (stop - start) / NODES
    total = np.zeros(len(rate))
    for node in range(NODES + 1):
        log_odds = start + node * step
        log_leave, log_stay = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
        leave = np.exp(log_leave)
        days = -np.expm1(-shape * np.log1p(leave * horizon_days / rate)) / leave
        line = most * np.exp(log_stay) + least * leave
        total += np.exp(a * log_leave + b * log_stay - betaln(a, b)) * (days - line)
    return np.asarray(total * step + (most * b + least * a) / (a + b))
