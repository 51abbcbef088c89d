"""Arrays of customers -> the few numbers that a chart draws: groups, gains, names, best values."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_GROUPS = 8
POINTS = 501


def group_means(by: Array, values: list[Array], groups: int) -> list[Array]:
    """Means of each of `values` in groups of equal size by rising `by`; fewer if customers are."""
    parts = np.array_split(np.argsort(by, kind="stable"), min(groups, by.size))
    return [np.array([each[part].mean() for part in parts]) for each in values]


def gain(actual: Array, predicted: Array) -> tuple[Array, Array]:
    """Shares of customers and of actual value, highest prediction first; ties in one step."""
    _, place = np.unique(-predicted, return_inverse=True)
    people, value = np.bincount(place), np.bincount(place, weights=actual)
    total = value.sum() if value.sum() > 0 else np.nan
    return np.r_[0.0, np.cumsum(people) / actual.size], np.r_[0.0, np.cumsum(value) / total]


def resampled_curve(x: Array, y: Array) -> tuple[Array, Array]:
    """A curve over [0, 1] at no more than 501 points, so that a million customers can be drawn."""
    if x.size <= POINTS:
        return x, y
    places = np.linspace(0.0, 1.0, POINTS)
    return places, np.interp(places, x, y)


def group_by_trait(trait: Array) -> tuple[NDArray[np.int64], list[str]]:
    """The group of each customer and the groups' names.

    Whole numbers up to 6 are groups of their own and 7 or more is one; other values fall into
    eighths.
    """
    if (trait == np.round(trait)).all() and np.quantile(trait, 0.5) < MOST_GROUPS - 1:
        group = np.clip(trait, 0, MOST_GROUPS - 1).astype(np.int64)
        names = [str(number) for number in range(int(group.max(initial=0)) + 1)]
        return group, [f"{name}+" if int(name) == MOST_GROUPS - 1 else name for name in names]
    edges = np.unique(np.quantile(trait, np.linspace(0, 1, MOST_GROUPS + 1)))
    if len(edges) == 1:
        return np.zeros(len(trait), dtype=np.int64), [f"{edges[0]:,.0f}"]
    group = np.clip(np.searchsorted(edges, trait, side="right") - 1, 0, max(len(edges) - 2, 0))
    return group.astype(np.int64), [
        f"{low:,.0f}-{high:,.0f}" for low, high in itertools.pairwise(edges)
    ]


def readable(name: str) -> str:
    """A column's name for people: n_orders_90d -> orders, last 90 days."""
    name = re.sub(r"_(\d+)d(_.*)?$", r"\2, last \1 days", name.removeprefix("n_"))
    return name.replace("_", " ")


def digits(value: float) -> str:
    """A number of a table: four digits, but no less than the whole of a large one."""
    if not np.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def best_row(column: pd.Series[float]) -> int:
    """The row of the best value; for a gain the highest, for an error the one nearest to zero."""
    higher = any(word in str(column.name) for word in ("gini", "spearman", "capture", "auc"))
    worth = column.to_numpy(dtype=float) if higher else -np.abs(column.to_numpy(dtype=float))
    return int(np.argmax(np.where(np.isnan(worth), -np.inf, worth)))
