"""Calibration of a total: what brings the sum of many probabilities to the number expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit


def total_shift(log_odds: NDArray[np.float64], total: float, *, within: float) -> float:
    """What to add to each log odds so that the probabilities sum to `total`, at most `within`."""

    def excess(shift: float) -> float:
        return float(expit(log_odds + shift).sum() - total)

    return float(brentq(excess, -within, within, xtol=1e-9))
