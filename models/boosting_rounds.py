"""The number of boosting rounds, chosen out of time and of customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.boosting import (
    Array,
    Deviance,
    Flags,
    TrainingRows,
    fit_trees,
    tree_correction,
)

FOLDS = 3
MOST_EVALUATED = 8000


@dataclass(frozen=True)
class RoundsCurve:
    """Mean deviance on the newest snapshot, by number of rounds, and the number chosen."""

    rounds: tuple[int, ...]
    deviance: tuple[float, ...]
    chosen: int


NO_CURVE = RoundsCurve((0,), (float("nan"),), 0)


def choose_rounds(
    sample: TrainingRows,
    parameters: dict[str, Any],
    deviance: Deviance,
    *,
    horizon_days: float | None,
    strength: float,
    most: int,
) -> RoundsCurve:
    """The number of rounds that does well on the newest snapshot, out of time and of customer.

    It is the fewest whose deviance is as good as the best's: within half a standard error of their
    difference, customer by customer (the rule of Breiman et al. 1984, at half its strength).

    The trees learn from older snapshots, whose horizons have passed by the newest (or from all
    older ones where fewer than two have), and from other customers than those of the evaluation.
    Fewer than two snapshots, or customers too few to leave others to learn from, give nothing to
    choose by: zero rounds, the probability model alone. Without a horizon all rows are of one time,
    and only the customers differ.
    """
    sample = some_customers(sample, MOST_EVALUATED)
    training = evaluated = np.ones(len(sample.target), dtype=bool)
    if horizon_days is not None:
        training, evaluated = out_of_time(sample, horizon_days)
    return _choose(
        sample,
        parameters,
        deviance,
        training=training,
        evaluated=evaluated,
        strength=strength,
        most=most,
    )


def out_of_time(sample: TrainingRows, horizon_days: float) -> tuple[Flags, Flags]:
    """Rows to learn from, and the newest snapshot's, to evaluate on: flags.

    Those to learn from are over by the newest, or just older where fewer than two are over.
    """
    newest = sample.as_of.max(initial=-np.inf)
    training = sample.as_of + horizon_days <= newest
    if np.unique(sample.as_of[training]).size < 2:
        training = sample.as_of < newest
    return training, sample.as_of == newest


def _choose(
    sample: TrainingRows,
    parameters: dict[str, Any],
    deviance: Deviance,
    *,
    training: Flags,
    evaluated: Flags,
    strength: float,
    most: int,
) -> RoundsCurve:
    """Fit on the `training` rows of two thirds of the customers, evaluate on the rest's."""
    candidates = candidate_rounds(most)
    training_folds = [training & (sample.customer % FOLDS != fold) for fold in range(FOLDS)]
    if not most or not all(rows.any() for rows in training_folds):
        return NO_CURVE
    deviances = []
    for fold in range(FOLDS):
        held_out = sample.at(evaluated & (sample.customer % FOLDS == fold))
        booster = fit_trees(sample.at(training_folds[fold]), parameters, most)
        corrections = [tree_correction(booster, held_out.features, rounds) for rounds in candidates]
        margins = [held_out.margin + strength * added for added in corrections]
        deviances.append(np.stack([deviance(held_out.target, margin) for margin in margins]))
    deviances_by_rounds = np.concatenate(deviances, axis=1)
    chosen = candidates[_fewest_good(deviances_by_rounds)] if deviances_by_rounds.size else 0
    return RoundsCurve(candidates, tuple(map(float, deviances_by_rounds.mean(axis=1))), chosen)


def _fewest_good(deviance: Array) -> int:
    """The first row whose mean is within half a standard error of the best row's."""
    best = int(np.argmin(deviance.mean(axis=1)))
    worse = deviance - deviance[best]
    error = worse.std(axis=1) / np.sqrt(deviance.shape[1])
    return int(np.argmax(worse.mean(axis=1) <= 0.5 * error))


def some_customers(sample: TrainingRows, most: int) -> TrainingRows:
    """At most about so many customers, the same in every snapshot: enough to choose by."""
    customers = np.unique(sample.customer).size
    every = max(1, customers // most)
    return sample.at(sample.customer // FOLDS % every == 0)


def candidate_rounds(most: int) -> tuple[int, ...]:
    """Zero, then ever wider steps, up to `most`."""
    steps = [0, 5, 10, 20, 30, 40, 60, 80, 100, 125, 150, 200, 250, 300, 400, 500, 750, 1000]
    return (*(step for step in steps if step < most), most)
