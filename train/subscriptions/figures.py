"""A model of contracts as pictures: what was expected of subscribers against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosting import Matrix
from models.bundle import SubscriptionBundle
from models.purchases.explain import contributions
from train.subscriptions.holdout import ContractVerdict
from train.subscriptions.months import survived
from train.subscriptions.train import ContractTrained

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
MOST_EXPLAINED = 5_000


def of_trees(trained: ContractTrained, rows: Matrix) -> dict[str, Figure]:
    """How the number of rounds was chosen, and what the trees look at; `rows` of months watched."""
    from train.charts import plots

    curve, bundle = trained.curve, trained.bundle
    return {
        "learning_curve": plots.learning_curve(
            curve.rounds, curve.deviance, curve.chosen, model="churn model"
        ),
        "shap_importance": plots.importance(
            importance(bundle, rows),
            model="churn model",
            measure="sum of mean |SHAP value|, log odds of leaving in a month",
        ),
    }


def of_verdict(verdict: ContractVerdict | None, currency: str) -> dict[str, Figure]:
    """What was predicted against what happened: of a horizon, or month by month."""
    if verdict is None:
        return {}
    from train.charts import plots

    seen = {name: verdict.rows[name].to_numpy(dtype=float) for name in verdict.rows}
    churn = (seen["churned"], seen["p_churn"], seen["prior_p_churn"])
    if verdict.of == "months":
        return {
            "reliability": plots.reliability(*churn, who="months"),
            "survival": survival(verdict.rows),
        }
    revenue = (seen["revenue"], seen["expected_revenue"], seen["prior_revenue"])
    return {
        "reliability": plots.reliability(*churn),
        "deciles": plots.decile_bars(*revenue, currency=currency),
        "gain": plots.gain_curve(*revenue, currency=currency),
    }


def survival(months: pd.DataFrame) -> Figure:
    """Share still there by months since the start, as it was (Kaplan & Meier) and as expected.

    months  churned, p_churn, prior_p_churn, month: a row per customer and month watched
    """
    from matplotlib.ticker import PercentFormatter

    from train.charts import canvas

    figure = canvas.blank("How long do subscribers stay?")
    axes = figure.subplots()
    columns = {"churned": ("actual", canvas.ACTUAL), "p_churn": ("model", canvas.MODEL)}
    columns["prior_p_churn"] = ("prior", canvas.PRIOR)
    stays = survived(months[list(columns)], months["month"])
    for name, (label, colour) in columns.items():
        axes.plot(stays.index, stays[name], color=colour, label=label)
    canvas.dress(axes, "months since the start", "share still there")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(0.0, 1.02)
    axes.legend(frameon=False)
    return figure


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
