"""ZILN: one model of P(an order) and of a lognormal revenue, by its published loss.

Wang, Liu & Miao (2019), "A Deep Probabilistic Model for Customer Lifetime Value Prediction",
equation 3. There a neural network has three outputs; here XGBoost has, on the same features,
snapshots and settings as the other boosted rungs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.special import expit, logit

from models.purchases.spend import LEAST_REVENUE, SpendModel
from train.purchases.baselines import Predictions, bg_nbd, features_today, training_rows
from train.purchases.snapshot_cache import PurchaseTask

Array = NDArray[np.float64]
LEAST_SIGMA = 1e-3
LEAST_HESSIAN = 1e-6


def zero_inflated_lognormal(task: PurchaseTask) -> Predictions:
    """Trees of three outputs from constants; BG/NBD where there is nothing to learn from."""
    rows, days = training_rows(task)
    revenue = positive(rows.revenue)
    if not 0 < (revenue > 0).sum() < len(revenue):
        return bg_nbd(task)
    start = _start(revenue)
    settings = SpendModel(**task.config.spend.model_dump(), random_state=task.config.problem.seed)
    parameters = settings.xgboost_parameters("reg:gamma")
    del parameters["objective"]
    booster = xgb.train(
        parameters | {"num_class": 3, "disable_default_eval_metric": True},
        _matrix(rows.features, start, revenue),
        num_boost_round=task.config.spend.max_rounds,
        obj=_objective(revenue),
    )
    outputs = booster.predict(_matrix(features_today(task), start), output_margin=True)
    p_order, spend = _moments(outputs.astype(float))
    windows = task.horizon_days / days
    return Predictions(1.0 - (1.0 - p_order) ** windows, p_order * spend * windows)


def positive(revenue: Array) -> Array:
    """Revenue, money; as in the paper, an order of which refunds left nothing is none.

    subtle: what is left may be a rounding error, and a lognormal that had to reach down to 1e-14
    would expect millions elsewhere.
    """
    return np.where(revenue < LEAST_REVENUE, 0.0, revenue)


def loss(revenue: Array, outputs: Array) -> Array:
    """Minus the log likelihood of each revenue, money; outputs: log odds, mu, softplus^-1 sigma."""
    bought, sigma = (revenue > 0).astype(float), _sigma(outputs)
    log_revenue = np.log(np.where(revenue > 0, revenue, 1.0))
    of_zero = np.logaddexp(0.0, outputs[:, 0]) - bought * outputs[:, 0]
    error = (log_revenue - outputs[:, 1]) / sigma
    of_value = log_revenue + np.log(sigma) + 0.5 * np.log(2 * np.pi) + 0.5 * error**2
    return np.asarray(of_zero + bought * of_value)


def derivatives(revenue: Array, outputs: Array) -> tuple[Array, Array]:
    """Of the `loss`, by output: the gradient, and the expected second derivative, which is > 0."""
    bought, p_order = (revenue > 0).astype(float), expit(outputs[:, 0])
    sigma, slope = _sigma(outputs), expit(outputs[:, 2])
    error = (np.log(np.where(revenue > 0, revenue, 1.0)) - outputs[:, 1]) / sigma
    gradient = [p_order - bought, -bought * error / sigma, bought * (1 - error**2) / sigma * slope]
    hessian = [p_order * (1 - p_order), bought / sigma**2, 2 * bought * (slope / sigma) ** 2]
    return np.stack(gradient, axis=1), np.maximum(np.stack(hessian, axis=1), LEAST_HESSIAN)


def _objective(revenue: Array) -> Callable[[Array, xgb.DMatrix], tuple[Array, Array]]:
    return lambda outputs, _: derivatives(revenue, outputs.reshape(-1, 3).astype(float))


def _sigma(outputs: Array) -> Array:
    return np.maximum(np.logaddexp(0.0, outputs[:, 2]), LEAST_SIGMA)


def _moments(outputs: Array) -> tuple[Array, Array]:
    """P(an order), and E[revenue given one], money."""
    return expit(outputs[:, 0]), np.exp(outputs[:, 1] + 0.5 * _sigma(outputs) ** 2)


def _start(revenue: Array) -> Array:
    """What one constant for everybody says."""
    logs = np.log(revenue[revenue > 0])
    sigma = max(float(logs.std()), 0.1)
    return np.array([logit((revenue > 0).mean()), logs.mean(), np.log(np.expm1(sigma))])


def _matrix(
    features: NDArray[np.float32], start: Array, revenue: Array | None = None
) -> xgb.DMatrix:
    margin = np.tile(start, (len(features), 1))
    return xgb.DMatrix(features, label=revenue, base_margin=margin)
