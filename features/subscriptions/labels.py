"""What the subscribers of a feature table did in the horizon that followed."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.errors import DataError
from features.ingest.subscribers import SubscriberTable
from features.subscriptions.table import build_features
from features.timestamps import MONTH_DAYS, wall_clock


def build_labels(
    subscriptions: SubscriberTable, as_of: datetime, horizon_days: int
) -> pd.DataFrame:
    """What the customers of `build_features` did in [as_of, as_of + horizon_days).

    Index customer_id:

        churned          1 where the subscription was cancelled in the horizon, else 0
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
    cancelled = subscriptions.customers.loc[table.index, "cancelled"]
    now = wall_clock(as_of, subscriptions.timezone)
    until = wall_clock(as_of + timedelta(days=horizon_days), subscriptions.timezone)
    churned = (cancelled < until).to_numpy()
    stayed = (cancelled.where(churned, until) - now) / pd.Timedelta(days=1)
    months = np.ceil(np.maximum(stayed.to_numpy(), 1e-9) / MONTH_DAYS)
    most = horizon_days / MONTH_DAYS
    paid = table["monthly_amount"].to_numpy() * np.minimum(months, most)
    return pd.DataFrame(
        {"churned": churned.astype(np.int64), "revenue_future": paid}, index=table.index
    )
