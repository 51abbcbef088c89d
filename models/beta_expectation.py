"""The mean of a function of a chance theta that is drawn from Beta(a, b), by quadrature.

Closed forms of such means are hypergeometric functions, which overflow or lose their digits for
some parameters; where they do, the mean is summed up instead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

Array = NDArray[np.float64]
NODES = 512
SLACK = 1e-9


def lost_digits(
    found: NDArray[np.floating], least: Array, most: Array | float
) -> NDArray[np.bool_]:
    """Where a closed form is unknown or lies outside bounds that it cannot leave."""
    return np.asarray(~((found >= least * (1.0 - SLACK)) & (found <= most * (1.0 + SLACK))))


def beta_average(
    function: Callable[[Array, Array], Array], a: float | Array, b: Array, log_scale: Array
) -> Array:
    """The mean of a function of (theta, 1 - theta) that vanishes at both ends, shape (n,).

    By the trapezoidal rule over the log odds of theta; log_scale: where the function bends, (n,).
    """
    centre, width = np.log(a / b), np.sqrt(1.0 / a + 1.0 / b)
    start = np.maximum(centre - 10.0 * width - 40.0 / a, np.minimum(centre, -log_scale) - 40.0)
    stop = np.minimum(centre + 10.0 * width + 40.0 / b, np.maximum(centre, 0.0) + 40.0)
    step = (stop - start) / NODES
    total = np.zeros(len(b))
    for node in range(NODES + 1):
        log_odds = start + node * step
        log_leave, log_stay = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
        density = np.exp(a * log_leave + b * log_stay - betaln(a, b))
        total += density * function(np.exp(log_leave), np.exp(log_stay))
    return np.asarray(total * step)
