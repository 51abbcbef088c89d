"""P(no order in the horizon): boosting that starts from the probability model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import ClassifierMixin

from models.boosting import Array, Matrix, PriorBoosted, TrainingRows, log_loss, tree_correction

PROBABILITY_FLOOR = 0.02  # chosen by backtest


class ChurnModel(ClassifierMixin, PriorBoosted):  # type: ignore[misc]
    """Classifier of {0: ordered, 1: churned}; margins and contributions are log odds of an order.

    Learnt by `fit`: `booster_`, `curve_` (deviance by rounds), `classes_`.
    """

    def fit(
        self,
        X: Matrix,
        y: Array,
        *,
        p_order: Array,
        as_of: Array,
        customer: NDArray[np.int64],
        horizon_days: float,
    ) -> ChurnModel:
        """Learn from stacked snapshots.

        X             features, float32, shape (rows, features)
        y             1 where the customer churned, else 0
        p_order       the prior's P(an order in the horizon), in (0, 1)
        as_of         of each row, days since any fixed day
        customer      whole number per customer
        horizon_days  length of the window in which y was observed
        """
        start = log_odds(p_order, floor_shift(p_order))
        sample = TrainingRows(X, 1.0 - np.asarray(y, dtype=float), start, as_of, customer)
        self.classes_ = np.array([0, 1])
        self._fit_booster(sample, "binary:logistic", log_loss, horizon_days=horizon_days)
        return self

    def predict_proba(self, X: Matrix, *, p_order: Array) -> Array:
        """P(ordered), P(churned), shape (rows, 2)."""
        start = log_odds(p_order, floor_shift(p_order))
        margin = start + self.strength * tree_correction(self.booster_, X)
        return np.stack([expit(margin), expit(-margin)], axis=1)

    def predict(self, X: Matrix, *, p_order: Array) -> NDArray[np.int64]:
        """1 where churn is likelier than not."""
        return np.asarray(self.predict_proba(X, p_order=p_order)[:, 1] > 0.5, dtype=np.int64)


def floor_shift(p_fitted: Array) -> Array:
    """What raises the prior's log odds of an order to those of the probability floor, >= 0.

    p_fitted  the prior's P(an order) in the horizon that the trees learn from; less than 2 % is
              raised to 2 %: customers given up for lost do come back, and trees hardly move a
              probability that a model is wrongly sure of, since its gradient has no weight
    """
    return np.maximum(logit(PROBABILITY_FLOOR) - logit(p_fitted), 0.0)


def log_odds(p_order: Array, shift: Array) -> Array:
    """Where the trees start, at any horizon: the prior's log odds of an order, never above 98 %.

    shift  `floor_shift` of the same customers; the same at all horizons, so that more time never
           means less chance
    """
    return np.asarray(np.minimum(logit(p_order) + shift, logit(1.0 - PROBABILITY_FLOOR)))
