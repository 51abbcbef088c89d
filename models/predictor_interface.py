"""The interface of predictors, of purchases and of subscriptions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.config.sections import Economics
from models.attribution import Explanation
from models.card import FeatureColumns
from models.customer_values import VALUE_COLUMNS, CustomerValues, ValueCurve
from models.prediction_basis import Evidence

Array = NDArray[np.float64]


class UnboundedValueError(ValueError):
    """The economics give no value that anybody could live to see."""


class Forecast(ABC):
    """The future of n customers, before a horizon is named."""

    @abstractmethod
    def values(self, horizon_days: int, economics: Economics) -> CustomerValues:
        """The numbers of `Predictor.predict`.

        Raises UnboundedValueError where a value is that of a life without an end.
        """

    @abstractmethod
    def value_curve(self, horizon_days: int, economics: Economics) -> ValueCurve:
        """The customers along a horizon, month by month."""

    @abstractmethod
    def beyond_the_curve(self, horizon_days: int, economics: Economics) -> dict[str, Array]:
        """What this kind of model predicts beside the months of a horizon, each of shape (n,).

        next_order_days    of purchases: days to the next order, if one comes within a year
        clv_after_horizon  of subscriptions: what clv holds of the life beyond the horizon, money
        """


class Predictor(ABC):
    """A trained model, asked in the same way whatever its kind.

    A matrix is one of `bundle.feature_matrix`, float64, shape (n, features). As_of, horizon and
    economics default to the bundle's.
    """

    bundle: FeatureColumns

    @abstractmethod
    def assess(self, matrix: Array, horizon_days: int) -> Evidence:
        """What the prediction for each row of a matrix rests on."""

    @abstractmethod
    def forecast(self, matrix: Array, *, as_of: datetime | None = None) -> Forecast:
        """The customers of a matrix of which every row's evidence is known."""

    @abstractmethod
    def total_revenue(self, predictions: pd.DataFrame) -> tuple[float, float, float]:
        """Expected net revenue of a group of customers, and its 80 % interval, money.

        predictions  rows of `predict`, any of them: a segment, the whole base
        """

    @abstractmethod
    def _explanations(
        self, matrix: Array, table: pd.DataFrame, *, as_of: datetime, horizon_days: int, top: int
    ) -> Iterable[Explanation]:
        """The parts of the prediction for each row, of which every one's evidence is known."""

    def predict(
        self,
        table: pd.DataFrame,
        *,
        as_of: datetime | None = None,
        horizon_days: int | None = None,
        economics: Economics | None = None,
    ) -> pd.DataFrame:
        """Feature table -> predictions, index customer_id in the table's order.

            p_churn            P(no order, or a cancellation, in the horizon), in (0, 1)
            expected_spend     E[net revenue of the horizon, given no churn], money, > 0; of
                               subscriptions by definition expected_revenue / (1 - p_churn)
            expected_revenue   of the horizon, money: (1 - p_churn) * expected_spend
            clv                residual: discounted margin less the cost of retention while a
                               customer, money. Of purchases along the horizon, of subscriptions
                               over the whole remaining life
            clv_low, clv_high  80 % predictive interval of clv, money
            clv_historic       margin x net revenue so far, money; may be negative
            clv_total          clv_historic + clv
            clv_net            clv_total - acquisition cost
            basis              model, prior or insufficient
            warnings           list of sentences

        A customer of whom too little is known has null numbers and basis insufficient.

        Raises UnboundedValueError, see `Forecast.values`.
        """
        horizon, terms = self._horizon(horizon_days), economics or self.bundle.card.economics
        matrix = self.bundle.feature_matrix(table)
        evidence = self.assess(matrix, horizon)
        known = evidence.known
        values = self._values(matrix[known], as_of=as_of, horizon_days=horizon, economics=terms)
        numbers = pd.DataFrame(
            {name: getattr(values, name) for name in VALUE_COLUMNS}, index=table.index[known]
        )
        rest = pd.DataFrame(
            {"basis": evidence.basis, "warnings": evidence.warnings}, index=table.index
        )
        return numbers.reindex(table.index).join(rest)

    def explain(
        self,
        table: pd.DataFrame,
        *,
        as_of: datetime | None = None,
        horizon_days: int | None = None,
        top: int = 3,
    ) -> list[Explanation | None]:
        """Feature table -> the parts of each prediction, in its order; None: insufficient evidence.

        At most `top` drivers that raise the prediction, and `top` that lower it, strongest first.
        """
        horizon = self._horizon(horizon_days)
        matrix = self.bundle.feature_matrix(table)
        known = self.assess(matrix, horizon).known
        explained: list[Explanation | None] = [None] * len(table)
        if known.any():
            explanations = self._explanations(
                matrix[known],
                table[known],
                as_of=as_of or self.bundle.card.trained_as_of,
                horizon_days=horizon,
                top=top,
            )
            for position, explanation in zip(np.flatnonzero(known), explanations, strict=True):
                explained[position] = explanation
        return explained

    def _values(
        self, matrix: Array, *, as_of: datetime | None, horizon_days: int, economics: Economics
    ) -> CustomerValues:
        return self.forecast(matrix, as_of=as_of).values(horizon_days, economics)

    def _horizon(self, horizon_days: int | None) -> int:
        return self.bundle.card.horizon_days if horizon_days is None else horizon_days
