"""Settings that were evaluated, of which the best is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm

from features.config.sections import Boosting
from train.tuning.objective import Gain

SIGNIFICANCE_LEVEL = 0.05


@dataclass(frozen=True)
class Trial:
    """Settings that were evaluated; number 0 are the configured ones.

    loss  mean over the origins, `by_origin` of each
    gain  against the configured settings; by other seeds than the loss where it is promising
    """

    number: int
    settings: Boosting
    loss: float
    by_origin: tuple[float, ...]
    gain: Gain


def best(trials: Sequence[Trial]) -> Trial:
    """The best of those that beat the first at every origin, and significantly; else the first.

    Significance is corrected for multiple comparisons (Bonferroni): of so many trials, none of
    which is better, one passes for better one time in twenty.
    """
    others = trials[1:]
    bound = norm.ppf(1.0 - SIGNIFICANCE_LEVEL / max(len(others), 1))
    better = [
        each for each in others if each.gain.mean > bound * each.gain.sd and each.gain.least > 0.0
    ]
    return max(better, key=lambda each: each.gain.mean, default=trials[0])
