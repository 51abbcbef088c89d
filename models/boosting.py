"""One XGBoost fit that starts from a base margin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]
Flags = NDArray[np.bool_]
Objective = Literal["binary:logistic", "reg:gamma"]
Deviance = Callable[[Array, Array], Array]


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


def no_trees(columns: int, objective: Objective) -> xgb.Booster:
    """A booster of zero rounds over so many features: it corrects nothing."""
    matrix = xgb.DMatrix(np.zeros((1, columns), dtype=np.float32), label=np.ones(1))
    return xgb.train({"objective": objective}, matrix, num_boost_round=0)


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
