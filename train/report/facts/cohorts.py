"""Customers by the time of their first order: who comes back, and what they have brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from features.timestamps import DAY_US, MONTH_DAYS

MOST = 14
# Calendar unit -> its name and its mean length in months.
UNITS = {"M": ("month", 1), "Q": ("quarter", 3), "Y": ("year", 12)}
SHAPES = {"M": "%b %Y", "Q": "%Y Q%q", "Y": "%Y"}


@dataclass(frozen=True)
class Cohorts:
    """Customers and their lines, by the month, quarter or year of the first purchase.

    unit   M, Q or Y: the shortest with no more than so many cohorts
    labels what the cohorts are called, the oldest first, by their period
    of     customer_id -> the label of its cohort
    lines  of these customers: customer_id, amount, days since the first purchase, cohort
    lived  days since the first purchase of each cohort's youngest customer
    """

    unit: str
    labels: dict[pd.Period, str]
    of: pd.Series
    lines: pd.DataFrame
    lived: pd.Series

    @property
    def unit_days(self) -> float:
        """Mean length of the unit, days."""
        return UNITS[self.unit][1] * MONTH_DAYS

    def retention(self, most: int = 12) -> pd.DataFrame:
        """Share of each cohort that bought in the first, second, ... unit after that of the start.

        Index the cohort's label, columns 1, 2, ...; null where not all of a cohort have lived
        through it.
        """
        bought = self.lines[self.lines["amount"] > 0]
        number = np.floor(bought["days"] / self.unit_days).astype(int)
        seen = bought.assign(number=number).drop_duplicates(["customer_id", "number"])
        counts = pd.crosstab(seen["cohort"], seen["number"])
        over = range(1, min(most, int(self.lived.max() // self.unit_days)) + 1)
        return self._each(counts, over, self.unit_days)

    def value(self, most: int = 36) -> pd.DataFrame:
        """Net revenue a customer of each cohort so many months after the first purchase, money.

        Index the cohort's label, columns 1, 2, ...; null where not all of a cohort have lived
        through it.
        """
        number = np.floor(self.lines["days"] / MONTH_DAYS).astype(int) + 1
        table = self.lines.assign(number=number)
        sums = table.pivot_table(
            values="amount", index="cohort", columns="number", aggfunc="sum", fill_value=0.0
        )
        every = sums.reindex(columns=range(1, int(number.max()) + 1), fill_value=0.0)
        over = range(1, min(most, int(self.lived.max() // MONTH_DAYS)) + 1)
        return self._each(every.cumsum(axis=1), over, MONTH_DAYS, until=0)

    def _each(
        self, sums: pd.DataFrame, over: range, days: float, *, until: int = 1
    ) -> pd.DataFrame:
        """A customer of each cohort; null where the youngest has not seen the end of a span."""
        labels = list(self.labels.values())
        found = sums.reindex(index=labels, columns=list(over), fill_value=0.0)
        found = found.div(self.of.value_counts().reindex(labels), axis=0)
        ends = (np.arange(1, len(over) + 1) + until) * days
        youngest = self.lived.reindex(labels).to_numpy(dtype=float)
        return found.where(youngest[:, None] >= ends[None, :])


def cohorts(lines: pd.DataFrame, customers: pd.Index, as_of: datetime) -> Cohorts:
    """Canonical lines, all before as_of -> the cohorts of these customers."""
    mine = lines[lines["customer_id"].isin(customers)]
    bought = mine[mine["amount"] > 0]
    first = bought.groupby("customer_id")[["us", "local_us"]].min()
    wall = pd.Series(pd.to_datetime(first["local_us"], unit="us"), index=first.index)
    for unit in UNITS:
        periods = wall.dt.to_period(unit)
        if periods.nunique() <= MOST:
            break
    labels = {each: each.strftime(SHAPES[unit]) for each in sorted(periods.unique())}
    of = periods.map(labels).astype("str")
    mine = mine[mine["customer_id"].isin(first.index)]
    began = mine["customer_id"].map(first["us"]).to_numpy(dtype=float)
    days = (mine["us"].to_numpy(dtype=float) - began) / DAY_US
    # a refund of something bought before the log begins belongs to no month of its own
    table = mine.assign(days=np.maximum(days, 0.0), cohort=mine["customer_id"].map(of))
    age = (as_of.timestamp() * 1e6 - first["us"]) / DAY_US
    return Cohorts(unit, labels, of, table, age.groupby(of).min())
