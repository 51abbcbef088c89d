"""Value tiers: customers in layers by predicted value, cut by share, without flapping."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Tiers

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TierCutoffs:
    """Where one tier ends and the next begins, in money: plain numbers that a card can hold.

    names    of the tiers, the best first
    at       lowest value of each tier but the last; never rising
    enter    the same for a customer who had a lower tier: `at` or more
    leave    the same for a customer who had this tier or a higher one: `at` or less
    """

    names: tuple[str, ...]
    at: tuple[float, ...]
    enter: tuple[float, ...]
    leave: tuple[float, ...]


def tier_cutoffs(clv: pd.Series, terms: Tiers | None = None) -> TierCutoffs:
    """Predicted values of a batch, money, null where unknown -> the cuts between its tiers.

    Equal values fall on one side together: on the one where the middle of them ranks. So a tier
    can be larger than its share, or empty.

    Raises ValueError when no value is known.
    """
    terms = terms or Tiers()
    known = clv.dropna().to_numpy(dtype=float)
    if not len(known):
        raise ValueError("tiers: no customer with a known value to cut by; predict values first")
    shares = np.cumsum(terms.shares)[:-1]
    return TierCutoffs(
        names=terms.names,
        at=_lowest(known, shares),
        enter=_lowest(known, shares - terms.margin),
        leave=_lowest(known, shares + terms.margin),
    )


def tier_of(clv: float, cutoffs: TierCutoffs, previous: str | None = None) -> str | None:
    """The tier of one customer; None where the value is unknown. Fast for one customer.

    previous  the customer's last tier, which stays unless the value lies beyond a cut by the margin
    """
    if isnan(clv):
        return None
    had = cutoffs.names.index(previous) if previous in cutoffs.names else None
    return cutoffs.names[sum(clv < bound for bound in _bounds(cutoffs, had))]


def tiers(clv: pd.Series, cutoffs: TierCutoffs, previous: pd.Series | None = None) -> pd.Series:
    """`tier_of` each customer of a batch: text, null where the value is unknown, index of `clv`.

    previous  last tiers by customer; unknown customers, nulls and forgotten names count as none
    """
    values = clv.to_numpy(dtype=float)
    had = None if previous is None else previous.reindex(clv.index).to_numpy(dtype=object)
    places = _places(values, _bounds(cutoffs, None))
    for place, name in enumerate(cutoffs.names) if had is not None else ():
        had_it = had == name
        places[had_it] = _places(values[had_it], _bounds(cutoffs, place))
    names = np.array([*cutoffs.names, None], dtype=object)
    found = names[np.where(np.isnan(values), len(cutoffs.names), places)]
    return pd.Series(found, index=clv.index, name="tier", dtype="str")


def _bounds(cutoffs: TierCutoffs, had: int | None) -> tuple[float, ...]:
    """Lowest values of the tiers but the last, as they hold for who had the tier at `had`."""
    if had is None:
        return cutoffs.at
    return (*cutoffs.enter[:had], *cutoffs.leave[had:])


def _places(values: Array, bounds: tuple[float, ...]) -> NDArray[np.intp]:
    """How many tiers lie above each value."""
    return np.asarray((values[:, None] < np.array(bounds)).sum(axis=1))


def _lowest(known: Array, shares: Array) -> tuple[float, ...]:
    """The lowest value of the best `share` of all; a little above the best value for none."""
    values, counts = np.unique(known, return_counts=True)
    values, counts = values[::-1], counts[::-1]
    middle = (np.cumsum(counts) - counts / 2.0) / len(known)
    # subtle: shares are sums of decimals, and 0.1 + 0.2 must reach 0.3
    reached = np.searchsorted(middle, shares + 1e-9, side="right")
    lowest = np.append(np.nextafter(values[0], np.inf), values)
    return tuple(float(each) for each in lowest[reached])
