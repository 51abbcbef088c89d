"""Clusters of customers who bought alike: k-means on recency, orders and money.

Nothing is drawn at random, so there is no seed to depend on: the first centres are those of a
hierarchical clustering (Ward) of an even sample, and rows are sorted before anything is summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from models.segmentation.rfm import net_revenue

Array = NDArray[np.float64]
Labels = NDArray[np.intp]
# Two clusters would be "much" and "little", which needs no clustering.
NUMBERS = (3, 4, 5, 6, 7, 8)
SAMPLE = 1500
COORDINATES = ("recency_days", "n_orders", "net_revenue")


@dataclass(frozen=True)
class Clustering:
    """Who belongs together, and how stable that is.

    labels       cluster of each customer, 1 for the one with the most money a head; null where
                 recency, orders or money is unknown
    centres      cluster -> geometric means: days, orders, money
    silhouettes  number of clusters -> mean silhouette, [-1, 1]; the number with the best is taken
    agreement    adjusted Rand index of k-means and the hierarchical clustering, on the sample:
                 1 for the same clusters, 0 for no more than by chance
    stability    the same between clusterings made of one half of the customers and of the other
    """

    labels: pd.Series
    centres: pd.DataFrame
    silhouettes: dict[int, float]
    agreement: float
    stability: float


def cluster(table: pd.DataFrame, *, numbers: Sequence[int] = NUMBERS) -> Clustering:
    """Feature table -> clusters of its customers, the same whatever the order of the rows.

    numbers  how many clusters to try. Of customers who are too few or too alike for any of them,
             one cluster is made.

    Raises ValueError when no customer's three numbers are known.
    """
    known = table[["recency_days", "n_orders", "monetary_sum"]].notna().all(axis=1)
    if not known.any():
        raise ValueError("clusters: no customer with a known recency, order count and money")
    logs = _logs(table[known])
    order = np.lexsort(logs.T)
    points = _scaled(logs[order])
    trees = _Ward(points)
    tried = {number: _kmeans(points, trees, number) for number in _possible(trees, numbers)}
    silhouettes = {
        number: float(silhouette_score(points[trees.rows], found[trees.rows]))
        for number, found in tried.items()
    }
    best = max(silhouettes, key=lambda number: silhouettes[number]) if tried else 1
    found = tried[best] if tried else np.zeros(len(points), dtype=np.intp)
    labels = np.empty(len(points), dtype=np.intp)
    labels[order] = _ranked(found, logs[order, 2])
    return Clustering(
        labels=_series(labels, known),
        centres=_centres(labels, logs),
        silhouettes=silhouettes,
        agreement=float(adjusted_rand_score(trees.cut(best), found[trees.rows])),
        stability=_stability(points, best),
    )


class _Ward:
    """A hierarchical clustering of an even sample of sorted points."""

    def __init__(self, points: Array) -> None:
        step = max(1, -(-len(points) // SAMPLE))
        self.rows = np.arange(0, len(points), step)
        self.distinct = len(np.unique(points[self.rows], axis=0))
        self._tree = linkage(points[self.rows], "ward") if self.distinct > 1 else None

    def cut(self, number: int) -> Labels:
        """Clusters 0, 1, ... of the sample."""
        if self._tree is None:
            return np.zeros(len(self.rows), dtype=np.intp)
        return np.asarray(fcluster(self._tree, number, "maxclust") - 1, dtype=np.intp)


def _possible(trees: _Ward, numbers: Sequence[int]) -> list[int]:
    """Those of the numbers that leave two alike in some cluster, and have so many clusters."""
    return [
        number
        for number in sorted(numbers)
        if 1 < number < trees.distinct and trees.cut(number).max() + 1 == number
    ]


def _kmeans(points: Array, trees: _Ward, number: int) -> Labels:
    return np.asarray(_fit(points, trees, number).labels_, dtype=np.intp)


def _fit(points: Array, trees: _Ward, number: int) -> KMeans:
    cut = trees.cut(number)
    sample = points[trees.rows]
    centres = np.stack([sample[cut == place].mean(axis=0) for place in range(number)])
    return KMeans(number, init=centres, n_init=1).fit(points)


def _stability(points: Array, number: int) -> float:
    """How alike two clusterings are, each made of every second customer, over all customers."""
    halves = []
    for half in (points[::2], points[1::2]):
        trees = _Ward(half) if len(half) > number else None
        if trees is None or number not in _possible(trees, [number]):
            return 1.0 if number == 1 else 0.0
        halves.append(_fit(half, trees, number).predict(points))
    return float(adjusted_rand_score(*halves))


def _logs(table: pd.DataFrame) -> Array:
    """Log of days, orders and money. Money below a hundredth of all counts as that much."""
    money = net_revenue(table)
    positive = money[money > 0]
    floor = float(np.quantile(positive, 0.01)) if len(positive) else 1.0
    return np.column_stack(
        [
            np.log1p(table["recency_days"].to_numpy(dtype=float)),
            np.log(table["n_orders"].to_numpy(dtype=float)),
            np.log(np.maximum(money, floor)),
        ]
    )


def _scaled(logs: Array) -> Array:
    """Each coordinate with mean 0 and standard deviation 1; one that never varies is all 0."""
    spread = logs.std(axis=0)
    return np.asarray((logs - logs.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0))


def _ranked(found: Labels, log_money: Array) -> Labels:
    """Clusters renamed 1, 2, ... by mean log money, the most first."""
    means = np.array([log_money[found == place].mean() for place in range(found.max() + 1)])
    names = np.empty(len(means), dtype=np.intp)
    names[np.argsort(-means, kind="stable")] = np.arange(1, len(means) + 1)
    return names[found]


def _series(labels: Labels, known: pd.Series) -> pd.Series:
    found = pd.Series(pd.NA, index=known.index, name="cluster", dtype="Int64")
    found[known] = labels
    return found


def _centres(labels: Labels, logs: Array) -> pd.DataFrame:
    means = pd.DataFrame(logs, columns=list(COORDINATES)).groupby(labels).mean()
    means.index.name = "cluster"
    centres = means.map(np.exp)
    centres["recency_days"] -= 1.0
    return centres
