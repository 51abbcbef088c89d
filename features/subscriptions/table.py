"""Subscribers as of a point in time: what was known of each, and how long each was observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable, whole_months
from features.subscriptions.contracts import stays
from features.timestamps import wall_clock

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
UNITS = {
    "tenure_months": ("months", "whole months since the start"),
    "monthly_amount": ("money", "what is paid per month"),
}


def build_features(subscriptions: SubscriberTable, as_of: datetime) -> pd.DataFrame:
    """Subscriptions -> the customers who have a subscription at `as_of`, index customer_id, sorted.

        tenure_months    whole months survived, float64 >= 0; of who came back, since then
        monthly_amount   money, float64 >= 0
        and the attributes, float64 or text

    subtle: amount and attributes are the table's only ones; where they change over time, a past
    `as_of` is shown today's. Starts and cancellations at or after `as_of` are not seen.
    """
    known = histories(subscriptions, as_of)
    return known.features[~known.gone]


@dataclass(frozen=True)
class Histories:
    """Contracts begun before a point in time, gone or not, a row each.

    subtle: beside the table, not columns of it, for an attribute may have any name.

    features   index customer_id, the columns of `build_features`; the tenure_months of who is gone
               are the month of leaving, counted from 1
    gone       cancelled before then
    entered    months survived before the table would have shown the customer, or before the
               contract went on with an earlier one
    periods    months of life that were observed to their end: the month in which the customer
               left, or months survived (under this contract)
    left       whether the life ended in month `periods`
    """

    features: pd.DataFrame
    gone: Flags
    entered: Array
    periods: Array
    left: Flags

    def of(self, chosen: Flags) -> Histories:
        """The chosen contracts."""
        return Histories(
            self.features[chosen],
            gone=self.gone[chosen],
            entered=self.entered[chosen],
            periods=self.periods[chosen],
            left=self.left[chosen],
        )


def histories(subscriptions: SubscriberTable, as_of: datetime) -> Histories:
    """Contracts begun before `as_of`, in the table's order.

    A contract that begins as the customer's earlier one ends goes on with it: the months of its
    life are counted from where the first began, and each is observed under one of them. After a
    gap a life of its own begins. No customer has two contracts that are not gone.

    A month that was not over by `as_of` is nobody's evidence: who left during it counts as having
    survived the months before, as do those who started with them and have not left.
    """
    table = subscriptions.customers
    if subscriptions.dated:
        return _from_dates(wall_clock(as_of, subscriptions.timezone), subscriptions)
    if as_of != subscriptions.end:
        raise DataError(
            f"a table of tenures describes one point in time, {subscriptions.end.isoformat()}, "
            f"got as_of {as_of.isoformat()}; name a column with starts to look back"
        )
    return _from_tenures(table, subscriptions)


def life_began(subscriptions: SubscriberTable, as_of: datetime) -> pd.Series[pd.Timestamp]:
    """When the life of each row of `histories` began, wall clock; of a table with dates."""
    now = wall_clock(as_of, subscriptions.timezone)
    contracts = subscriptions.customers
    return stays(contracts).begun[(contracts["start"] < now).to_numpy()]


def _from_dates(now: pd.Timestamp, subscriptions: SubscriberTable) -> Histories:
    known = (subscriptions.customers["start"] < now).to_numpy()
    found, table = stays(subscriptions.customers), subscriptions.customers[known]
    begun, gone = found.begun[known], (table["cancelled"] < now).to_numpy()
    continued = found.continued[known] & gone
    # subtle: the month of a change of plan counts for the later one, or nobody could leave in it
    until = pd.Series(now, index=table.index).where(~continued, table["cancelled"])
    survived = whole_months(begun, until)
    month = _month_of_leaving(begun, table["cancelled"].where(gone))
    left = gone & ~continued & (month <= survived)
    return _histories(
        table,
        subscriptions,
        np.where(gone, month, survived),
        gone=gone,
        entered=whole_months(begun, table["start"]),
        periods=np.where(left, month, survived),
        left=left,
    )


def _month_of_leaving(start: pd.Series[pd.Timestamp], cancelled: pd.Series[pd.Timestamp]) -> Array:
    """Counted from 1; a subscription that ends as a month does, ends in that month."""
    instant = pd.Timedelta(microseconds=1)
    before = whole_months(start, cancelled.where(cancelled == start, cancelled - instant))
    return before + 1.0


def _from_tenures(table: pd.DataFrame, subscriptions: SubscriberTable) -> Histories:
    gone = table["cancelled"].to_numpy(dtype=bool)
    tenure = np.where(gone, np.maximum(table["tenure"], 1.0), table["tenure"])
    seen_before = 0.0 if subscriptions.departures == "all" else np.maximum(tenure - 1.0, 0.0)
    return _histories(
        table,
        subscriptions,
        tenure,
        gone=gone,
        entered=np.zeros(len(table)) + seen_before,
        periods=tenure,
        left=gone,
    )


def _histories(
    table: pd.DataFrame, subscriptions: SubscriberTable, months: Array, **observed: Any
) -> Histories:
    amount = table["monthly_amount"].to_numpy()
    own = pd.DataFrame({"tenure_months": months, "monthly_amount": amount}, index=table.index)
    features = pd.concat([own, table[list(subscriptions.attributes)]], axis=1)
    return Histories(features, **observed)
