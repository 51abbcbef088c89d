"""A model of subscriptions evaluated on what it could not have seen, beside the probability model.

Where cancellations have dates: the recipe one horizon earlier, against the horizon that followed.
Where a table is a single snapshot: month by month, out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from features.errors import DataError
from models import boosting
from models.design_matrix import levels
from models.economics import horizon_months
from models.metrics import churn_metrics, value_metrics
from models.subscriptions import shifted_beta_geometric as retention
from models.subscriptions.bundle import SubscriptionBundle
from models.subscriptions.churn import MonthlyChurnModel
from models.subscriptions.forecast import SubscriptionForecast
from models.subscriptions.predictor import SubscriptionPredictor
from models.subscriptions.survival import SurvivalCurve
from train.customer_codes import FEWEST_CUSTOMERS, customer_codes
from train.subscriptions.fit import fit
from train.subscriptions.person_months import (
    MIN_AT_RISK,
    SubscriberHistory,
    history_as_of,
    month_rows,
)
from train.subscriptions.snapshot_cache import SubscriptionTask
from train.training_result import Fitted

FOLDS = 3
CAVEAT = (
    "The table holds today's attributes and amounts only, and they are laid beside months that are "
    "past: customers who changed their contract before they left or stayed look easier to "
    "predict than they were."
)


@dataclass(frozen=True)
class SubscriptionHoldout:
    """What happened and what was predicted before.

    of     horizon: a row per customer; months: a row per customer and month that was observed
    rows   churned, p_churn, prior_p_churn; of a horizon also revenue, expected_revenue,
           prior_revenue; of months also month, counted from 1
    about  on what, in words
    """

    of: Literal["horizon", "months"]
    rows: pd.DataFrame
    about: str


def evaluate(
    task: SubscriptionTask, fitted: Fitted[SubscriptionBundle]
) -> SubscriptionHoldout | None:
    """Of what was learnt as of the task's time; None where there is too little to evaluate on."""
    earlier = earlier_task(task)
    if earlier is not None:
        return evaluate_horizon(fit(earlier).bundle, earlier)
    history = history_as_of(task.data.source, task.as_of)
    fold = customer_codes(history.table.index) % FOLDS
    enough = all(_observed(history.of(fold != each)) >= MIN_AT_RISK for each in range(FOLDS))
    return evaluate_months(task, history, fitted.curves["churn"].chosen) if enough else None


def earlier_task(task: SubscriptionTask) -> SubscriptionTask | None:
    """The same task one horizon earlier; None without dates, or where too little lies before."""
    if not task.data.source.dated:
        return None
    earlier = replace(task, as_of=task.as_of - timedelta(days=task.horizon_days))
    return earlier if can_evaluate(earlier) else None


def can_evaluate(task: SubscriptionTask) -> bool:
    """Whether enough months had been observed by then, and enough customers stayed."""
    try:
        history = history_as_of(task.data.source, task.as_of)
    except DataError:
        return False
    active = int((~history.contracts.gone).sum())
    return active >= FEWEST_CUSTOMERS and _observed(history) >= MIN_AT_RISK


def evaluate_horizon(bundle: SubscriptionBundle, task: SubscriptionTask) -> SubscriptionHoldout:
    """A bundle that was trained as of the task's time against the horizon that followed it."""
    table = task.table
    outcome = task.data.outcome(task.as_of, task.horizon_days)
    forecast = SubscriptionPredictor(bundle).forecast(bundle.feature_matrix(table))
    prior = SubscriptionForecast(
        forecast.tenure, forecast.amount, _without_trees(forecast.survival_curve)
    )
    over = horizon_months(task.horizon_days)
    columns = {
        "churned": outcome["churned"].to_numpy(dtype=float),
        "revenue": outcome["revenue_future"].to_numpy(dtype=float),
        "p_churn": 1.0 - forecast.stays(task.horizon_days),
        "prior_p_churn": 1.0 - prior.stays(task.horizon_days),
        "expected_revenue": forecast.monthly_revenue(over).sum(axis=1),
        "prior_revenue": prior.monthly_revenue(over).sum(axis=1),
    }
    about = (
        f"{len(table)} customers as of {task.as_of:%Y-%m-%d}, the {task.horizon_days} days that "
        "followed"
    )
    return SubscriptionHoldout("horizon", pd.DataFrame(columns, index=table.index), about)


def evaluate_months(
    task: SubscriptionTask, history: SubscriberHistory, rounds: int
) -> SubscriptionHoldout:
    """Trees of so many rounds, each third of the customers predicted from the other two."""
    fold = customer_codes(history.table.index) % FOLDS
    months, rows = month_rows(history, task.data.names, levels([history.table[task.data.names]]))
    settings = task.config.churn
    parameters = MonthlyChurnModel(
        **settings.model_dump(), random_state=task.config.problem.seed
    ).xgboost_parameters("binary:logistic")
    predicted, prior_predicted = np.empty(len(rows)), np.empty(len(rows))
    for each in range(FOLDS):
        prior = retention.fit(history.of(fold != each).lifetimes)
        start = prior.log_odds_of_leaving(months.month)
        own = fold[months.life] == each
        sample = boosting.TrainingRows(rows, months.left, start, np.zeros(len(rows)), months.life)
        booster = boosting.fit_trees(sample.at(~own), parameters, rounds)
        added = settings.strength * boosting.tree_correction(booster, rows[own])
        prior_predicted[own], predicted[own] = expit(start[own]), expit(start[own] + added)
    columns = {
        "churned": months.left,
        "p_churn": predicted,
        "prior_p_churn": prior_predicted,
        "month": months.month,
    }
    customers = history.table.index.nunique()
    about = f"{len(rows):,} months of {customers:,} customers, predicted out of fold"
    return SubscriptionHoldout("months", pd.DataFrame(columns), about)


def scores(holdout: SubscriptionHoldout) -> dict[str, float]:
    """Every defined metric by name: churn_auc, clv_bias, ... of a horizon, churn_month_auc, ... of
    months; the probability model's under prior_."""
    seen = {name: holdout.rows[name].to_numpy(dtype=float) for name in holdout.rows}
    part = "churn" if holdout.of == "horizon" else "churn_month"
    found = {
        part: churn_metrics(seen["churned"], seen["p_churn"]),
        f"{part}_prior": churn_metrics(seen["churned"], seen["prior_p_churn"]),
    }
    if holdout.of == "horizon":
        found["clv"] = value_metrics(seen["revenue"], seen["expected_revenue"])
        found["clv_prior"] = value_metrics(seen["revenue"], seen["prior_revenue"])
    return {
        f"{part}_{name}": value
        for part, metrics in found.items()
        for name, value in metrics.items()
        if np.isfinite(value)
    }


def _observed(history: SubscriberHistory) -> float:
    """Months that were observed to their end, of all customers together."""
    lifetimes = history.lifetimes
    return float((lifetimes.periods - lifetimes.entered).sum())


def _without_trees(curve: SurvivalCurve) -> SurvivalCurve:
    return replace(curve, correction=np.zeros_like(curve.correction))
