"""All models evaluated at rolling origins, each trained on its past only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError
from models.intervals import revenue_interval, total_interval
from models.metrics import churn_metrics, coverage, mean_width, value_metrics
from models.purchases.age_bands import age_bands
from models.purchases.bundle import PurchaseBundle
from models.purchases.predictor import PurchasePredictor
from train.customer_codes import FEWEST_CUSTOMERS, customer_codes
from train.leaderboard import OURS
from train.progress import Step
from train.purchases.baselines import BASELINES, Predictions
from train.purchases.differences import absolute, differences, resampled_metrics, truth
from train.purchases.evaluation_groups import segments
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.train import train

Array = NDArray[np.float64]
Scores = dict[str, float]
CLASSICAL = "bg_nbd_gamma_gamma"
DRAWS = 200
GROUPS = 20


@dataclass(frozen=True)
class OriginResult:
    """What came out at one origin; `report` is plain data, fit for JSON.

    actual       churned and revenue, what happened, index customer_id
    predictions  what each model predicted, in the same order
    bundle       ours, as it was trained there
    """

    as_of: datetime
    actual: pd.DataFrame
    predictions: dict[str, Predictions]
    bundle: PurchaseBundle
    report: dict[str, Any]


def origins(task: PurchaseTask, count: int) -> list[PurchaseTask]:
    """The task as of `count` earlier origins, newest first, evenly spaced by at most a horizon.

    The newest lies a horizon before the task; none lies in the first two fifths before that one.

    Raises DataError where the labels of the newest are not mature, or no log lies before it.
    """
    data, horizon_days = task.data, task.horizon_days
    newest = task.as_of - timedelta(days=horizon_days)
    last = data.source.end - timedelta(days=horizon_days)
    if newest > last:
        raise DataError(
            f"origin {newest.isoformat()}: its {horizon_days} days of labels are not mature, the "
            f"log ends at {data.source.end.isoformat()}; take {last.isoformat()} or earlier"
        )
    span = newest - data.source.first
    if span.days < 2 or len(data.table(newest)) < FEWEST_CUSTOMERS:
        raise DataError(
            f"origin {newest.isoformat()}: fewer than {FEWEST_CUSTOMERS} customers have bought "
            f"since the log begins at {data.source.first.isoformat()}; take a shorter horizon"
        )
    if count == 1:
        return [replace(task, as_of=newest)]
    gap = min(timedelta(days=horizon_days), span * 0.6 / (count - 1))
    whole = max(gap.days, 1)
    earlier = (newest - timedelta(days=whole * each) for each in range(count))
    found = [replace(task, as_of=each) for each in earlier]
    return [each for each in found if len(each.table) >= FEWEST_CUSTOMERS]


def evaluate_origin(task: PurchaseTask, *, step: Step) -> OriginResult:
    """Train every model as of the task's origin and compare it with the horizon that followed."""
    data, as_of, horizon_days = task.data, task.as_of, task.horizon_days
    predictions: dict[str, Predictions] = {}
    for name, model in BASELINES.items():
        predictions[name] = model(task)
        step(f"{as_of:%Y-%m-%d} {name}")
    bundle = train(task, step=lambda _: None).bundle
    step(f"{as_of:%Y-%m-%d} {OURS}")
    ours = PurchasePredictor(bundle).forecast_table(task.table, as_of=as_of)
    p_order, spend = ours.p_order(horizon_days), ours.expected_spend(horizon_days)
    predictions[OURS] = Predictions(p_order, p_order * spend)
    actual = data.outcome(as_of, horizon_days, by=data.source.end)
    report = _report(task.table, actual, predictions, task.config.problem.seed)
    report["intervals"] = _intervals(bundle, actual, p_order, spend)
    report["age_bands"] = _age_bands(task.table, actual, predictions[OURS])
    report["as_of"], report["customers"] = as_of.isoformat(), len(actual)
    report["fitted_horizon_days"] = bundle.card.fitted_horizon_days
    return OriginResult(as_of, actual, predictions, bundle, report)


def _report(
    table: pd.DataFrame, actual: pd.DataFrame, predictions: dict[str, Predictions], seed: int
) -> dict[str, Any]:
    """Scores by model and segment; differences of metrics with 95 % intervals, for everyone.

    differences            from the classical model
    differences_from_ours  from ours, and of the bias its size
    """
    parts = segments(table)
    resampled = {
        name: resampled_metrics(actual, each, draws=DRAWS, seed=seed)
        for name, each in predictions.items()
    }
    sized = {name: absolute(each) for name, each in resampled.items()}
    return {
        "scores": {
            name: {part: _scores(actual, each, flags) for part, flags in parts.items()}
            for name, each in predictions.items()
        },
        "segments": {part: int(flags.sum()) for part, flags in parts.items()},
        "differences": differences(resampled, CLASSICAL),
        "differences_from_ours": differences(sized, OURS),
    }


def _age_bands(
    table: pd.DataFrame, actual: pd.DataFrame, predicted: Predictions
) -> list[dict[str, Any]]:
    """What was said and what happened, by age."""
    churned, revenue = truth(actual)
    bands = age_bands(
        table["age_days"].to_numpy(dtype=float),
        p_order=predicted.p_order,
        expected_revenue=predicted.expected_revenue,
        ordered=1.0 - churned,
        revenue=revenue,
    )
    return [each.model_dump(mode="json") for each in bands]


def _scores(actual: pd.DataFrame, predicted: Predictions, flags: NDArray[np.bool_]) -> Scores:
    churned, revenue = truth(actual)
    return value_metrics(revenue[flags], predicted.expected_revenue[flags]) | churn_metrics(
        churned[flags], 1.0 - predicted.p_order[flags]
    )


def _intervals(
    bundle: PurchaseBundle, actual: pd.DataFrame, p_order: Array, spend: Array
) -> Scores:
    """Coverage and width of the 80 % intervals: of customers, of groups of them, of the whole.

    Of customers whose chance of an order is below 20 %, an interval of nothing already covers
    more than 80 %; `likely_coverage` is therefore that of all others.
    """
    _, revenue = truth(actual)
    low, high = revenue_interval(bundle.card.spread, p_order, spend)
    likely = p_order >= 0.2
    group = customer_codes(actual.index) % GROUPS
    inside = [
        _inside(bundle, revenue[group == each], p_order[group == each], spend[group == each])
        for each in range(GROUPS)
    ]
    return {
        "coverage": coverage(revenue, low, high),
        "likely_coverage": coverage(revenue[likely], low[likely], high[likely]),
        "mean_width": mean_width(low, high),
        "group_coverage": float(np.mean(inside)),
        "total_covered": _inside(bundle, revenue, p_order, spend),
    }


def _inside(bundle: PurchaseBundle, revenue: Array, p_order: Array, spend: Array) -> float:
    low, high = total_interval(bundle.card.spread, p_order, spend)
    return float(low <= revenue.sum() <= high)
