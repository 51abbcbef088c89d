"""What the subscribers of a feature table did in the horizon that followed."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions.contracts import stays
from features.subscriptions.table import build_features
from features.timestamps import MONTH_DAYS, wall_clock


def build_labels(
    subscriptions: SubscriberTable, as_of: datetime, horizon_days: int
) -> pd.DataFrame:
    """What the customers of `build_features` did in [as_of, as_of + horizon_days).

    Index customer_id:

        churned          1 where the subscription was cancelled in the horizon and no other
                         contract began as it ended, else 0; who comes back later has left
        revenue_future   money: the monthly amount for each month begun in the horizon, by a month
                         of 30.4375 days, until the cancellation

    Raises DataError when the table does not know the whole horizon.
    """
    if horizon_days <= 0:
        raise DataError(f"horizon_days must be positive, got {horizon_days}")
    last = subscriptions.end - timedelta(days=horizon_days)
    if not subscriptions.dated:
        raise DataError(
            "a table of tenures describes one point in time and nothing after it, so it has no "
            "labels: starts must be dates"
        )
    if as_of > last:
        raise DataError(
            f"labels need the {horizon_days} days after as_of, but the table is known until "
            f"{subscriptions.end.isoformat()}: as_of must be {last.isoformat()} or before, got "
            f"{as_of.isoformat()}"
        )
    table = build_features(subscriptions, as_of)
    now = wall_clock(as_of, subscriptions.timezone)
    until = wall_clock(as_of + timedelta(days=horizon_days), subscriptions.timezone)
    running = _running(subscriptions.customers, now, until)
    ends = running["cancelled"]
    over = (ends < until).to_numpy()
    most = horizon_days / MONTH_DAYS
    begun = np.minimum(_months_begun(ends.where(over, until), now), most)
    already = np.where(running["start"] < now, 0.0, _months_begun(running["start"], now))
    paid = running["monthly_amount"].to_numpy() * (begun - np.minimum(already, most))
    outcome = pd.DataFrame(
        {"churned": over.astype(np.int64), "revenue_future": paid}, running.index
    )
    by_customer = outcome.groupby(level=0)
    found = by_customer.last()[["churned"]].assign(
        revenue_future=by_customer["revenue_future"].sum()
    )
    return found.loc[table.index]


def _running(contracts: pd.DataFrame, now: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """The contracts that run at `now`, and those begun by `until` that go on with them."""
    begun = stays(contracts).begun
    ahead = ~(contracts["cancelled"] < now) & (contracts["start"] < until)
    return contracts[((begun < now) & ahead).to_numpy()]


def _months_begun(ends: pd.Series[pd.Timestamp], now: pd.Timestamp) -> NDArray[np.float64]:
    """Months of 30.4375 days begun from `now` until the end, 1 at least."""
    days = (ends - now) / pd.Timedelta(days=1)
    return np.asarray(np.ceil(np.maximum(days.to_numpy(), 1e-9) / MONTH_DAYS))
