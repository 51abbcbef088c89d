"""Contracts of one customer: which follow each other, and which are of a customer who came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stays:
    """Contracts that follow each other without a gap are one stay of their customer.

    begun      the start of the stay that a contract belongs to, wall clock
    continued  whether another contract begins as this one ends: a renewal or a change of plan
    """

    begun: pd.Series[pd.Timestamp]
    continued: Flags


def stays(contracts: pd.DataFrame) -> Stays:
    """The stay of each contract; contracts as `SubscriberTable.customers` has them.

    subtle: that a contract is continued is known as soon as it is over, not later.
    """
    follows = _same_customer(contracts)
    starts, ends = contracts["start"].to_numpy(), contracts["cancelled"].to_numpy()
    # one that ends as it begins goes on with nothing
    follows[1:] &= (starts[1:] == ends[:-1]) & (ends[1:] != starts[1:])
    begun = contracts["start"].where(~follows).ffill()
    return Stays(begun=begun, continued=np.append(follows[1:], False)[: len(follows)])


def refuse_overlaps(contracts: pd.DataFrame, source: str) -> None:
    """Raises DataError where a customer has a contract before the earlier one has ended.

    contracts  index customer_id; sorted by it, by start and by cancelled (blank last)
    """
    starts, ends = contracts["start"].to_numpy(), contracts["cancelled"].to_numpy()
    overlaps = _same_customer(contracts)
    overlaps[1:] &= ~(starts[1:] >= ends[:-1])
    if not overlaps.any():
        return
    place = int(np.argmax(overlaps))
    others = contracts.index[overlaps].nunique() - 1
    more = f" ({others} more such customers)" if others else ""
    raise DataError(
        f"{source}: customer {contracts.index[place]!r} has contracts that overlap, "
        f"{_shown(contracts, place - 1)} and {_shown(contracts, place)}{more}; let a contract "
        "start when the earlier one has ended, or, where one customer may have several at a time, "
        "name the contract's own id as data.columns.customer_id"
    )


def _same_customer(contracts: pd.DataFrame) -> Flags:
    """Whether the row before is of the same customer."""
    ids = contracts.index.to_numpy(dtype=object)
    same = np.zeros(len(ids), dtype=bool)
    same[1:] = ids[1:] == ids[:-1]
    return same


def _shown(contracts: pd.DataFrame, place: int) -> str:
    start, end = (contracts[name].iloc[place] for name in ("start", "cancelled"))
    return f"one from {_day(start)} " + ("that runs on" if pd.isna(end) else f"until {_day(end)}")


def _day(moment: pd.Timestamp) -> str:
    return str(moment.date() if moment == moment.normalize() else moment)
