"""An estimator whose trees start from the probability model."""

from __future__ import annotations

from typing import Any

import xgboost as xgb
from sklearn.base import BaseEstimator

from models.boosting import Deviance, Objective, TrainingRows, fit_trees
from models.boosting_rounds import RoundsCurve, choose_rounds


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
