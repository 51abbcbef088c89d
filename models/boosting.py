"""One XGBoost fit that starts from a base margin, its length chosen out of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.base import BaseEstimator

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]
Flags = NDArray[np.bool_]
Objective = Literal["binary:logistic", "reg:gamma"]
Deviance = Callable[[Array, Array], Array]
FOLDS = 3
MOST_EVALUATED = 8000


@dataclass(frozen=True)
class TrainingRows:
    """Rows of several snapshots, stacked.

    features   float32, shape (rows, features), NaN where unknown
    target     what happened in the horizon
    margin     the prior's prediction on the link scale, from which the trees start
    as_of      of the row, in days since any fixed day
    customer   a whole number per customer, the same in all snapshots
    """

    features: Matrix
    target: Array
    margin: Array
    as_of: Array
    customer: NDArray[np.int64]

    def at(self, rows: NDArray[np.bool_]) -> TrainingRows:
        """The chosen rows."""
        return TrainingRows(
            self.features[rows],
            self.target[rows],
            self.margin[rows],
            self.as_of[rows],
            self.customer[rows],
        )


@dataclass(frozen=True)
class RoundsCurve:
    """Mean deviance on the newest snapshot, by number of rounds, and the number chosen."""

    rounds: tuple[int, ...]
    deviance: tuple[float, ...]
    chosen: int


class PriorBoosted(BaseEstimator):  # type: ignore[misc]
    """The settings of all estimators: how to grow trees, and how much they may count.

    max_rounds  the most trees to grow; how many are used is chosen out of time
    strength    the most that trees may count, on the link scale: 0 is the probability model
    The other parameters are XGBoost's.
    """

    def __init__(
        self,
        *,
        max_rounds: int = 120,
        learning_rate: float = 0.1,
        max_depth: int = 3,
        min_child_weight: float = 10.0,
        subsample: float = 0.8,
        colsample_bytree: float = 0.5,
        reg_lambda: float = 10.0,
        max_bin: int = 64,
        strength: float = 1.0,
        random_state: int = 7,
    ) -> None:
        self.max_rounds = max_rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.reg_lambda = reg_lambda
        self.max_bin = max_bin
        self.strength = strength
        self.random_state = random_state

    def xgboost_parameters(self, objective: Objective) -> dict[str, Any]:
        """The settings under XGBoost's names."""
        ours = {"max_rounds", "strength", "random_state"}
        theirs = {name: at for name, at in self.get_params().items() if name not in ours}
        return theirs | {"objective": objective, "seed": self.random_state, "tree_method": "hist"}

    def _fit_booster(
        self,
        sample: TrainingRows,
        objective: Objective,
        deviance: Deviance,
        *,
        horizon_days: float | None,
    ) -> None:
        """Learn `booster_` and `curve_`; without a horizon the rows have no dates to choose by."""
        parameters = self.xgboost_parameters(objective)
        self.curve_: RoundsCurve = choose_rounds(
            sample,
            parameters,
            deviance,
            horizon_days=horizon_days,
            strength=self.strength,
            most=self.max_rounds,
        )
        self.booster_: xgb.Booster = fit_trees(sample, parameters, self.curve_.chosen)


def no_trees(columns: int, objective: Objective) -> xgb.Booster:
    """A booster of zero rounds over so many features: it corrects nothing."""
    matrix = xgb.DMatrix(np.zeros((1, columns), dtype=np.float32), label=np.ones(1))
    return xgb.train({"objective": objective}, matrix, num_boost_round=0)


NO_CURVE = RoundsCurve((0,), (float("nan"),), 0)


def fit_trees(sample: TrainingRows, parameters: dict[str, Any], rounds: int) -> xgb.Booster:
    """A booster of `rounds` trees on top of the sample's margin."""
    matrix = xgb.QuantileDMatrix(
        sample.features,
        label=sample.target,
        base_margin=sample.margin,
        max_bin=parameters["max_bin"],
    )
    return xgb.train(parameters, matrix, num_boost_round=rounds)


def tree_correction(booster: xgb.Booster, features: Matrix, rounds: int | None = None) -> Array:
    """What the trees add to the margin, on the link scale, shape (rows,)."""
    if len(features) == 0 or rounds == 0 or booster.num_boosted_rounds() == 0:
        return np.zeros(len(features))
    added = booster.inplace_predict(
        features,
        predict_type="margin",
        base_margin=np.zeros(len(features), dtype=np.float32),
        iteration_range=(0, rounds or 0),
    )
    return np.asarray(added, dtype=np.float64)


def log_loss(happened: Array, margin: Array) -> Array:
    """Negative log likelihood of what happened to each, the predicted total brought to the actual.

    How much happens in a window is not the trees' to explain, so it must not choose their number.
    """
    if not 0 < happened.sum() < len(happened):
        return np.zeros(len(happened))

    def excess(shift: float) -> float:
        return float(expit(margin + shift).sum() - happened.sum())

    reach = float(np.abs(margin).max()) + np.log(len(happened)) + 1.0
    margin = margin + float(brentq(excess, -reach, reach, xtol=1e-9))
    return np.asarray(np.logaddexp(0.0, margin) - happened * margin)


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
