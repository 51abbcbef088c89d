"""E[revenue in the horizon, given an order]: boosting that starts from the probability model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from models.boosting import Array, Matrix, TrainingRows
from models.purchases.mixture import MixedTrees, prior_alone

DISPERSIONS = (0.2, 5.0)
LEAST_REVENUE = 0.01  # a gamma has no zero; refunds can leave a returner with nothing


class SpendModel(RegressorMixin, MixedTrees):  # type: ignore[misc]
    """Regressor of a returner's revenue; margins and contributions are log money."""

    def fit(
        self,
        X: Matrix,
        y: Array,
        *,
        spend: Array,
        as_of: Array,
        customer: NDArray[np.int64],
        horizon_days: float,
    ) -> SpendModel:
        """Learn from stacked snapshots, rows of customers who ordered in the horizon only.

        X             features, float32, shape (rows, features)
        y             revenue in the horizon, money
        spend         the prior's E[revenue, given an order], money, > 0
        as_of         of each row, days since any fixed day
        customer      whole number per customer
        horizon_days  length of the window in which y was observed
        """
        target = np.maximum(np.asarray(y, dtype=float), LEAST_REVENUE)
        sample = TrainingRows(X, target, np.log(spend), as_of, customer)
        self._fit_mixture(
            sample, "reg:gamma", gamma_deviance, gamma_dispersion, horizon_days=horizon_days
        )
        return self

    def of_prior(self, columns: int) -> SpendModel:
        """The probability model alone, over a matrix of so many columns."""
        self._keep(prior_alone(columns, "reg:gamma"))
        return self

    def predict(self, X: Matrix, *, spend: Array) -> Array:
        """E[revenue in the horizon, given an order], money, > 0."""
        return np.asarray(np.exp(self.margin(np.log(spend), X)))


def gamma_deviance(revenue: Array, margin: Array) -> Array:
    """Half the gamma deviance of each, up to a constant, the predicted sum brought to the actual.

    How much comes in a window is not the trees' to explain, so it must not choose their number.
    """
    if not len(revenue):
        return np.zeros(0)
    shift = np.log(revenue.sum()) - np.log(np.exp(margin).sum())
    return np.asarray(revenue * np.exp(-margin - shift) + margin + shift)


def gamma_dispersion(revenue: Array, margin: Array) -> float:
    """How far revenue scatters around its prediction: the variance of their ratio (Pearson).

    The deviance over it is a negative log likelihood. Bounded, as one order can be all of it.
    """
    if not len(revenue):
        return 1.0
    ratio = revenue * np.exp(-margin)
    return float(np.clip(np.var(ratio / ratio.mean()), *DISPERSIONS))
