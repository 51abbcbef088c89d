"""A model of subscriptions as charts: what was expected of subscribers against what happened."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.attribution import contributions
from models.boosting import Matrix
from models.subscriptions.bundle import SubscriptionBundle
from train.charts import boosted_trees, churn_reliability, diagnostics, over_time
from train.charts.line_series import PRIOR_LABEL
from train.charts.theme import Spec
from train.subscriptions.holdout import SubscriptionHoldout
from train.subscriptions.person_months import survived
from train.subscriptions.train import TrainedSubscriptions

Array = NDArray[np.float64]
MOST_EXPLAINED = 5_000


def of_trees(trained: TrainedSubscriptions, rows: Matrix) -> dict[str, Spec]:
    """How the number of rounds was chosen, and what the trees look at; `rows` of person-months."""
    curve, bundle = trained.curves["churn"], trained.bundle
    return {
        "learning_curve": boosted_trees.learning_curve(
            curve.rounds, curve.deviance, curve.chosen, model="churn model"
        ),
        "shap_importance": boosted_trees.importance(
            importance(bundle, rows),
            model="churn model",
            measure="sum of mean |SHAP value|, log odds of leaving in a month",
        ),
    }


def of_holdout(holdout: SubscriptionHoldout | None, currency: str) -> dict[str, Spec]:
    """What was predicted against what happened: of a horizon, or month by month."""
    if holdout is None:
        return {}
    seen = {name: holdout.rows[name].to_numpy(dtype=float) for name in holdout.rows}
    churn = (seen["churned"], seen["p_churn"], seen["prior_p_churn"])
    if holdout.of == "months":
        return {
            "reliability": churn_reliability.reliability(*churn, who="months"),
            "survival": survival(holdout.rows),
        }
    revenue = (seen["revenue"], seen["expected_revenue"], seen["prior_revenue"])
    return {
        "reliability": churn_reliability.reliability(*churn),
        "deciles": diagnostics.decile_bars(*revenue, currency=currency),
        "gain": diagnostics.gain_curve(*revenue, currency=currency),
    }


def survival(months: pd.DataFrame) -> Spec:
    """Share still there by months since the start, observed (Kaplan & Meier) and expected.

    months  churned, p_churn, prior_p_churn, month: a row per customer and month observed
    """
    names = {"churned": "actual", "p_churn": "model", "prior_p_churn": PRIOR_LABEL}
    stays = survived(months[list(names)], months["month"])
    shares = {label: stays[name].to_numpy(dtype=float) for name, label in names.items()}
    return over_time.survival(stays.index.to_list(), shares)


def importance(bundle: SubscriptionBundle, rows: Matrix) -> dict[str, float]:
    """Mean |what a feature adds| to the log odds of leaving, over evenly spread months."""
    some = rows[:: max(1, len(rows) // MOST_EXPLAINED)]
    means = np.abs(contributions(bundle.churn, some)[:, :-1]).mean(axis=0)
    strength = bundle.card.churn.strength
    return {
        name: float(strength * mean)
        for name, mean in zip(bundle.names, means, strict=True)
        if mean > 0.0
    }
