"""A model evaluated on a horizon that it could not have seen, beside the classical model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.intervals import revenue_interval, total_interval
from models.metrics import churn_metrics, coverage, mean_width, value_metrics
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.purchases.snapshot_cache import PurchaseTask

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PurchaseHoldout:
    """What happened to each customer and what was predicted before; index customer_id.

        churned, revenue, orders      what happened in the horizon
        p_churn, expected_spend,      what the bundle predicted
        expected_revenue, low, high
        prior_p_churn, prior_spend,   what BG/NBD x Gamma-Gamma predicted
        prior_revenue
        age_days                      since the first purchase

    as_of, horizon_days  the window; total_low, total_high: 80 % interval of the summed revenue
    """

    customers: pd.DataFrame
    as_of: datetime
    horizon_days: int
    total_low: float
    total_high: float


def evaluate(bundle: PurchaseBundle, task: PurchaseTask, *, by: datetime) -> PurchaseHoldout:
    """Compare a bundle that was trained as of the task's `as_of` with the horizon that followed."""
    data, as_of, horizon_days = task.data, task.as_of, task.horizon_days
    table, outcome = data.table(as_of), data.outcome(as_of, horizon_days, by=by)
    forecast = PurchasePredictor(bundle).forecast_table(table, as_of=as_of)
    p_order, spend = forecast.p_order(horizon_days), forecast.expected_spend(horizon_days)
    low, high = revenue_interval(bundle.card.spread, p_order, spend)
    classical = data.classical(as_of)
    prior_p = classical.p_order(table, horizon_days)
    prior_spend = classical.expected_spend(table, horizon_days)
    customers = pd.DataFrame(
        {
            "churned": outcome["churned"],
            "revenue": outcome["revenue_future"],
            "orders": outcome["n_orders_future"],
            "p_churn": 1.0 - p_order,
            "expected_spend": spend,
            "expected_revenue": p_order * spend,
            "low": low,
            "high": high,
            "prior_p_churn": 1.0 - prior_p,
            "prior_spend": prior_spend,
            "prior_revenue": prior_p * prior_spend,
            "age_days": table["age_days"],
        },
        index=table.index,
    )
    total_low, total_high = total_interval(bundle.card.spread, p_order, spend)
    return PurchaseHoldout(customers, as_of, horizon_days, total_low, total_high)


def churn_scores(holdout: PurchaseHoldout) -> dict[str, float]:
    """Metrics of the churn model, and the classical model's under the prefix prior_."""
    seen = holdout.customers
    return _beside(
        churn_metrics(_column(seen, "churned"), _column(seen, "p_churn")),
        churn_metrics(_column(seen, "churned"), _column(seen, "prior_p_churn")),
    )


def spend_scores(holdout: PurchaseHoldout) -> dict[str, float]:
    """Metrics of the spend model on returners, and the classical model's under prior_."""
    seen = holdout.customers[holdout.customers["churned"] == 0]
    return _beside(
        value_metrics(_column(seen, "revenue"), _column(seen, "expected_spend")),
        value_metrics(_column(seen, "revenue"), _column(seen, "prior_spend")),
    )


def clv_scores(holdout: PurchaseHoldout) -> dict[str, float]:
    """Metrics of expected revenue over everybody, zeros kept, and the classical model's."""
    seen = holdout.customers
    actual = _column(seen, "revenue")
    scores = _beside(
        value_metrics(actual, _column(seen, "expected_revenue")),
        value_metrics(actual, _column(seen, "prior_revenue")),
    )
    low, high = _column(seen, "low"), _column(seen, "high")
    scores["interval_coverage"] = coverage(actual, low, high)
    scores["interval_width"] = mean_width(low, high)
    return scores


def _beside(ours: dict[str, float], prior: dict[str, float]) -> dict[str, float]:
    return ours | {f"prior_{name}": value for name, value in prior.items()}


def _column(frame: pd.DataFrame, name: str) -> Array:
    return frame[name].to_numpy(dtype=float)
