"""How much a purchase day brings: the Gamma-Gamma model of spend, by maximum likelihood.

Source: Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value", equations 1a and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from models.maximum_likelihood import maximise

Array = NDArray[np.float64]
LOG_BOUNDS = [(-4.0, 8.0), (-3.0, 8.0), (-8.0, 12.0)]


@dataclass(frozen=True)
class GammaGamma:
    """Fitted parameters: p and q without a unit (q > 1), v in the log's currency."""

    p: float
    q: float
    v: float

    def log_likelihood(self, count: Array, mean: Array) -> float:
        """Sum over customers of the log likelihood of their mean purchase value."""
        each, _ = _log_likelihood(np.array([self.p, self.q, self.v]), count, mean)
        return float(each.sum())

    def expected_value(self, count: Array, mean: Array) -> Array:
        """E[revenue of a purchase day], > 0: the customer's mean drawn towards everybody's.

        count  purchase days behind `mean`, >= 0
        mean   mean revenue of those days; ignored (and may be null) where count is 0
        """
        total = np.where(count > 0, count * mean, 0.0)
        return np.asarray(self.p * (self.v + total) / (self.p * count + self.q - 1.0))


def fit(count: Array, mean: Array) -> GammaGamma:
    """Maximum likelihood over customers with count > 0 and mean > 0.

    Raises ValueError where no customer has a purchase value.
    """
    known = (count > 0) & (np.nan_to_num(mean) > 0)
    if not known.any():
        raise ValueError("value model: no customer with a positive purchase value to fit on")
    count, mean = count[known].astype(float), mean[known].astype(float)
    scale = float(np.exp(np.log(mean).mean()))

    def mean_log_likelihood(free: Array) -> tuple[float, Array]:
        p, q_less_1, v = np.exp(free)
        each, gradient = _log_likelihood(np.array([p, 1.0 + q_less_1, v]), count, mean / scale)
        return float(each.mean()), gradient.mean(axis=1) * np.array([p, q_less_1, v])

    starts = ([0.7, 1.0, 0.0], [2.0, 0.0, -1.0])
    p, q_less_1, v = np.exp(maximise(mean_log_likelihood, starts, LOG_BOUNDS))
    return GammaGamma(float(p), float(1.0 + q_less_1), float(v * scale))


def _log_likelihood(parameters: Array, count: Array, mean: Array) -> tuple[Array, Array]:
    """Log likelihood of each customer's mean and its gradient, shapes (n,) and (3, n)."""
    p, q, v = parameters
    distinct, place = np.unique(count, return_inverse=True)
    shape, log_total = p * distinct, np.log(v + count * mean)
    of_count = gammaln(shape + q) - gammaln(shape) + shape * np.log(distinct)
    rising = digamma(shape + q)
    of_p = distinct * (rising - digamma(shape) + np.log(distinct))
    shape = shape[place]
    each = (
        of_count[place]
        - gammaln(q)
        + q * np.log(v)
        + (shape - 1.0) * np.log(mean)
        - (shape + q) * log_total
    )
    d_p = of_p[place] + count * (np.log(mean) - log_total)
    d_q = rising[place] - digamma(q) + np.log(v) - log_total
    d_v = q / v - (shape + q) / (v + count * mean)
    return each, np.stack([d_p, d_q, d_v])
