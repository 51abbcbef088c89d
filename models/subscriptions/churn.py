"""P(a subscriber leaves in a month): boosting that starts from the shifted beta-geometric."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import ClassifierMixin

from models.boosting import Array, Flags, Matrix, TrainingRows, log_loss, tree_correction
from models.prior_boosted import PriorBoosted

EARLIER, RECENT = 0.0, 1.0


class MonthlyChurnModel(ClassifierMixin, PriorBoosted):  # type: ignore[misc]
    """Classifier of {0: stayed the month, 1: left in it}; margins are log odds of leaving.

    Learnt by `fit`: `booster_`, `curve_` (deviance by rounds), `classes_`.
    """

    def fit(
        self,
        X: Matrix,
        y: Array,
        *,
        log_odds: Array,
        customer: NDArray[np.int64],
        recent: Flags | None = None,
    ) -> MonthlyChurnModel:
        """Learn from months that were observed, one row each.

        X         what was known at the month's beginning, float32, shape (rows, features)
        y         1 where the customer left in that month, else 0
        log_odds  the prior's, of leaving in that month
        customer  whole number per customer
        recent    rows by which the number of rounds is chosen, learning from the earlier ones;
                  without it the months have no dates, and it is chosen by customers
        """
        as_of = np.full(len(y), EARLIER) if recent is None else np.where(recent, RECENT, EARLIER)
        sample = TrainingRows(X, np.asarray(y, dtype=float), log_odds, as_of, customer)
        self.classes_ = np.array([0, 1])
        horizon = None if recent is None else RECENT - EARLIER
        self._fit_booster(sample, "binary:logistic", log_loss, horizon_days=horizon)
        return self

    def predict_proba(self, X: Matrix, *, log_odds: Array) -> Array:
        """P(stayed), P(left), shape (rows, 2)."""
        margin = log_odds + self.strength * tree_correction(self.booster_, X)
        return np.stack([expit(-margin), expit(margin)], axis=1)

    def predict(self, X: Matrix, *, log_odds: Array) -> NDArray[np.int64]:
        """1 where leaving is likelier than not."""
        return np.asarray(self.predict_proba(X, log_odds=log_odds)[:, 1] > 0.5, dtype=np.int64)
