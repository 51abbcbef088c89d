"""A fitted model, its holdout evaluation and an origin of a backtest as charts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from models.boosting_rounds import RoundsCurve
from models.purchases.card import PurchaseCard
from models.purchases.predictor import PurchasePredictor
from train.charts import boosted_trees, churn_reliability, diagnostics, over_time
from train.charts.theme import Spec
from train.leaderboard import OURS
from train.purchases.backtest import CLASSICAL, OriginResult
from train.purchases.holdout import PurchaseHoldout
from train.purchases.snapshot_cache import PurchaseSnapshots

SCALES = {"churn": "log odds of an order", "spend": "log money"}


def of_model(
    name: str, curve: RoundsCurve, gains: dict[str, float], attributions: dict[str, float]
) -> dict[str, Spec]:
    """How the number of rounds was chosen, and which features the trees use.

    gains         total gain by feature
    attributions  what it adds to a customer's prediction, mean of |SHAP|
    """
    return {
        "learning_curve": boosted_trees.learning_curve(
            curve.rounds, curve.deviance, curve.chosen, model=f"{name} model"
        ),
        "importance": boosted_trees.importance(gains, model=f"{name} model"),
        "shap_importance": boosted_trees.importance(
            attributions, model=f"{name} model", measure=f"sum of mean |SHAP value|, {SCALES[name]}"
        ),
    }


def of_holdout(name: str, holdout: PurchaseHoldout | None, card: PurchaseCard) -> dict[str, Spec]:
    """What was predicted against what happened, for churn, spend or clv."""
    if holdout is None:
        return {}
    seen = holdout.customers
    if name == "churn":
        return {
            "reliability": churn_reliability.reliability(
                *_columns(seen, "churned", "p_churn", "prior_p_churn")
            )
        }
    if name == "spend":
        returners = seen[seen["churned"] == 0]
        if returners.empty:
            return {}
        columns = _columns(returners, "revenue", "expected_spend", "prior_spend")
        return {"deciles": diagnostics.decile_bars(*columns, currency=card.currency)}
    columns = _columns(seen, "revenue", "expected_revenue", "prior_revenue")
    return {
        "deciles": diagnostics.decile_bars(*columns, currency=card.currency),
        "gain": diagnostics.gain_curve(*columns, currency=card.currency),
    }


def _columns(frame: pd.DataFrame, *names: str) -> list[NDArray[np.float64]]:
    return [frame[name].to_numpy(dtype=float) for name in names]


def of_origin(origin: OriginResult, data: PurchaseSnapshots) -> dict[str, Spec]:
    """What ours and the classical model predicted at an origin against what happened."""
    ours, classical = origin.predictions[OURS], origin.predictions[CLASSICAL]
    currency = data.source.currency
    revenue, churned = _columns(origin.actual, "revenue_future", "churned")
    beside = (ours.expected_revenue, classical.expected_revenue)
    return {
        "deciles": diagnostics.decile_bars(revenue, *beside, currency=currency),
        "gain": diagnostics.gain_curve(revenue, *beside, currency=currency),
        "reliability": churn_reliability.reliability(
            churned, 1.0 - ours.p_order, 1.0 - classical.p_order
        ),
        **_of_days(origin, data),
    }


def _of_days(origin: OriginResult, data: PurchaseSnapshots) -> dict[str, Spec]:
    """Tracking plot and conditional expectations of purchase days."""
    table = data.table(origin.as_of)
    horizon_days = origin.bundle.card.horizon_days
    ours = PurchasePredictor(origin.bundle).forecast_table(table, as_of=origin.as_of)
    expected = ours.expected_days(horizon_days)
    prior = data.classical(origin.as_of).expected_days(table, horizon_days)
    (days,) = _columns(origin.actual, "active_days_future")
    by = {
        "frequency": ("repeat_days", "repeat purchase days so far"),
        "recency": ("recency_days", "days since the last purchase"),
    }
    found = {
        f"expected_by_{name}": diagnostics.conditional_expectation(
            table[column].to_numpy(dtype=float),
            days,
            expected,
            prior,
            by=label,
            what="purchase days",
        )
        for name, (column, label) in by.items()
    }
    weeks = weekly_days(origin, data, ours.expected_days)
    found["tracking"] = over_time.tracking_plot(
        list(weeks.index), weeks["actual"], weeks["predicted"], origin.as_of, what="purchase days"
    )
    return found


def weekly_days(
    origin: OriginResult,
    data: PurchaseSnapshots,
    expected_days: Callable[[float], NDArray[np.float64]],
) -> pd.DataFrame:
    """Purchase days by week of the customers known at the origin; index: the week's start.

    actual     from half a year before the origin to the end of the horizon
    predicted  of the weeks of the horizon, NaN before
    """
    weeks = origin.bundle.card.horizon_days // 7
    starts = [origin.as_of + timedelta(days=7 * week) for week in range(-26, weeks)]
    lines = data.source.lines
    days = lines[(lines["amount"] > 0) & lines["customer_id"].isin(origin.actual.index)]
    days = days.assign(day=days["local_us"] // 86_400_000_000).drop_duplicates(
        ["customer_id", "day"]
    )
    edges = [start.timestamp() * 1e6 for start in starts]
    edges.append((starts[-1] + timedelta(days=7)).timestamp() * 1e6)
    counts, _ = np.histogram(days["us"], bins=edges)
    totals = [float(expected_days(7.0 * week).sum()) for week in range(1, weeks + 1)]
    predicted = np.r_[np.full(26, np.nan), np.diff(totals, prepend=0.0)]
    return pd.DataFrame({"actual": counts.astype(float), "predicted": predicted}, index=starts)


def gains(booster: xgb.Booster, card: PurchaseCard) -> dict[str, float]:
    """Total gain by what the trees read; XGBoost names the columns of a matrix f0, f1, ..."""
    columns = [*(each.name for each in card.features), *card.prior_columns]
    if not booster.num_boosted_rounds():
        return {}
    gains = booster.get_score(importance_type="total_gain")
    return {columns[int(name[1:])]: float(np.sum(gain)) for name, gain in gains.items()}
