"""The calibration of the coming horizon's totals: last year's season, or none."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from models.purchases.calibration import CalibrationError, persistent_error, shrink
from models.purchases.prior import Prior
from models.purchases.seasonality import SEASON_DAYS, Season, flat, from_rate_errors
from train.customer_codes import FEWEST_CUSTOMERS
from train.purchases.snapshot_cache import PurchaseTask
from train.total_shift import total_shift

Array = NDArray[np.float64]
DAY = timedelta(days=1)
SETTLED_DAYS = 182  # with less log before it, old customers look new and the error misleads
STEP_DAYS = 28


def expected_calibration(
    task: PurchaseTask, snapshots: list[datetime], *, fitted: int
) -> tuple[Season, CalibrationError]:
    """The season to count the horizon in, and the error that remains to be corrected.

    Where the log had settled a year before `as_of`, and had customers, the classical model's
    errors in the same days of last year; else what was off by the same amount at all matured
    snapshots.
    """
    data, as_of, horizon_days = task.data, task.as_of, task.horizon_days
    year_ago = as_of - timedelta(days=SEASON_DAYS)
    settled = (year_ago - data.source.first) / DAY >= SETTLED_DAYS
    if not settled or len(data.table(year_ago)) < FEWEST_CUSTOMERS:
        errors = [data.error(each, fitted, by=as_of) for each in snapshots]
        span = (snapshots[0] - snapshots[-1]) / DAY + fitted if snapshots else 0.0
        return flat(as_of), persistent_error(
            errors, span / fitted, horizons=max(1.0, horizon_days / fitted)
        )
    within = min(horizon_days, SEASON_DAYS)
    days = sorted({*range(STEP_DAYS, SEASON_DAYS + 1, STEP_DAYS), within})
    errors_at = {day: shrink(data.error(year_ago, day, by=as_of)) for day in days}
    season = from_rate_errors(as_of, days, [errors_at[day].purchase_rate for day in days])
    return season, errors_at[within]


def expected_totals(
    table: pd.DataFrame,
    effective_days: float,
    *,
    prior: Prior,
    classical: Prior,
    error: CalibrationError,
) -> tuple[float, float]:
    """Customers with an order, and revenue, that all of `table` should come to.

    That is the classical model's total corrected by `error`: trees and the richer prior
    distribute it over the customers, and do not change it.

    subtle: with few repeat customers the Gamma-Gamma mean of one-time buyers can run away; where
    the classical total is beyond half or double of the prior's, the prior's counts.
    """
    ordering = float(classical.p_order(table, effective_days).sum() * np.exp(error.order))
    revenue = float(classical.expected_revenue(table, effective_days).sum())
    own = float(prior.expected_revenue(table, effective_days).sum())
    total = revenue if 0.5 < revenue / own < 2.0 else own
    return min(ordering, len(table) * (1.0 - 1e-6)), total * float(np.exp(error.revenue))


def shifts(log_odds: Array, log_spend: Array, totals: tuple[float, float]) -> tuple[float, float]:
    """What to add to each customer's log odds and log spend to come to the expected totals."""
    ordering, revenue = totals
    order_shift = total_shift(log_odds, ordering, within=30.0)
    raw = float(expit(log_odds + order_shift) @ np.exp(log_spend))
    return order_shift, float(np.log(revenue / raw))
