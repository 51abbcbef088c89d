"""Where a customer's revenue will probably lie, and that of a group.

A customer's revenue is nothing with probability p_churn; otherwise it is the expected spend times
a factor whose distribution is read off returners whom the model had not seen, at a later time.

Source: Vovk, Gammerman & Shafer (2005), "Algorithmic Learning in a Random World", chapter 4:
Mondrian conformal prediction, here with the probability of an order as the taxonomy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEVEL = 0.8
NORMAL_80 = 1.2816  # standard deviations on either side that hold 80 % of a normal law
GROUPS = 5
LEAST_IN_GROUP = 30
QUANTILES = np.linspace(0.005, 0.995, 100)
# A gamma's factors at shape 1: what is assumed until returners have been seen.
ASSUMED = tuple(float(-np.log1p(-at)) for at in QUANTILES)
UNKNOWN_SD = 0.15  # of a total of which nothing is known, log scale


@dataclass(frozen=True)
class RevenueDistribution:
    """How returners' revenue is distributed around its expectation, by probability of an order.

    edges     upper bounds of p_order of all groups but the last, ascending
    factors   per group, revenue over expected spend at the QUANTILES, ascending
    variance  per group, of that factor, >= 0
    level_sd  standard deviation of the log of the total's error, which all customers share
    """

    edges: tuple[float, ...]
    factors: tuple[tuple[float, ...], ...]
    variance: tuple[float, ...]
    level_sd: float

    @cached_property
    def table(self) -> Array:
        """The factors as a matrix, a row per group."""
        return np.array(self.factors, dtype=np.float64)

    @cached_property
    def bounds(self) -> Array:
        """The edges as an array."""
        return np.array(self.edges, dtype=np.float64)


def assumed(level_sd: float) -> RevenueDistribution:
    """The distribution to start from when no returner has been seen out of time."""
    return RevenueDistribution((), (ASSUMED,), (1.0,), level_sd)


def fit(p_order: Array, spend: Array, revenue: Array, *, level_sd: float) -> RevenueDistribution:
    """Learn from returners of a later window than the model was fitted on.

    p_order, spend  what was predicted for them; revenue: what they brought, money
    """
    if len(revenue) < LEAST_IN_GROUP:
        return assumed(level_sd)
    factor = revenue / spend
    factor = factor / max(factor.mean(), 1e-9)
    groups = max(1, min(GROUPS, len(revenue) // (2 * LEAST_IN_GROUP)))
    edges = np.unique(np.quantile(p_order, np.arange(1, groups) / groups))
    group = np.searchsorted(edges, p_order)
    members = [factor[group == each] for each in range(len(edges) + 1)]
    members = [each if len(each) >= LEAST_IN_GROUP else factor for each in members]
    return RevenueDistribution(
        edges=tuple(map(float, edges)),
        factors=tuple(tuple(map(float, np.quantile(each, QUANTILES))) for each in members),
        variance=tuple(float(each.var()) for each in members),
        level_sd=level_sd,
    )


def revenue_interval(
    distribution: RevenueDistribution, p_order: Array, spend: Array
) -> tuple[Array, Array]:
    """Low and high of 80 % of what each customer's revenue may be, money, low <= high.

    Where no order at all is likelier than one in ten, the interval starts at nothing and holds the
    lower 80 %; else it leaves a tenth on either side. A customer who will not come back with more
    than 80 % gets [0, 0].
    """
    p_churn = 1.0 - p_order
    from_nothing = p_churn > (1.0 - LEVEL) / 2.0
    low_at = np.where(from_nothing, 0.0, (1.0 - LEVEL) / 2.0)
    at = np.array([low_at, low_at + LEVEL])
    # nothing-or-spend: nothing up to 1 - p_order, then the factor's quantiles
    inside = (at - p_churn) / p_order
    factor = _quantile(distribution.table, _group(distribution, p_order), inside)
    low, high = np.where(inside > 0.0, np.maximum(factor, 0.0) * spend, 0.0)
    return low, high


def total_interval(
    distribution: RevenueDistribution, p_order: Array, spend: Array
) -> tuple[float, float]:
    """Low and high of 80 % of what a group's summed revenue may be, money, >= 0.

    Customers scatter apart from each other; the error that they share does not average out.
    """
    variance = np.asarray(distribution.variance)[_group(distribution, p_order)]
    mean = p_order * spend
    own = np.sum(p_order * spend**2 * (1.0 + variance) - mean**2)
    total = float(mean.sum())
    if total <= 0.0:
        return 0.0, 0.0
    # The sum is positive and skew, so the normal law holds for its logarithm.
    sd = float(np.sqrt(np.log1p(own / total**2) + distribution.level_sd**2))
    return total * float(np.exp(-NORMAL_80 * sd)), total * float(np.exp(NORMAL_80 * sd))


def _quantile(table: Array, group: NDArray[np.int64], at: Array) -> Array:
    """Quantiles of the factor by straight lines between the known ones, flat beyond them.

    table  a row of quantiles at QUANTILES for each group; at: probabilities, shape (k, n)
    """
    step = QUANTILES[1] - QUANTILES[0]
    place = np.minimum(np.maximum((at - QUANTILES[0]) / step, 0.0), len(QUANTILES) - 1.0)
    below = np.minimum(place.astype(np.int64), len(QUANTILES) - 2)
    low, high = table[group, below], table[group, below + 1]
    return np.asarray(low + (place - below) * (high - low))


def _group(distribution: RevenueDistribution, p_order: Array) -> NDArray[np.int64]:
    return np.asarray(distribution.bounds.searchsorted(p_order), dtype=np.int64)
