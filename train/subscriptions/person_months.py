"""Person-months: the months in which subscribers were observed, as rows to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions.table import Histories, histories, life_began
from features.timestamps import MONTH_DAYS, wall_clock
from models.design_matrix import Levels, Matrix, encode
from models.subscriptions.shifted_beta_geometric import Lifetimes
from models.subscriptions.survival import ObservedMonths, observed_months

Array = NDArray[np.float64]
MIN_AT_RISK = 50
LAST_YEAR = 12


@dataclass(frozen=True)
class SubscriberHistory:
    """All contracts that had begun before a point in time, gone or not, as known then.

    contracts  as `features.subscriptions.table.histories` gives them
    age        months from the life's start to that time, fractions kept; none without dates
    """

    contracts: Histories
    age: Array | None

    @property
    def table(self) -> pd.DataFrame:
        """What is known of each: the columns of the feature table, index customer_id."""
        return self.contracts.features

    def of(self, customers: NDArray[np.bool_]) -> SubscriberHistory:
        """The chosen contracts."""
        age = None if self.age is None else self.age[customers]
        return SubscriberHistory(self.contracts.of(customers), age)

    @property
    def lifetimes(self) -> Lifetimes:
        """How long each was observed, and how that ended."""
        found = self.contracts
        return Lifetimes(found.entered.astype(float), found.periods.astype(float), found.left)


def history_as_of(subscriptions: SubscriberTable, as_of: datetime) -> SubscriberHistory:
    """The subscribers as of a point in time.

    Raises DataError where nobody had started, or nothing had been observed, by then.
    """
    contracts = histories(subscriptions, as_of)
    if not (contracts.periods > contracts.entered).any():
        raise DataError(
            f"as of {as_of.isoformat()} no month of any subscription has been observed to its end; "
            "take a later as_of"
        )
    if not subscriptions.dated:
        return SubscriberHistory(contracts, None)
    now, began = wall_clock(as_of, subscriptions.timezone), life_began(subscriptions, as_of)
    age = np.asarray((now - began) / pd.Timedelta(days=MONTH_DAYS), dtype=np.float64)
    return SubscriberHistory(contracts, age)


def month_rows(
    history: SubscriberHistory, names: Sequence[str], levels: Levels
) -> tuple[ObservedMonths, Matrix]:
    """The months observed, and what was known at the beginning of each."""
    months = observed_months(history.lifetimes)
    rows = encode(history.table, names, levels)[months.life]
    rows[:, names.index("tenure_months")] = months.month - 1.0
    return months, rows


def recent_months(
    history: SubscriberHistory, months: ObservedMonths, horizon_days: int
) -> NDArray[np.bool_] | None:
    """Which months ended in the last horizon, a third of all time at most; none without dates."""
    if history.age is None:
        return None
    window = min(horizon_days / MONTH_DAYS, float(history.age.max()) / 3.0)
    return np.asarray(history.age[months.life] - months.month < window)


def survived(left: pd.DataFrame, month: Array | pd.Series) -> pd.DataFrame:
    """Share still there after 0, 1, ... months, by Kaplan & Meier, for each column.

    left   a row per month observed: whether the lifetime ended in it, or the chance that it would
    month  of the lifetime, counted from 1
    """
    stays = (1.0 - left.groupby(np.asarray(month, dtype=float)).mean()).cumprod()
    return pd.concat([pd.DataFrame(1.0, index=[0.0], columns=left.columns), stays])


def last_observed_month(months: ObservedMonths) -> int:
    """The last month of tenure in which enough customers were observed (at risk)."""
    at_risk = np.bincount(months.month.astype(np.int64))
    enough = np.flatnonzero(at_risk >= MIN_AT_RISK)
    return int(enough.max()) if enough.size else len(at_risk) - 1


def last_hazard(months: ObservedMonths, last: int) -> float:
    """Share that left in the months of the last observed year of tenure, in (0, 1)."""
    year = (months.month > last - LAST_YEAR) & (months.month <= last)
    return float((months.left[year].sum() + 0.5) / (year.sum() + 1.0))
