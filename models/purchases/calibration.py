"""Calibration of the total: how far the probability model's totals were off, and those errors
shrunk to what can be expected of them next time.

An error is the log of actual over predicted. `purchase_rate` is the error of the purchase count, as
log(effective days / days): the horizon for which the model would have been right. With the horizon
in effective days, `order` is what is left in the number of customers with an order, `revenue` in
the money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t as student_t

from models.intervals import UNKNOWN_SD
from models.purchases.prior import Prior, purchase_histories

Array = NDArray[np.float64]
LARGEST_RATE_ERROR = 2.5
NOTHING_SEEN_SD = 10.0
# Standard deviations of a season's error and of its change from year to year (log scale): what a
# year-old error must be weighed against. Wide enough to let much data speak for itself.
PRIOR_SDS = {"purchase_rate": (0.30, 0.08), "order": (0.05, 0.05), "revenue": (0.12, 0.05)}


@dataclass(frozen=True)
class CalibrationError:
    """Errors at one past as_of, each a log ratio, three with their sampling errors.

    plain_order, plain_revenue  errors with the horizon in calendar days
    """

    purchase_rate: float
    order: float
    revenue: float
    purchase_rate_sd: float
    order_sd: float
    revenue_sd: float
    plain_order: float = 0.0
    plain_revenue: float = 0.0


NO_ERROR = CalibrationError(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def measure_error(
    prior: Prior, table: pd.DataFrame, outcome: pd.DataFrame, horizon_days: float
) -> CalibrationError:
    """The prior's errors over a horizon that has passed.

    table    features as of then; outcome: labels of the same customers and horizon
    """
    days = outcome["active_days_future"].to_numpy(dtype=float)
    purchase_rate = _purchase_rate(prior, table, days.sum(), horizon_days)
    effective = horizon_days * float(np.exp(purchase_rate))
    p_order = prior.p_order(table, effective)
    ordered = 1.0 - outcome["churned"].to_numpy(dtype=float)
    revenue = outcome["revenue_future"].to_numpy(dtype=float)
    expected = prior.expected_revenue(table, effective)
    return CalibrationError(
        purchase_rate=purchase_rate,
        order=_log_ratio(ordered, p_order),
        revenue=_log_ratio(revenue, expected),
        purchase_rate_sd=_sampling_sd(days, prior.expected_days(table, effective)),
        order_sd=_sampling_sd(ordered, p_order),
        revenue_sd=_sampling_sd(revenue, expected),
        plain_order=_log_ratio(ordered, prior.p_order(table, horizon_days)),
        plain_revenue=_log_ratio(revenue, prior.expected_revenue(table, horizon_days)),
    )


def _purchase_rate(
    prior: Prior, table: pd.DataFrame, actual_days: float, horizon_days: float
) -> float:
    """log(effective days / days) at which the expected purchase days equal the actual ones."""
    histories, weight = purchase_histories(table).distinct()

    def excess(purchase_rate: float) -> float:
        expected = prior.purchases.expected_orders(
            histories, horizon_days * float(np.exp(purchase_rate))
        )
        return float(np.log(expected @ weight / max(actual_days, 0.5)))

    if excess(-LARGEST_RATE_ERROR) > 0:
        return -LARGEST_RATE_ERROR
    if excess(LARGEST_RATE_ERROR) < 0:
        return LARGEST_RATE_ERROR
    return float(brentq(excess, -LARGEST_RATE_ERROR, LARGEST_RATE_ERROR, xtol=1e-4))


def shrink(error: CalibrationError) -> CalibrationError:
    """A year-old error drawn towards none, the more the noisier it is (James & Stein)."""
    weight = {
        name: sd**2 / (sd**2 + drift**2 + getattr(error, f"{name}_sd") ** 2)
        for name, (sd, drift) in PRIOR_SDS.items()
    }
    return CalibrationError(
        purchase_rate=error.purchase_rate * weight["purchase_rate"],
        order=error.order * weight["order"],
        revenue=error.revenue * weight["revenue"],
        purchase_rate_sd=PRIOR_SDS["purchase_rate"][0]
        * float(np.sqrt(1.0 - weight["purchase_rate"])),
        order_sd=PRIOR_SDS["order"][0] * float(np.sqrt(1.0 - weight["order"])),
        revenue_sd=PRIOR_SDS["revenue"][0] * float(np.sqrt(1.0 - weight["revenue"])),
    )


def persistent_error(
    errors: Sequence[CalibrationError], windows: float, *, horizons: float = 1.0
) -> CalibrationError:
    """The statistically significant part of past errors: the near end of its 95 % interval.

    windows   how many horizons the errors span without overlap; fewer than two show nothing
    horizons  the coming horizon's length, in theirs: uncertainty grows with its root

    Where no year-old error is known, a season looks like a lasting fault, so only what
    stayed the same over all windows is corrected. What is left of the errors is how uncertain
    the coming total is.
    """
    if len(errors) < 3 or windows < 2:
        return CalibrationError(0.0, 0.0, 0.0, UNKNOWN_SD, UNKNOWN_SD, 0.0)
    orders = np.array([error.plain_order for error in errors])
    totals = np.array([error.plain_revenue for error in errors])
    order, revenue = _significant_part(orders, windows), _significant_part(totals, windows)
    rest = [float(np.sqrt(np.mean(np.square(each)))) for each in (orders - order, totals - revenue)]
    growth = float(np.sqrt(horizons))
    return CalibrationError(0.0, order, revenue, 0.0, rest[0] * growth, max(rest[1], 0.02) * growth)


def _significant_part(errors: Array, windows: float) -> float:
    mean, sd = float(errors.mean()), max(float(errors.std(ddof=1)), 0.02)
    margin = float(student_t.ppf(0.975, windows - 1.0)) * sd / np.sqrt(windows)
    return float(np.sign(mean) * max(0.0, abs(mean) - margin))


def _log_ratio(actual: Array, predicted: Array) -> float:
    """log(sum actual / sum predicted); an actual sum below a thousandth counts as that."""
    ratio = actual.sum() / predicted.sum()
    return float(np.log(max(ratio, 1e-3)))


def _sampling_sd(actual: Array, predicted: Array) -> float:
    """Standard error of the log ratio, from the customers' scatter around their share.

    It is never below that of as many events as there were customers with any; without any event
    nothing is known of it.
    """
    events = int((actual > 0).sum())
    if events == 0:
        return NOTHING_SEEN_SD
    total = float(actual.sum())
    share = predicted * (total / predicted.sum())
    scatter = float(np.sqrt(np.square(actual - share).sum()) / max(total, 1e-9))
    return min(max(scatter, float(events**-0.5)), NOTHING_SEEN_SD)
