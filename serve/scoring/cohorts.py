"""Cohorts of a batch: customers by the month or quarter of their first order.

They are added up when a batch is written and stored with it: the store holds the features as text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from serve.store.batch import Content

AGE = "age_days"
MOST_MONTHS = 12


def sum_cohorts(content: Content, as_of: datetime, timezone: str) -> list[dict[str, Any]]:
    """The cohorts in order of time; by quarter where the months would be too many.

    Each is {"name", "customers", "known", "clv", "expected_revenue", "p_churn"}: the first a text
    such as 2011-03 or 2011 Q1, the last three sums of the known. Empty where the features do not
    hold the age of a customer.
    """
    predictions = content.predictions
    if AGE not in content.features or not {"clv", "expected_revenue", "p_churn"} <= {*predictions}:
        return []
    known = predictions[["clv", "expected_revenue", "p_churn"]].astype(float)
    table = known.assign(known=known["clv"].notna().astype(int), customers=1)
    grouped = table.groupby(_names(content.features[AGE], as_of, timezone)).sum()
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in grouped.astype({"known": int, "customers": int}).to_dict("records")
    ]
    return [{"name": str(name)} | row for name, row in zip(grouped.index, rows, strict=True)]


def _names(age_days: pd.Series[Any], as_of: datetime, timezone: str) -> pd.Series[Any]:
    """The month of each first order, or its quarter."""
    # to the second: a day and an hour have no exact float
    age = pd.to_timedelta(age_days.astype(float), unit="D").dt.round("s")
    first = (pd.Timestamp(as_of).tz_convert("UTC") - age).dt.tz_convert(timezone)
    months: pd.Series[Any] = first.dt.strftime("%Y-%m")
    if months.nunique() <= MOST_MONTHS:
        return months
    return first.dt.strftime("%Y Q") + first.dt.quarter.astype("Int64").astype("str")
