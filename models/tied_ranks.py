"""Ranks among which ties are cut evenly, in many resamples of the customers at once.

weights  (n, draws) times a customer was drawn
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def midranks(values: Array, weights: Array) -> Array:
    """Centred midrank of each customer in each resample, shape as `weights`."""
    order, starts = _ties(values)
    ranks = np.empty_like(weights)
    group = _centred(np.add.reduceat(weights[order], starts))
    ranks[order] = np.repeat(group, np.diff(np.r_[starts, values.size]), axis=0)
    return ranks


def spread(values: Array, by: Array, weights: Array) -> Array:
    """Sum of values times centred midrank of `by` in each resample, shape (draws,)."""
    order, starts = _ties(by)
    in_order = weights[order]
    totals = np.add.reduceat(in_order * values[order, None], starts)
    return np.asarray((totals * _centred(np.add.reduceat(in_order, starts))).sum(axis=0))


def totals_by_share(values: Array, by: Array, weights: Array, parts: int) -> Array:
    """Totals of values in `parts` equal shares of customers, lowest `by` first: (parts, draws)."""
    order, starts = _ties(by)
    in_order = weights[order]
    people = np.cumsum(np.add.reduceat(in_order, starts), axis=0)
    money = np.cumsum(np.add.reduceat(in_order * values[order, None], starts), axis=0)
    cuts = np.linspace(0.0, 1.0, parts + 1)
    curve = [
        np.interp(cuts * each[-1], np.r_[0.0, each], np.r_[0.0, total])
        for each, total in zip(people.T, money.T, strict=True)
    ]
    return np.diff(curve, axis=1).T


def _ties(values: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The order of values, and where in it each group of equal values starts."""
    order = np.argsort(values, kind="stable")
    in_order = values[order]
    return order, np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])


def _centred(group: Array) -> Array:
    """Group sizes in order -> each group's midrank minus the mean rank, shape as `group`."""
    return np.asarray(np.cumsum(group, axis=0) - group / 2 - group.sum(axis=0) / 2)
