"""Scores of every model, and its differences from ours beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from benchmarks.leaderboard.measuring import Measured
from train.leaderboard import OURS
from train.purchases.differences import Difference, absolute, differences, resampled_metrics

DRAWS = 200
# Metric -> whether more of it is better; of the bias its size.
JUDGED = {
    "log_loss": False,
    "brier": False,
    "auc": True,
    "gini": True,
    "spearman": True,
    "tweedie_deviance": False,
    "rmse": False,
    "bias": False,
    "decile_error": False,
}
# Best for predictions of the median, which is nothing for most customers: shown, not judged.
SHOWN = {**JUDGED, "mae": False}


@dataclass(frozen=True)
class Origin:
    """What came out at one origin; by model, and by metric.

    scores       bias is its size; NaN where a model predicts no probability
    differences  the model's minus ours with its 95 % interval; none where ours has failed
    """

    as_of: str
    customers: int
    measured: Mapping[str, Measured]
    scores: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class Log:
    """One log of transactions at all its origins, newest first."""

    name: str
    horizon_days: int
    currency: str
    origins: Sequence[Origin]

    @property
    def models(self) -> list[str]:
        """In the order in which they were evaluated, those that failed included."""
        return list(self.origins[0].measured)

    def mean(self, model: str, metric: str) -> float:
        """Over the origins at which the model has one, NaN where it has none."""
        values = [each.scores[model][metric] for each in self.origins if model in each.scores]
        return float(pd.Series(values, dtype=float).mean())


@dataclass(frozen=True)
class Loss:
    """A metric in which a model is better than ours, at one origin, by more than chance."""

    log: str
    as_of: str
    model: str
    metric: str
    difference: Difference


@dataclass(frozen=True)
class Losses:
    """What is beyond chance in favour of another model, among how many comparisons, by metric."""

    found: Sequence[Loss]
    compared: Mapping[str, int]
    failures: Sequence[str] = field(default=())

    def of(self, metric: str) -> int:
        """How many of a metric."""
        return sum(each.metric == metric for each in self.found)

    def judged(self) -> tuple[int, int]:
        """Losses and comparisons in all metrics that are judged by."""
        return sum(map(self.of, JUDGED)), sum(self.compared[each] for each in JUDGED)

    def line(self) -> str:
        """losses beyond chance: 1 of 216 (gini 1 of 24, ...); apart, mae 0 of 24"""
        lost, compared = self.judged()
        each = ", ".join(f"{name} {self.of(name)} of {self.compared[name]}" for name in JUDGED)
        apart = f"apart, mae {self.of('mae')} of {self.compared['mae']}"
        failed = f"; Perennial failed: {', '.join(self.failures)}" if self.failures else ""
        return f"losses beyond chance: {lost} of {compared} ({each}); {apart}{failed}"


def score(
    as_of: str, actual: pd.DataFrame, measured: Mapping[str, Measured], *, seed: int
) -> Origin:
    """All that is known of one origin. actual: churned and revenue_future by customer."""
    resampled = {
        name: absolute(resampled_metrics(actual, each.predictions, draws=DRAWS, seed=seed))
        for name, each in measured.items()
        if each.predictions is not None
    }
    scores = {
        name: {metric: float(found[metric][0]) for metric in SHOWN}
        for name, found in resampled.items()
    }
    known = differences(resampled, OURS) if OURS in resampled else {}
    return Origin(as_of, len(actual), measured, scores, known)


def losses(logs: Sequence[Log]) -> Losses:
    """Every difference from ours that is known, judged."""
    found, compared = [], dict.fromkeys(SHOWN, 0)
    for log in logs:
        for origin in log.origins:
            for model, by_metric in origin.differences.items():
                for metric in SHOWN:
                    known = by_metric[metric]
                    compared[metric] += known["difference"] == known["difference"]
                    if beyond_chance(known, more_is_better=SHOWN[metric]):
                        found.append(Loss(log.name, origin.as_of, model, metric, known))
    failures = [
        f"{log.name} {each.as_of[:10]}"
        for log in logs
        for each in log.origins
        if OURS not in each.scores
    ]
    return Losses(found, compared, failures)


def beyond_chance(difference: Difference, *, more_is_better: bool) -> bool:
    """Whether the whole interval of a model's metric minus ours is on its better side."""
    return difference["low"] > 0 if more_is_better else difference["high"] < 0
