"""Baselines that our model has to beat, from the simplest to the nearest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from models.boosting import TrainingRows, fit_trees, tree_correction
from models.design_matrix import Levels, encode, levels
from models.purchases.prior import Prior, fit_mbg
from models.purchases.spend import LEAST_REVENUE, SpendModel
from train.purchases.snapshot_cache import PurchaseTask
from train.purchases.snapshots import Stack, fitted_horizon, matured_snapshots, stack

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """What a model predicts for each customer, in the order of the feature table.

    p_order           P(an order in the horizon), NaN where the model predicts none
    expected_revenue  money
    """

    p_order: Array
    expected_revenue: Array


def past_spend(task: PurchaseTask) -> Predictions:
    """Each customer's net revenue of the last horizon, carried forward; predicts no probability."""
    start = task.as_of - timedelta(days=task.horizon_days)
    lines = task.data.source.lines
    recent = lines[
        (lines["us"] >= start.timestamp() * 1e6) & (lines["us"] < task.as_of.timestamp() * 1e6)
    ]
    revenue = recent.groupby("customer_id")["amount"].sum().reindex(task.table.index).fillna(0.0)
    return Predictions(np.full(len(revenue), np.nan), revenue.to_numpy(dtype=float))


def bg_nbd(task: PurchaseTask) -> Predictions:
    """BG/NBD x Gamma-Gamma as published."""
    return _of_prior(task.data.classical(task.as_of), task)


def mbg_nbd(task: PurchaseTask) -> Predictions:
    """MBG/NBD x Gamma-Gamma."""
    return _of_prior(fit_mbg(task.table), task)


def tweedie(task: PurchaseTask) -> Predictions:
    """One gradient-boosted Tweedie regression of revenue, zeros kept; predicts no probability."""
    rows, days = training_rows(task)
    nothing = np.full(len(task.table), np.nan)
    if not rows.revenue.sum() > 0:
        return Predictions(nothing, bg_nbd(task).expected_revenue)
    target = np.maximum(rows.revenue, 0.0)
    margin = _grown(task, rows.features, target, float(np.log(target.mean())), "reg:tweedie")
    return Predictions(nothing, np.exp(margin) * task.horizon_days / days)


def two_stage(task: PurchaseTask) -> Predictions:
    """Churn x spend by plain boosting: same features and snapshots, no probability model."""
    rows, days = training_rows(task)
    ordered = rows.churned == 0
    if not ordered.any() or ordered.all():
        return bg_nbd(task)
    revenue = np.maximum(rows.revenue[ordered], LEAST_REVENUE)
    odds = float(logit(ordered.mean()))
    churn = _grown(task, rows.features, 1.0 - rows.churned, odds, "binary:logistic")
    spend = _grown(
        task, rows.features[ordered], revenue, float(np.log(revenue.mean())), "reg:gamma"
    )
    windows = task.horizon_days / days
    p_order = 1.0 - expit(-churn) ** windows
    return Predictions(p_order, expit(churn) * np.exp(spend) * windows)


BASELINES: dict[str, Callable[[PurchaseTask], Predictions]] = {
    "past_spend": past_spend,
    "bg_nbd_gamma_gamma": bg_nbd,
    "mbg_nbd_gamma_gamma": mbg_nbd,
    "tweedie": tweedie,
    "two_stage": two_stage,
}


def _of_prior(prior: Prior, task: PurchaseTask) -> Predictions:
    return Predictions(
        prior.p_order(task.table, task.horizon_days),
        prior.expected_revenue(task.table, task.horizon_days),
    )


def training_rows(task: PurchaseTask) -> tuple[Stack, int]:
    """The snapshots that ours learns from, stacked, and the days of their horizon."""
    days, snapshots = _snapshots(task)
    names, known = _columns(task, snapshots)
    rows = stack(
        task.data,
        snapshots,
        days,
        by=task.as_of,
        features=names,
        levels=known,
        step=lambda _: None,
    )
    return rows, days


def features_today(task: PurchaseTask) -> NDArray[np.float32]:
    """Today's customers in the columns of `training_rows`."""
    _, snapshots = _snapshots(task)
    return encode(task.table, *_columns(task, snapshots))


def _grown(
    task: PurchaseTask, features: NDArray[np.float32], target: Array, start: float, objective: str
) -> Array:
    """Today's customers' margins from trees that were grown from one constant."""
    settings = SpendModel(**task.config.spend.model_dump(), random_state=task.config.problem.seed)
    parameters = settings.xgboost_parameters("reg:gamma") | {"objective": objective}
    none = np.zeros(len(target))
    sample = TrainingRows(features, target, none + start, none, none.astype(np.int64))
    booster = fit_trees(sample, parameters, task.config.spend.max_rounds)
    return start + tree_correction(booster, features_today(task))


def _snapshots(task: PurchaseTask) -> tuple[int, list[datetime]]:
    days = fitted_horizon(task)
    return days, matured_snapshots(task, days)


def _columns(task: PurchaseTask, snapshots: list[datetime]) -> tuple[list[str], Levels]:
    tables = [task.data.table(each) for each in snapshots] or [task.table]
    return task.data.names, levels(tables)
