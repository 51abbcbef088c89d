"""(actual, predicted) -> one number: how good predictions are, whatever order the rows come in.

Among equal predictions nothing may depend on the order of the rows, so ranks are midranks and
shares of customers cut through a group of ties: each is the expected value over all tie orders.
Where a number is undefined (nobody, one class only, no revenue) it is NaN.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.tied_ranks import midranks, spread, totals_by_share

Array = NDArray[np.float64]
CELLS = 1_250_000  # customers x draws held at once: 10 MB


class Metric:
    """A metric over all customers when called; `resampled` evaluates many resamples at once.

    resampled  (n,) actual, (n,) predicted, (n, draws) times a customer was drawn -> (draws,)
    """

    def __init__(self, resampled: Callable[..., Array]) -> None:
        self.resampled = resampled
        functools.update_wrapper(self, resampled)

    def __call__(self, actual: ArrayLike, predicted: ArrayLike, **options: int) -> float:
        """The metric over all customers; NaN where undefined or where an input is not finite."""
        truth, guess = _pair(actual, predicted)
        if truth.size == 0 or not np.isfinite([truth, guess]).all():
            return float("nan")
        return float(self.resampled(truth, guess, np.ones((truth.size, 1)), **options)[0])


@Metric
def normalised_gini(actual: Array, predicted: Array, weights: Array) -> Array:
    """How well predictions order customers by actual value: 1 perfect, 0 random, -1 reversed.

    Covariance with the rank of predicted over that with its own rank: Lerman & Yitzhaki (1984).
    """
    return _ratio(spread(actual, predicted, weights), spread(actual, actual, weights))


@Metric
def spearman(actual: Array, predicted: Array, weights: Array) -> Array:
    """Correlation of midranks, -1 to 1: Spearman (1904)."""
    first, second = midranks(actual, weights), midranks(predicted, weights)
    squares = (weights * first**2).sum(axis=0) * (weights * second**2).sum(axis=0)
    return _ratio((weights * first * second).sum(axis=0), np.sqrt(squares))


@Metric
def top_decile_capture(actual: Array, predicted: Array, weights: Array) -> Array:
    """Share of all actual value that the decile of customers with the highest predictions holds."""
    if actual.size == 1:
        return np.full(weights.shape[1], np.nan)  # nobody to compare with
    return _ratio(totals_by_share(actual, predicted, weights, 10)[-1], actual @ weights)


@Metric
def mae(actual: Array, predicted: Array, weights: Array) -> Array:
    """Mean absolute error, in the unit of `actual`; rewards medians, so do not steer by it."""
    return _mean(np.abs(predicted - actual), weights)


@Metric
def rmse(actual: Array, predicted: Array, weights: Array) -> Array:
    """Root mean squared error, in the unit of `actual`."""
    return np.sqrt(_mean((predicted - actual) ** 2, weights))


@Metric
def tweedie_deviance(actual: Array, predicted: Array, weights: Array) -> Array:
    """Mean deviance of power 1.5, in roots of the unit of `actual`: Tweedie (1984), as

        4 (root of actual - root of predicted)^2 / root of predicted

    Right for means of what is mostly nothing. An actual below zero counts as nothing, a prediction
    of next to nothing as a ten-thousandth of the mean: one that is zero would be infinitely wrong.
    """
    spent = np.maximum(actual, 0.0)
    least = 1e-4 * spent.mean() if spent.any() else np.finfo(float).tiny
    expected = np.sqrt(np.maximum(predicted, least))
    return _mean(4.0 * (np.sqrt(spent) - expected) ** 2 / expected, weights)


@Metric
def bias(actual: Array, predicted: Array, weights: Array) -> Array:
    """Sum predicted / sum actual - 1: +0.1 is ten per cent too much in the aggregate."""
    return _ratio(predicted @ weights, actual @ weights) - 1.0


@Metric
def decile_error(actual: Array, predicted: Array, weights: Array) -> Array:
    """Mean |mean predicted - mean actual| over ten equal groups by predicted, over mean actual."""
    by_decile = totals_by_share(predicted - actual, predicted, weights, 10)
    return _ratio(np.abs(by_decile).sum(axis=0), actual @ weights)


@Metric
def roc_auc(happened: Array, probability: Array, weights: Array) -> Array:
    """P(an event had a higher probability than a non-event), ties half: Hanley & McNeil (1982)."""
    events = happened @ weights
    pairs = events * (weights.sum(axis=0) - events)
    return _ratio(spread(happened, probability, weights), pairs) + 0.5


@Metric
def log_loss(happened: Array, probability: Array, weights: Array) -> Array:
    """Mean -log probability of what happened, in nats: Good (1952). Certainty is cut at 2e-16."""
    chance = np.where(happened > 0, probability, 1.0 - probability)
    return _mean(-np.log(np.clip(chance, np.finfo(float).eps, 1.0)), weights)


@Metric
def brier(happened: Array, probability: Array, weights: Array) -> Array:
    """Mean squared distance of the probability from what happened: Brier (1950)."""
    return _mean((probability - happened) ** 2, weights)


@Metric
def calibration_error(happened: Array, probability: Array, weights: Array, bins: int = 10) -> Array:
    """Mean |mean probability - share that happened| over `bins` equal groups by probability.

    Naeini, Cooper & Hauskrecht (2015), with bins of equal count; their noise keeps it above zero.
    """
    by_bin = totals_by_share(probability - happened, probability, weights, bins)
    return np.asarray(np.abs(by_bin).sum(axis=0) / weights.sum(axis=0))


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of actual values inside [low, high]; a 90 % interval should cover 0.9."""
    (truth, floor), (_, ceiling) = _pair(actual, low), _pair(actual, high)
    return float(((floor <= truth) & (truth <= ceiling)).mean()) if truth.size else float("nan")


def mean_width(low: ArrayLike, high: ArrayLike) -> float:
    """Mean of high - low: of two intervals with equal coverage the narrower is better."""
    floor, ceiling = _pair(low, high)
    return float((ceiling - floor).mean()) if floor.size else float("nan")


VALUE: dict[str, Metric] = {
    "gini": normalised_gini,
    "spearman": spearman,
    "top_decile_capture": top_decile_capture,
    "mae": mae,
    "rmse": rmse,
    "tweedie_deviance": tweedie_deviance,
    "bias": bias,
    "decile_error": decile_error,
}
CHURN: dict[str, Metric] = {
    "auc": roc_auc,
    "log_loss": log_loss,
    "brier": brier,
    "calibration_error": calibration_error,
}


def value_metrics(actual_revenue: ArrayLike, expected_revenue: ArrayLike) -> dict[str, float]:
    """Every metric of value by name: gini, spearman, top_decile_capture, mae, rmse, bias, ..."""
    return {name: metric(actual_revenue, expected_revenue) for name, metric in VALUE.items()}


def churn_metrics(churned: ArrayLike, p_churn: ArrayLike) -> dict[str, float]:
    """Every metric of a churn probability by name: auc, log_loss, brier, calibration_error."""
    return {name: metric(churned, p_churn) for name, metric in CHURN.items()}


def paired_bootstrap(
    actual: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    metric: Metric,
    *,
    draws: int,
    seed: int,
) -> tuple[float, float, float]:
    """metric(first) - metric(second) and its 95 % interval, customers resampled in pairs.

    Both predictions are evaluated on the same resamples, so what they share cancels: Efron &
    Tibshirani (1993), chapter 13 (percentile interval). An undefined draw is left out.
    """
    one, two = (
        bootstrapped(actual, each, metric, draws=draws, seed=seed) for each in (first, second)
    )
    return paired_difference(one, two)


def bootstrapped(
    actual: ArrayLike, predicted: ArrayLike, metric: Metric, *, draws: int, seed: int
) -> Array:
    """The metric over all customers, then over `draws` resamples of them, shape (1 + draws,).

    The same seed draws the same customers, so that several models can be compared in pairs.
    """
    truth, guess = _pair(actual, predicted)
    whole = metric(truth, guess)
    if not np.isfinite(whole):
        return np.full(1 + draws, np.nan)
    rng, found = np.random.default_rng(seed), [np.array([whole])]
    step = max(1, CELLS // truth.size)
    for start in range(0, draws, step):
        weights = _resamples(truth.size, min(step, draws - start), rng)
        found.append(metric.resampled(truth, guess, weights))
    return np.concatenate(found)


def paired_difference(first: Array, second: Array) -> tuple[float, float, float]:
    """What two models were `bootstrapped` to -> their difference and its 95 % interval."""
    difference, *draws = first - second
    if not np.isfinite(difference):
        return float("nan"), float("nan"), float("nan")
    defined = np.array([each for each in draws if np.isfinite(each)])
    low, high = np.quantile(defined, [0.025, 0.975]) if defined.size else (np.nan, np.nan)
    return float(difference), float(low), float(high)


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.ndim != 1 or one.shape != two.shape:
        raise ValueError(f"metrics: needs two columns of one length, got {one.shape}, {two.shape}")
    return one, two


def _resamples(customers: int, draws: int, rng: np.random.Generator) -> Array:
    """How often each customer is drawn in each resample, shape (customers, draws)."""
    cell = rng.integers(customers, size=(customers, draws)) * draws + np.arange(draws)
    return np.bincount(cell.ravel(), minlength=cell.size).reshape(cell.shape).astype(float)


def _mean(each: Array, weights: Array) -> Array:
    return np.asarray(each @ weights / weights.sum(axis=0))


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Numerator over denominator, NaN where the denominator is not positive."""
    unknown = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=unknown, where=denominator > 0)
