"""P(no order in the horizon): boosting that starts from the probability model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import ClassifierMixin

from models.boosting import Array, Matrix, TrainingRows, log_loss
from models.purchases.mixture import MixedTrees, prior_alone

PROBABILITY_FLOOR = 0.02  # of cards that name none
FLOORS = (1e-4, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04)


class ChurnModel(ClassifierMixin, MixedTrees):  # type: ignore[misc]
    """Classifier of {0: ordered, 1: churned}; margins and contributions are log odds of an order.

    Learnt by `fit`: `floor_`, `classes_`, and what `MixedTrees` learns.
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
        ordered = 1.0 - np.asarray(y, dtype=float)
        self.classes_ = np.array([0, 1])
        self.floor_: float = likeliest_floor(ordered, p_order)
        sample = TrainingRows(X, ordered, self._start(p_order), as_of, customer)
        self._fit_mixture(
            sample, "binary:logistic", log_loss, lambda *_: 1.0, horizon_days=horizon_days
        )
        return self

    def of_prior(self, columns: int) -> ChurnModel:
        """The probability model alone, over a matrix of so many columns."""
        self.classes_, self.floor_ = np.array([0, 1]), PROBABILITY_FLOOR
        self._keep(prior_alone(columns, "binary:logistic"))
        return self

    def predict_proba(self, X: Matrix, *, p_order: Array) -> Array:
        """P(ordered), P(churned), shape (rows, 2)."""
        margin = self.margin(self._start(p_order), X)
        return np.stack([expit(margin), expit(-margin)], axis=1)

    def predict(self, X: Matrix, *, p_order: Array) -> NDArray[np.int64]:
        """1 where churn is likelier than not."""
        return np.asarray(self.predict_proba(X, p_order=p_order)[:, 1] > 0.5, dtype=np.int64)

    def _start(self, p_order: Array) -> Array:
        return log_odds(p_order, floor_shift(p_order, self.floor_), self.floor_)


def likeliest_floor(ordered: Array, p_order: Array) -> float:
    """The probability floor under which what happened is the likeliest, one of FLOORS.

    Customers given up for lost do come back, and sure ones stay away: more in some logs than in
    others, and not at all in a simulated one.
    """
    losses = []
    for floor in FLOORS:
        margin = log_odds(p_order, floor_shift(p_order, floor), floor)
        losses.append(float((np.logaddexp(0.0, margin) - ordered * margin).sum()))
    return FLOORS[int(np.argmin(losses))]


def floor_shift(p_fitted: Array, floor: float = PROBABILITY_FLOOR) -> Array:
    """What raises the prior's log odds of an order to those of the probability floor, >= 0.

    p_fitted  the prior's P(an order) in the horizon that the trees learn from; what is less than
              the floor is raised to it: trees hardly move a probability that a model is wrongly
              sure of, since its gradient has no weight
    """
    return np.maximum(logit(floor) - logit(p_fitted), 0.0)


def log_odds(p_order: Array, shift: Array, floor: float = PROBABILITY_FLOOR) -> Array:
    """Where the trees start, at any horizon: the prior's log odds of an order, as sure of one as
    the floor lets it be sure of none.

    shift  `floor_shift` of the same customers; the same at all horizons, so that more time never
           means less chance
    """
    return np.asarray(np.minimum(logit(p_order) + shift, logit(1.0 - floor)))
