"""RFM segments: nine groups by last purchase, orders and money."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scores = NDArray[np.intp]
QUINTILES = (0.2, 0.4, 0.6, 0.8)
NEW = "New"
NEW_DAYS = 90
NEW_RECENCY = 3

# Segment -> who they are, what is usually worth doing. The order is that of reports.
MEANINGS = {
    "Champions": ("buy often, much, and lately", "thank them, show them what is new first"),
    "Loyal": ("good customers who are still there", "offer what goes with what they buy"),
    "Potential": ("there lately, with little so far", "give a reason for the next order"),
    "New": ("one purchase day, not long ago", "make the second order easy"),
    "Needs attention": ("ordinary customers growing quiet", "remind them before they forget"),
    "At risk": ("used to be good, silent for long", "ask what is wrong, make an offer"),
    "Cannot lose": ("the best of all, silent for long", "call them"),
    "Hibernating": ("little, and that long ago", "a cheap reminder now and then"),
    "Lost": ("least, and longest ago", "spend nothing on them"),
}

# The rules. Rows: recency score, 5 is the latest. Columns: value score 1 to 5, half of the sum of
# the frequency and the money score, rounded up. NEW comes before the grid, see `segment_of`.
GRID = {
    5: ("Potential", "Potential", "Loyal", "Champions", "Champions"),
    4: ("Potential", "Potential", "Loyal", "Loyal", "Champions"),
    3: ("Needs attention", "Needs attention", "Needs attention", "Loyal", "Loyal"),
    2: ("Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose"),
    1: ("Lost", "Lost", "Hibernating", "At risk", "Cannot lose"),
}


@dataclass(frozen=True)
class RfmCutoffs:
    """The four bounds between five scores, never falling: plain numbers that a card can hold.

    recency_days   a customer silent for more than a bound scores one point less
    orders, money  a customer with more than a bound scores one point more
    """

    recency_days: tuple[float, ...]
    orders: tuple[float, ...]
    money: tuple[float, ...]


def rfm_cutoffs(table: pd.DataFrame) -> RfmCutoffs:
    """Feature table -> the quintile bounds of its customers.

    A bound is the value of a customer, the first at which so many fifths are reached.

    Raises ValueError when no customer's three numbers are known.
    """
    rfm = _rfm(table)
    known = rfm[~np.isnan(rfm).any(axis=1)]
    if not len(known):
        raise ValueError("segments: no customer with a known recency, order count and money")
    return RfmCutoffs(*(_quintiles(each) for each in known.T))


def net_revenue(table: pd.DataFrame) -> Array:
    """Feature table -> purchases less refunds so far, money; NaN where no purchase is known."""
    money = table["monetary_sum"].to_numpy(dtype=float)
    if "refund_sum" not in table:
        return money
    return np.asarray(money - np.nan_to_num(table["refund_sum"].to_numpy(dtype=float)))


def scores(table: pd.DataFrame, cutoffs: RfmCutoffs) -> pd.DataFrame:
    """Feature table -> recency, frequency and money scores, 1 to 5, null where unknown.

    Equal values have equal scores; nothing scores worse for being more recent, more often or more.
    """
    rfm = _rfm(table)
    found = _scores(rfm, cutoffs).astype(float)
    found[np.isnan(rfm).any(axis=1)] = np.nan
    return pd.DataFrame(
        found, index=table.index, columns=["recency_score", "frequency_score", "money_score"]
    )


def segment(table: pd.DataFrame, cutoffs: RfmCutoffs) -> pd.Series:
    """Feature table -> the segment of each customer: text, null where a number is unknown."""
    rfm = _rfm(table)
    found = _scores(rfm, cutoffs)
    once = table["repeat_days"].to_numpy(dtype=float) == 0
    new = once & (table["age_days"].to_numpy(dtype=float) < NEW_DAYS)
    names = np.array(list(GRID.values()), dtype=object)[5 - found[:, 0], _value(*found.T[1:]) - 1]
    names[new & (found[:, 0] >= NEW_RECENCY)] = NEW
    names[np.isnan(rfm).any(axis=1)] = None
    return pd.Series(names, index=table.index, name="segment", dtype="str")


def segment_at(customer: Mapping[str, Any], cutoffs: RfmCutoffs) -> str | None:
    """`segment` of one customer, a row of the feature table by name: fast for one customer."""
    needed = [customer[name] for name in ("recency_days", "n_orders", "monetary_sum")]
    if any(each is None or isnan(each) for each in needed):
        return None
    recency_days, orders, money = needed
    refunds = customer.get("refund_sum") or 0.0
    age_days = customer["age_days"]
    new = customer["repeat_days"] == 0 and age_days is not None and age_days < NEW_DAYS
    return segment_of(
        5 - bisect_left(cutoffs.recency_days, recency_days),
        1 + bisect_left(cutoffs.orders, orders),
        1 + bisect_left(cutoffs.money, money - (0.0 if isnan(refunds) else refunds)),
        new=new,
    )


def segment_of(recency: int, frequency: int, money: int, *, new: bool = False) -> str:
    """The segment of one triple of scores, each 1 to 5.

    new  one purchase day so far, and that less than NEW_DAYS ago: such a customer is New where
         the recency score is at least NEW_RECENCY, whatever was spent
    """
    if new and recency >= NEW_RECENCY:
        return NEW
    return GRID[recency][_value(frequency, money) - 1]


def _value(frequency: Any, money: Any) -> Any:
    """Half of the sum of two scores, rounded up; of numbers or of arrays."""
    return (frequency + money + 1) // 2


def _rfm(table: pd.DataFrame) -> Array:
    """Recency in days, orders, and money net of refunds, a column each."""
    recency, orders = (table[name].to_numpy(dtype=float) for name in ("recency_days", "n_orders"))
    return np.stack([recency, orders, net_revenue(table)], axis=1)


def _scores(rfm: Array, cutoffs: RfmCutoffs) -> Scores:
    """The three scores, a column each; of unknown values arbitrary ones."""
    passed = [
        np.searchsorted(np.array(bounds), rfm[:, place], side="left")
        for place, bounds in enumerate((cutoffs.recency_days, cutoffs.orders, cutoffs.money))
    ]
    return np.stack([5 - passed[0], 1 + passed[1], 1 + passed[2]], axis=1)


def _quintiles(values: Array) -> tuple[float, ...]:
    found = np.quantile(values, QUINTILES, method="inverted_cdf")
    return tuple(float(each) for each in found)
